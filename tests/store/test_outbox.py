"""Rows of the outbox: states that change only from what they were decided for, and what goes with them."""

from dataclasses import replace

import pytest

from tests.store.rows import Home
from tui_mail.model.errors import StoreFull
from tui_mail.model.event import OutboxChanged
from tui_mail.model.outbox import LogLine, RecipientState, SendState, Step
from tui_mail.model.safe_text import safe_text
from tui_mail.store import elsewhere, outbox, outbox_files
from tui_mail.store.database import Database
from tui_mail.store.outbox import Change, Letter, NewLetter
from tui_mail.store.outbox_files import Envelope

DAY = 86_400
NOW = 1_000_000_000.0
ENVELOPE = Envelope("work", "ana@example.org", ("z@example.net", "a@example.net"), "1@x", "Hi", 9, True)


async def queued(database: Database, home: Home, file: str = "1.eml", **facts: object) -> int:
    new = NewLetter(
        account=home.account,
        message_id="1@example.org",
        file=file,
        sender="ana@example.org",
        recipients=("z@example.net", "a@example.net"),
        subject="Hi",
        size=9,
        wants_copy=False,
    )
    async with database.intention() as tx:
        return await outbox.add(tx, replace(new, **facts), NOW)  # type: ignore[arg-type]


async def found(database: Database, id: int) -> Letter:
    letter = await outbox.letter(database.lists, id)
    assert letter is not None
    return letter


async def changed(database: Database, letter: Letter, change: Change) -> bool:
    async with database.intention() as tx:
        return await outbox.change(tx, letter, change)


async def test_recipients_keep_the_order_in_which_they_were_named(database: Database, home: Home) -> None:
    id = await queued(database, home)
    shown = await outbox.shown(database.lists, id)
    assert shown is not None
    assert [one.address for one in shown.recipients] == ["z@example.net", "a@example.net"]


async def test_a_change_is_taken_only_from_the_state_and_the_try_it_was_decided_for(
    database: Database, home: Home
) -> None:
    id = await queued(database, home)
    before = await found(database, id)
    assert await changed(database, before, Change(SendState.SENDING, begins=True))
    assert not await changed(database, before, Change(SendState.SENDING, begins=True))
    first = await found(database, id)
    assert await changed(database, first, Change(SendState.QUEUED))
    assert await changed(database, await found(database, id), Change(SendState.SENDING, begins=True))
    assert not await changed(database, first, Change(SendState.COMMITTING))
    async with database.intention() as tx:
        assert not await outbox.remove(tx, first)
    assert (await found(database, id)).state is SendState.SENDING


async def test_of_two_letters_with_one_message_id_neither_is_known_by_it(
    database: Database, home: Home
) -> None:
    first = await queued(database, home)
    assert await outbox.is_only_one(database.lists, await found(database, first))
    await queued(database, home, "2.eml")
    assert not await outbox.is_only_one(database.lists, await found(database, first))


async def test_letters_not_sent_come_first_and_sent_ones_newest_first(database: Database, home: Home) -> None:
    ids = [await queued(database, home, f"{n}.eml") for n in range(4)]
    for n in (0, 1):
        async with database.intention() as tx:
            await outbox.change(tx, await found(database, ids[n]), Change(SendState.SENT))
            await outbox.sent(tx, ids[n], NOW + n, "ok", None)
    assert [one.id for one in await outbox.listed(database.lists, 10)] == [ids[2], ids[3], ids[1], ids[0]]
    assert await outbox.waiting_count(database.lists) == 2


async def test_a_file_goes_once_its_letter_is_sent_and_filed_and_rows_go_after_their_time(
    database: Database, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "KEPT_LETTERS", 1)
    ids = [await queued(database, home, f"{n}.eml") for n in range(3)]
    assert not await outbox.has_files_to_go(database.lists)
    for id in ids[:2]:
        async with database.intention() as tx:
            await outbox.change(tx, await found(database, id), Change(SendState.SENT))
            await outbox.sent(tx, id, NOW, "ok", None)
    async with database.cache() as tx:
        assert await outbox.let_files_go(tx) == ["0.eml", "1.eml"]
    assert not await outbox.has_files_to_go(database.lists)
    for now in (NOW + DAY, NOW + 91 * DAY):
        async with database.cache() as tx:
            await outbox.prune(tx, now)
    assert {one.id for one in await outbox.listed(database.lists, 10)} == set(ids[1:])


async def test_every_step_of_a_letter_is_noticed_by_other_processes(database: Database, home: Home) -> None:
    async def told(before: elsewhere.Sight) -> list[object]:
        return list(await elsewhere.changes(database.lists, before, await elsewhere.look(database.lists)))

    before = await elsewhere.look(database.lists)
    id = await queued(database, home)
    assert await told(before) == [OutboxChanged()]
    before = await elsewhere.look(database.lists)
    assert await told(before) == []
    async with database.intention() as tx:
        await outbox.note(tx, id, (LogLine(NOW, Step.PERSON, safe_text("x")),))
    assert await told(before) == [OutboxChanged()]


async def test_the_log_keeps_its_order_and_what_recipients_were_told(database: Database, home: Home) -> None:
    id = await queued(database, home)
    lines = [LogLine(NOW + n / 8, step, safe_text(f"line {n}")) for n, step in enumerate(Step)]
    change = Change(SendState.FAILED, parties={"a@example.net": (RecipientState.REFUSED, "no")})
    async with database.intention() as tx:
        assert await outbox.change(tx, await found(database, id), change, lines)
    assert await outbox.log(database.lists, id) == lines
    shown = await outbox.shown(database.lists, id)
    assert shown is not None
    assert [(one.state, one.answer) for one in shown.recipients] == [
        (RecipientState.LEFT, ""),
        (RecipientState.REFUSED, "no"),
    ]


def test_a_file_tells_its_envelope_without_the_database(database: Database) -> None:
    name = outbox_files.write(database.path, b"Subject: Hi\r\n\r\n", ENVELOPE)
    assert outbox_files.names(database.path) == [name]
    assert outbox_files.envelope(database.path, name) == ENVELOPE
    outbox_files.remove(database.path, name)
    assert not list(outbox_files.folder(database.path).iterdir())


def test_a_letter_that_finds_no_room_leaves_nothing_behind(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for broken in ("fsync", "replace"):
        with monkeypatch.context() as patched:
            patched.setattr(f"os.{broken}" if broken == "fsync" else f"pathlib.Path.{broken}", no_room)
            with pytest.raises(StoreFull, match="room"):
                outbox_files.write(database.path, b"x", ENVELOPE)
        assert not list(outbox_files.folder(database.path).iterdir())


def no_room(*_: object) -> None:
    raise OSError(28, "No space left on device")

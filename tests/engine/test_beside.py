"""Two engines on one store: what one does, the other shows and carries out."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import closing

import pytest
from imapclient import IMAPClient

from tests.engine.conftest import LIMIT, Stage, Start, letter
from tests.engine.test_with_dovecot import flags_on_server, on_server, synced
from tests.servers.mailbox import Mailbox
from tui_mail.config import file
from tui_mail.config.paths import Home
from tui_mail.config.secrets import Given
from tui_mail.engine import Engine
from tui_mail.engine.events import EventQueue
from tui_mail.model.account import AccountPhase
from tui_mail.model.errors import MailError, StoreError
from tui_mail.model.event import AccountsChanged, Event, MessagesChanged, Rescan
from tui_mail.model.message import Flag


async def heard(events: AsyncIterator[Event], *wanted: type[Event]) -> Event:
    """Return the next event of one of these kinds."""
    async for event in events:
        if isinstance(event, wanted):
            return event
    raise AssertionError("it ended without such an event")


async def test_a_star_set_beside_is_shown_by_its_message_alone(mailbox: Mailbox, start: Start) -> None:
    mailbox.fill("INBOX", [letter("One"), letter("Two")])
    await synced(start)
    reader, writer = await start(online=False), await start(online=False)
    events = reader.engine.events()
    row = await writer.row("INBOX", "One")
    await writer.engine.acting.mark([row.id], None, add=Flag.FLAGGED)
    assert await heard(events, MessagesChanged, Rescan) == MessagesChanged(row.folder, (row.id,))
    assert (await reader.row("INBOX", "One")).flags == Flag.FLAGGED


async def test_what_is_done_beside_is_carried_out_by_the_one_online(
    mailbox: Mailbox, start: Start, other: IMAPClient
) -> None:
    mailbox.fill("INBOX", [letter("One"), letter("Two")])
    online, beside = await start(), await start(online=False)

    async def here() -> bool:
        return len(await beside.engine.reading.folders()) > 0 and len(await beside.rows("INBOX")) == 2

    await beside.until(here)
    await beside.engine.acting.archive([(await beside.row("INBOX", "One")).id], None)
    await beside.settled()
    assert on_server(other, "Archive") == ["One"]
    await beside.engine.acting.undo()
    await beside.settled()
    assert on_server(other, "INBOX") == ["One", "Two"]
    assert await online.subjects("INBOX") == ["One", "Two"]


async def test_one_that_waits_takes_over_when_the_other_ends(
    mailbox: Mailbox, start: Start, other: IMAPClient
) -> None:
    mailbox.fill("INBOX", [letter("One")])
    first = await start(workers=False)
    await first.engine.sync_once()
    heir = await start(take_over=True)
    assert not heir.engine.online
    await heir.engine.acting.mark([(await heir.row("INBOX", "One")).id], None, add=Flag.SEEN)
    assert flags_on_server(other, "INBOX", "One") == set()
    await first.engine.stop()
    await heir.settled()
    assert heir.engine.online
    assert b"\\Seen" in flags_on_server(other, "INBOX", "One")


class Stumbling(EventQueue):
    """A reader that fails at the first event, as a fault in the program would."""

    def __init__(self) -> None:
        super().__init__()
        self.stumbled = 0

    def put(self, events: Sequence[Event]) -> None:
        if not self.stumbled:
            self.stumbled += 1
            raise RuntimeError("a fault in the program")
        super().put(events)


async def test_looking_goes_on_after_something_unexpected(mailbox: Mailbox, start: Start) -> None:
    mailbox.fill("INBOX", [letter("One")])
    await synced(start)
    reader, writer = await start(online=False), await start(online=False)
    stumbling = Stumbling()
    reader.engine._core.readers.append(stumbling)
    row = await writer.row("INBOX", "One")
    await writer.engine.acting.mark([row.id], None, add=Flag.FLAGGED)
    async with asyncio.timeout(LIMIT):
        assert await heard(aiter(stumbling), MessagesChanged) == MessagesChanged(row.folder, (row.id,))
    assert stumbling.stumbled == 1


async def test_a_start_that_fails_leaves_nothing_open(home: Home) -> None:
    engine = await Engine.start(home, [], Given({}))
    await engine.stop()
    threads = threading.active_count()

    def rename(name: str, other: str) -> None:
        with closing(sqlite3.connect(home.database)) as connection, connection:
            connection.execute(f"ALTER TABLE {name} RENAME TO {other}")

    rename("draft", "aside")
    for _ in range(2):  # the lock is free again for the second
        with pytest.raises(StoreError):
            await Engine.start(home, [], Given({}))
    assert threading.active_count() <= threads
    rename("aside", "draft")
    await (await Engine.start(home, [], Given({}))).stop()


@pytest.mark.parametrize("broken", [False, True])
async def test_accounts_follow_the_configuration_and_a_broken_file_changes_none(
    mailbox: Mailbox, home: Home, broken: bool
) -> None:
    accounts = [mailbox.account("one"), mailbox.account("two")]
    for account in accounts:
        file.add_account(home.config_file, account)
    passwords = Given({account.key: mailbox.password for account in accounts})
    engine = await Engine.start(home, accounts[:1], passwords, follow=True)
    try:
        stage = Stage(engine, accounts[0])

        async def both_live() -> bool:
            lines = engine.reading.statuses()
            ids = [entry.id for entry in await engine.reading.accounts()]
            return len(ids) == 2 and all(id in lines and lines[id].phase is AccountPhase.LIVE for id in ids)

        await stage.until(both_live)
        events = engine.events()
        if broken:
            file.remove_account(home.config_file, "two")
            home.config_file.write_text(home.config_file.read_text() + "nonsense")
            mailbox.deliver(letter("Still here"))
            await heard(events, MessagesChanged)
            assert [entry.key for entry in await engine.reading.accounts()] == ["one", "two"]
        else:
            file.remove_account(home.config_file, "one")
            while [entry.key for entry in await engine.reading.accounts()] != ["two"]:
                await heard(events, AccountsChanged)
            assert {folder.account for folder in await engine.reading.folders()} == {
                entry.id for entry in await engine.reading.accounts()
            }
    finally:
        await engine.stop()


async def test_a_letter_of_an_account_that_was_taken_out_of_the_configuration_says_so(
    mailbox: Mailbox, home: Home
) -> None:
    mailbox.deliver(letter("One"))
    accounts = [mailbox.account("one"), mailbox.account("two")]
    passwords = Given({account.key: mailbox.password for account in accounts})
    engine = await Engine.start(home, accounts[:1], passwords, workers=False)
    (report,) = await engine.sync_once()
    row = await Stage(engine, accounts[0]).row("INBOX", "One")
    await engine.stop()
    assert report.new == 1
    engine = await Engine.start(home, accounts[1:], passwords, workers=False)
    try:
        with pytest.raises(MailError, match="no longer set up"):
            await engine.acting.fetch_body(row.id)
        for call in (
            engine.accounts.retry(row.account),
            engine.accounts.sign_in(row.account, "x", keep=False),
        ):
            with pytest.raises(MailError, match="no longer set up"):
                await call
    finally:
        await engine.stop()

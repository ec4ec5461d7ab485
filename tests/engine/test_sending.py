"""Letters queued, taken back and decided upon, over a real store and without any server."""

import stat
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tui_mail.config.paths import Home
from tui_mail.config.secrets import Given
from tui_mail.engine import Engine
from tui_mail.model.account import Account, Security, Server
from tui_mail.model.draft import Draft
from tui_mail.model.errors import ConfigError, MailError
from tui_mail.model.identity import Identity
from tui_mail.model.outbox import Outgoing, SendState, Step
from tui_mail.model.safe_text import safe_text
from tui_mail.smtp.answers import Answer
from tui_mail.store import outbox, outbox_files
from tui_mail.sync import outbox as rules

NOBODY = Server("127.0.0.1", 1, Security.NONE)
ACCOUNT = Account(
    key="work",
    email="ana@example.org",
    name="Ana",
    imap=NOBODY,
    username="ana",
    smtp=NOBODY,
    identities=(Identity("lists@example.org", patterns=("*+*@example.org",)),),
)
LEAVING = rules.ended(dict.fromkeys(("jo@example.net", "eva@example.net"), Answer(250, safe_text("OK"))), 0.0)
RAW = b"To: Jo <jo@example.net>\nBcc: eva@example.net\nSubject: Gr\xc3\xbc\xc3\x9fe\n\nHello\n"


async def opened(home: Home, account: Account = ACCOUNT) -> Engine:
    return await Engine.start(home, [account], Given({}), online=False)


@pytest.fixture
async def engine(home: Home) -> AsyncIterator[Engine]:
    engine = await opened(home)
    yield engine
    await engine.stop()


def files(home: Home) -> list[Path]:
    return sorted(outbox_files.folder(home.database).glob("*"))


async def queued(engine: Engine) -> int:
    return await engine.sending.queue_raw(
        RAW, sender=ACCOUNT.email, recipients=("jo@example.net", "eva@example.net"), account=1
    )


async def only(engine: Engine) -> Outgoing:
    (one,) = await engine.reading.outbox()
    return one


async def put(engine: Engine, id: int, change: outbox.Change) -> None:
    """Let something have become of a letter."""
    core = engine.sending._core

    async def changed() -> None:
        async with core.database.intention() as tx:
            letter = await outbox.letter(tx, id)
            assert letter is not None
            assert await outbox.change(tx, letter, change)

    await engine.sending._do(changed())


async def test_a_queued_letter_outlives_the_program_with_octets_that_are_fixed(home: Home) -> None:
    engine = await opened(home)
    id = await queued(engine)
    before = [(path.name, path.read_bytes()) for path in files(home)]
    await engine.stop()
    later = await opened(home)
    one = await only(later)
    await later.stop()
    assert (one.id, one.state, one.subject) == (id, SendState.QUEUED, "Grüße")
    assert [recipient.address for recipient in one.recipients] == ["jo@example.net", "eva@example.net"]
    assert [(path.name, path.read_bytes()) for path in files(home)] == before
    (letter,) = [path for path in files(home) if path.suffix == ".eml"]
    raw = letter.read_bytes()
    assert raw.isascii()
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert raw.startswith(b"Bcc: eva@example.net\r\n")
    assert one.message_id.encode() in raw
    assert one.size == len(raw) - len(b"Bcc: eva@example.net\r\n")
    assert {stat.S_IMODE(path.stat().st_mode) for path in files(home)} == {0o600}


async def test_a_letter_taken_back_leaves_nothing(engine: Engine, home: Home) -> None:
    id = await queued(engine)
    assert await engine.sending.take_back(id) is None
    assert await engine.reading.outbox() == ()
    assert files(home) == []
    with pytest.raises(MailError, match="no such letter"):
        await engine.sending.take_back(id)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (LEAVING, "leaving at this moment"),
        (outbox.Change(SendState.UNSURE), "may have been sent"),
        (outbox.Change(SendState.SENT), "is sent"),
    ],
    ids=["committing", "unsure", "sent"],
)
async def test_what_may_have_been_sent_cannot_be_taken_back_or_tried_again(
    engine: Engine, change: outbox.Change, why: str
) -> None:
    id = await queued(engine)
    await put(engine, id, change)
    for act in (engine.sending.take_back, engine.sending.cancel, engine.sending.retry):
        with pytest.raises(MailError, match=why):
            await act(id)
    assert (await only(engine)).state is change.state


@pytest.mark.parametrize(("sent", "state"), [(True, SendState.SENT), (False, SendState.QUEUED)])
async def test_a_person_decides_about_a_letter_in_doubt(engine: Engine, sent: bool, state: SendState) -> None:
    id = await queued(engine)
    with pytest.raises(MailError, match="not sent"):
        await engine.sending.resolve(id, sent=sent)
    await put(engine, id, LEAVING)
    await put(engine, id, rules.UNFOUND)
    await engine.sending.resolve(id, sent=sent)
    assert (await only(engine)).state is state
    assert (await engine.reading.sending_log(id))[-1].step is Step.PERSON


async def test_a_draft_is_queued_as_its_identity_and_held(engine: Engine) -> None:
    draft = Draft(account=1, sender="ana+books@example.org", to="jo@example.net", subject="Hi", text="Hello")
    await engine.sending.queue(draft, hold=10.0)
    one = await only(engine)
    assert (one.sender, one.held) == ("ana+books@example.org", True)
    assert one.not_before > one.queued_at


async def test_an_unknown_identity_is_refused_in_words(engine: Engine, home: Home) -> None:
    draft = Draft(account=1, sender="eva@example.com", to="jo@example.net", text="Hello")
    with pytest.raises(MailError, match=r"does not write as eva@example\.com"):
        await engine.sending.queue(draft)
    assert files(home) == []


async def test_an_account_that_can_only_be_read_queues_nothing(home: Home) -> None:
    engine = await opened(home, replace(ACCOUNT, smtp=None))
    with pytest.raises(ConfigError, match="no server that takes letters"):
        await queued(engine)
    await engine.stop()


async def test_a_letter_nobody_could_read_is_refused_in_words(engine: Engine, home: Home) -> None:
    for raw, recipients, why in (
        (b"Subject: x\n\n\0", ("jo@example.net",), "NUL"),
        (RAW, ("jo@exa mple.net",), "no address"),
        (RAW, (), "no recipient"),
    ):
        with pytest.raises(MailError, match=why):
            await engine.sending.queue_raw(raw, sender=ACCOUNT.email, recipients=recipients, account=1)
    assert files(home) == []

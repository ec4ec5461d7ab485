"""Letters from the outbox through a real Postfix into a real Dovecot, and their copies into its Sent."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import pytest
from imapclient import IMAPClient

from tests.engine.conftest import Stage
from tests.servers.mailbox import Mailbox
from tests.servers.postfix import DOMAIN, Postfix
from tui_mail.config.paths import Home
from tui_mail.config.secrets import Given
from tui_mail.engine import Engine
from tui_mail.model.account import Account
from tui_mail.model.outbox import Outgoing, RecipientState, SendState, Step

Begin = Callable[..., Awaitable[Stage]]


@pytest.fixture
async def begin(mailbox: Mailbox, postfix: Postfix, home: Home) -> AsyncIterator[Begin]:
    """Start engines of one that sends to herself."""
    running: list[Engine] = []

    async def begin(account: Account | None = None, **options: bool) -> Stage:
        account = account or writer(mailbox, postfix)
        engine = await Engine.start(home, [account], Given({account.key: mailbox.password}), **options)
        running.append(engine)
        return Stage(engine, account)

    yield begin
    for engine in running:
        await engine.stop()


def writer(mailbox: Mailbox, postfix: Postfix, **facts: object) -> Account:
    return replace(mailbox.account(), smtp=postfix.server(), **facts)  # type: ignore[arg-type]


def raw(to: str, subject: str = "Hello", text: str = "Hello.") -> bytes:
    return f"To: {to}\r\nBcc: secret@{DOMAIN}\r\nSubject: {subject}\r\n\r\n{text}\r\n".encode()


async def queue(stage: Stage, *recipients: str, subject: str = "Hello", text: str = "Hello.") -> int:
    return await stage.engine.sending.queue_raw(
        raw(recipients[0], subject, text),
        sender=stage.account.email,
        recipients=recipients,
        account=1,
    )


async def became(stage: Stage, id: int, *states: SendState) -> Outgoing:
    """Wait until a letter is in one of these states."""

    async def there() -> bool:
        one = await stage.engine.reading.outgoing(id)
        return one is not None and one.state in states

    await stage.until(there)
    found = await stage.engine.reading.outgoing(id)
    assert found is not None
    return found


async def test_a_letter_arrives_and_its_copy_with_bcc_stands_in_sent(
    begin: Begin, mailbox: Mailbox, other: IMAPClient
) -> None:
    stage = await begin()
    id = await queue(stage, stage.account.email)
    sent = await became(stage, id, SendState.SENT)
    assert [one.state for one in sent.recipients] == [RecipientState.ACCEPTED]

    async def filed() -> bool:
        one = await stage.engine.reading.outgoing(id)
        return one is not None and one.filed

    await stage.until(filed)
    other.select_folder("Sent")
    (uid,) = other.search()
    copy = other.fetch(uid, ["BODY[]", "FLAGS"])[uid]
    assert copy[b"BODY[]"].startswith(f"Bcc: secret@{DOMAIN}\r\n".encode())
    assert b"\\Seen" in copy[b"FLAGS"]
    await stage.until(lambda: subject_there(stage, "INBOX", "Hello"))
    other.select_folder("INBOX")
    (uid,) = other.search()
    arrived = other.fetch(uid, ["BODY[]"])[uid][b"BODY[]"]
    assert b"bcc" not in arrived.lower()
    steps = [line.step for line in await stage.engine.reading.sending_log(id)]
    assert steps[:4] == [Step.QUEUED, Step.CONNECT, Step.TLS, Step.SIGN_IN]
    assert steps[4:9] == [Step.SENDER, Step.RECIPIENT, Step.BYTES, Step.COMMIT, Step.ACCEPTED]


async def subject_there(stage: Stage, folder: str, subject: str) -> bool:
    return subject in await stage.subjects(folder)

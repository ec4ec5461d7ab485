"""Wrong passwords, dead servers, kills: one clear sentence, nothing lost, and the rest goes on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from imapclient import IMAPClient

from tests.engine.conftest import Stage, Start, letter
from tests.engine.test_with_dovecot import flags_on_server, on_server, synced
from tests.servers.mailbox import Mailbox
from tui_mail.config.paths import Home
from tui_mail.config.secrets import Given
from tui_mail.engine import Engine
from tui_mail.model.account import Account, AccountPhase, AccountStatus, Security, Server
from tui_mail.model.errors import StoreBusy
from tui_mail.model.event import Event, OperationReverted
from tui_mail.model.folder import Role
from tui_mail.model.message import Flag

StartWith = Callable[..., Awaitable[Stage]]


@pytest.fixture
async def start_with(home: Home) -> AsyncIterator[StartWith]:
    """Start an engine over given accounts with given passwords."""
    running: list[Engine] = []

    async def start(accounts: list[Account], passwords: dict[str, str]) -> Stage:
        engine = await Engine.start(home, accounts, Given(passwords))
        running.append(engine)
        return Stage(engine, accounts[0])

    yield start
    for engine in running:
        await engine.stop()


async def line_of(stage: Stage, key: str) -> AccountStatus | None:
    """Return the status line of an account."""
    ids = {entry.key: entry.id for entry in await stage.engine.reading.accounts()}
    return stage.engine.reading.statuses().get(ids[key])


async def reached(stage: Stage, key: str, phase: AccountPhase) -> AccountStatus:
    """Wait until an account is in a phase and return its line."""

    async def there() -> bool:
        line = await line_of(stage, key)
        return line is not None and line.phase is phase

    await stage.until(there)
    line = await line_of(stage, key)
    assert line is not None
    return line


async def test_a_refused_password_is_said_and_asked_for_while_another_account_goes_on(
    mailbox: Mailbox, start_with: StartWith
) -> None:
    good, bad = mailbox.account("good"), mailbox.account("bad")
    stage = await start_with([good, bad], {"good": mailbox.password, "bad": "wrong"})
    line = await reached(stage, "bad", AccountPhase.SIGN_IN)
    assert line.error
    await reached(stage, "good", AccountPhase.LIVE)
    await stage.engine.accounts.sign_in(line.account, mailbox.password, keep=False)
    await reached(stage, "bad", AccountPhase.LIVE)


async def test_a_server_that_is_not_there_is_tried_again_later(
    mailbox: Mailbox, start_with: StartWith
) -> None:
    nowhere = replace(mailbox.account(), imap=Server("127.0.0.1", 1, Security.TLS))
    stage = await start_with([nowhere], {"test": "any"})
    line = await reached(stage, "test", AccountPhase.WAITING)
    assert "127.0.0.1:1" in (line.error or "")
    assert line.retry_at > 0


async def test_a_certificate_nobody_vouches_for_ends_the_try_before_the_password(
    mailbox: Mailbox, start_with: StartWith
) -> None:
    stage = await start_with([replace(mailbox.account(), ca_file=None)], {"test": mailbox.password})
    line = await reached(stage, "test", AccountPhase.FAILED)
    assert "certificate" in (line.error or "").lower()


async def test_an_engine_stops_while_a_server_keeps_silent(mailbox: Mailbox, start_with: StartWith) -> None:
    connected, dropped = asyncio.Event(), asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.set()
        await reader.read()
        writer.close()
        dropped.set()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    silent = replace(mailbox.account(), imap=Server("127.0.0.1", port, Security.NONE))
    stage = await start_with([silent], {"test": "any"})
    await connected.wait()
    await stage.engine.stop()
    await dropped.wait()
    server.close()


async def test_only_one_process_talks_to_the_servers(start: Start) -> None:
    await start(workers=False)
    with pytest.raises(StoreBusy):
        await start(workers=False)
    assert await (await start(online=False)).engine.reading.folders() == []


async def test_an_archive_that_the_server_lacks_is_made_there(
    mailbox: Mailbox, start: Start, other: IMAPClient
) -> None:
    mailbox.fill("INBOX", [letter("Keep me")])
    stage = await synced(start)
    archive = (await stage.role(Role.ARCHIVE)).name
    other.delete_folder(archive)
    row = await stage.row("INBOX", "Keep me")
    await stage.engine.acting.archive([row.id], await stage.view("INBOX"))
    await stage.engine.sync_once()
    assert on_server(other, archive) == await stage.subjects(archive) == ["Keep me"]


async def test_a_change_that_the_server_cannot_place_any_more_is_taken_back_and_told(
    mailbox: Mailbox, start: Start, other: IMAPClient
) -> None:
    other.create_folder("Work")
    other.append("Work", letter("Mine"))
    stage = await synced(start)
    await stage.engine.acting.archive([(await stage.row("Work", "Mine")).id], await stage.view("Work"))
    assert await stage.subjects("Work") == []
    other.rename_folder("Work", "Old")
    other.create_folder("Work")
    other.append("Work", letter("Mine", text="Another one.\r\n"))
    events = stage.engine.events()
    await stage.engine.sync_once()
    await stage.engine.sync_once()
    told = [event async for event in until_reverted(events)]
    assert told
    assert "no longer has" in await stage.engine.reading.operation_sentence(told[0])
    assert await stage.engine.reading.waiting() == 0
    assert await stage.subjects("Work") == on_server(other, "Work") == ["Mine"]
    assert await stage.subjects((await stage.role(Role.ARCHIVE)).name) == []


async def test_a_change_follows_its_message_into_a_renumbered_folder(
    mailbox: Mailbox, start: Start, other: IMAPClient
) -> None:
    when = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    other.create_folder("Work")
    other.append("Work", letter("Mine"), (), when)
    other.append("Work", letter("Other"), (), when)
    stage = await synced(start)
    await stage.engine.acting.archive([(await stage.row("Work", "Mine")).id], await stage.view("Work"))
    row = await stage.row("Work", "Other")
    await stage.engine.acting.mark([row.id], await stage.view("Work"), add=Flag.FLAGGED)
    other.rename_folder("Work", "Old")
    other.create_folder("Work")
    other.append("Work", letter("Before"))
    other.append("Work", letter("Other"), (), when)
    other.append("Work", letter("Mine"), (), when)
    for _ in range(2):
        await stage.engine.sync_once()
    archive = (await stage.role(Role.ARCHIVE)).name
    assert on_server(other, archive) == await stage.subjects(archive) == ["Mine"]
    assert on_server(other, "Work") == await stage.subjects("Work") == ["Before", "Other"]
    assert b"\\Flagged" in flags_on_server(other, "Work", "Other")
    assert await stage.engine.reading.waiting() == 0


async def until_reverted(events: AsyncIterator[Event]) -> AsyncIterator[int]:
    """Yield the first operation that was taken back."""
    async for event in events:
        if isinstance(event, OperationReverted):
            yield event.operation
            return

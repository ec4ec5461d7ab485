"""Wrong passwords, dead servers, kills: one clear sentence, nothing lost, and the rest goes on."""

import asyncio
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from imapclient import IMAPClient

from tests.engine.conftest import Stage, Start, letter
from tests.engine.test_with_dovecot import on_server, synced
from tests.servers.mailbox import Mailbox
from tui_mail.config.paths import Home
from tui_mail.config.secrets import Given
from tui_mail.engine import Engine
from tui_mail.model.account import Account, AccountPhase, AccountStatus, Security, Server
from tui_mail.model.errors import StoreBusy
from tui_mail.model.event import Event, OperationReverted
from tui_mail.model.folder import Role
from tui_mail.sync import replay

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


CHANGES = """
import asyncio, sys
from pathlib import Path
from tui_mail.config.paths import Home
from tui_mail.config.secrets import Given
from tui_mail.engine import Engine
from tui_mail.model.account import Account, Security, Server
from tui_mail.model.folder import RoleView, Role

async def main(root, port, user, password):
    account = Account("test", "a@b.example", "A", Server("127.0.0.1", int(port), Security.NONE), user)
    engine = await Engine.start(Home.at(Path(root)), [account], Given({"test": password}))
    inbox = RoleView(Role.INBOX)
    while True:
        ids, _ = await engine.reading.entries(inbox, limit=1)
        if ids:
            (row,) = await engine.reading.rows(inbox, [ids[0]])
            await engine.acting.archive([ids[0]], inbox)
            print(row.subject, flush=True)
        await asyncio.sleep(0.002)

asyncio.run(main(*sys.argv[1:]))
"""


async def test_a_killed_program_loses_no_change_and_doubles_no_message(
    mailbox: Mailbox,
    home: Home,
    start: Start,
    other: IMAPClient,
    long_form: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(replay, "SETTLE_WAIT", 0.05)
    kills, chance, killed_at_work = 200 if long_form else 12, random.Random(7), 0
    subjects = [f"Letter {n:03}" for n in range(40)]
    archived: set[str] = set()
    mailbox.fill("INBOX", [letter(subject) for subject in subjects])
    for _ in range(kills):
        acknowledged = await asyncio.to_thread(
            killed_after, mailbox, home.data_dir.parent, chance.randint(1, 6)
        )
        archived |= acknowledged
        stage = await start(workers=False)
        killed_at_work += await stage.engine.reading.waiting() > 0
        (report,) = await stage.engine.sync_once()
        assert report.error is None
        archive = (await stage.role(Role.ARCHIVE)).name
        there = on_server(other, archive)
        assert archived <= set(there)
        assert sorted(on_server(other, "INBOX") + there) == subjects
        assert sorted(await stage.subjects("INBOX") + await stage.subjects(archive)) == subjects
        await stage.engine.stop()
        if len(there) > 30:
            other.select_folder(archive)
            other.move(other.search("ALL"), "INBOX")
            archived.clear()
    with capsys.disabled():
        print(f"\n{kills} kills, {killed_at_work} with a change not yet confirmed")
    assert killed_at_work > 0


def killed_after(mailbox: Mailbox, root: Path, acknowledgements: int) -> set[str]:
    """Archive in another process, kill it after some acknowledgements, and return what it acknowledged."""
    server = mailbox.server(Security.NONE)
    child = subprocess.Popen(
        [sys.executable, "-c", CHANGES, str(root), str(server.port), mailbox.username, mailbox.password],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    said = {child.stdout.readline().strip() for _ in range(acknowledgements)}
    child.send_signal(signal.SIGKILL)
    said |= {line.strip() for line in child.stdout.read().splitlines()}
    child.wait()
    child.stdout.close()
    return said - {""}


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
    other.append("Work", letter("Mine"))
    events = stage.engine.events()
    await stage.engine.sync_once()
    await stage.engine.sync_once()
    told = [event async for event in until_reverted(events)]
    assert told
    assert "renumbered" in await stage.engine.reading.operation_sentence(told[0])
    assert await stage.engine.reading.waiting() == 0
    assert await stage.subjects("Work") == on_server(other, "Work") == ["Mine"]
    assert await stage.subjects((await stage.role(Role.ARCHIVE)).name) == []


async def until_reverted(events: AsyncIterator[Event]) -> AsyncIterator[int]:
    """Yield the first operation that was taken back."""
    async for event in events:
        if isinstance(event, OperationReverted):
            yield event.operation
            return

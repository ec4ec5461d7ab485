"""An account's connections beside each other: none misses what another hears, none takes another down."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

from tests.engine.conftest import LIMIT, Stage, letter
from tests.engine.test_lies import BODIES, LIST_DATA
from tests.servers.lies import Change, Close, GoOn, Hang, Moment, Pause, Rule, instead
from tests.servers.lying import PASSWORD, LyingServer
from tui_mail.config.paths import Home
from tui_mail.config.secrets import Given, Secrets
from tui_mail.demo.mailboxes import Content, User
from tui_mail.engine import Engine
from tui_mail.model.account import Account, AccountPhase, AccountStatus
from tui_mail.model.sync import Line, Task
from tui_mail.sync.signin import Passwords


@asynccontextmanager
async def living(
    server: LyingServer, home: Home, account: Account | None = None, passwords: Passwords | None = None
) -> AsyncIterator[Stage]:
    """Let an engine serve the server's user."""
    account = account or server.account()
    engine = await Engine.start(home, [account], passwords or Given({account.key: PASSWORD}))
    try:
        yield Stage(engine, account)
    finally:
        await engine.stop()


async def in_phase(stage: Stage, phase: AccountPhase) -> AccountStatus:
    """Wait until the account is in a phase; return its line."""
    found: list[AccountStatus] = []

    async def so() -> bool:
        found[:] = stage.engine.reading.statuses().values()
        return found[0].phase is phase

    await stage.until(so)
    return found[0]


async def resting(stage: Stage, *lines: tuple[Line, Task]) -> None:
    """Wait until the account is live and its connections do exactly this."""

    async def so() -> bool:
        (account,) = await stage.engine.reading.sync_report()
        doing = {(one.line, one.task) for one in account.activities}
        return (
            account.status is not None and account.status.phase is AccountPhase.LIVE and doing == set(lines)
        )

    await stage.until(so)


async def shown(stage: Stage, *subjects: str) -> None:
    """Wait until the inbox shows exactly these."""

    async def so() -> bool:
        return await stage.subjects("INBOX") == sorted(subjects)

    await stage.until(so)


OLD = b"Subject: Old\r\nDate: Mon, 1 Jan 2001 00:00:00 +0000\r\nMessage-ID: <old@x>\r\n\r\nHi.\r\n"
BOTH = ((Line.MAIN, Task.RESTING), (Line.LISTENING, Task.LISTENING))


def second_comes(user: User) -> None:
    user.mailbox("INBOX").add(Content(lambda: letter("Second")), datetime.now(UTC), ())


async def test_mail_that_comes_while_a_folder_is_caught_up_with_is_fetched_too(home: Home) -> None:
    async with LyingServer() as server, living(server, home) as stage:
        await resting(stage, *BOTH)
        server.rules.append(Rule(LIST_DATA, (Change(second_comes), Pause(0.2), GoOn())))
        server.deliver(letter("First"))
        await shown(stage, "First", "Second")
        assert server.fired.total() == 1


async def test_a_server_that_lets_the_inbox_be_opened_once_is_served_all_the_same(home: Home) -> None:
    refusal = instead(rb"^EXAMINE", b"{tag} NO [NOPERM] Once is enough\r\n", times=None)
    async with LyingServer(refusal) as server, living(server, home) as stage:
        await resting(stage, (Line.MAIN, Task.LISTENING))
        server.deliver(letter("First"))
        await shown(stage, "First")
        assert server.fired[refusal] == 1


async def test_a_server_that_hangs_up_on_a_second_connection_is_served_over_the_first(home: Home) -> None:
    hangs_up = Rule(Moment.GREETING, (Close(),), times=None, skip=1)
    async with LyingServer(hangs_up) as server, living(server, home) as stage:
        await resting(stage, (Line.MAIN, Task.LISTENING))
        server.deliver(letter("First"))
        await shown(stage, "First")
        assert server.fired[hangs_up] == 1


async def test_what_a_person_opens_comes_though_its_connection_is_taken_down_with_another(
    home: Home,
) -> None:
    no_third = Rule(Moment.GREETING, (Close(),), times=None, skip=2)
    asked = asyncio.Event()
    hangs = Rule(BODIES, (Change(lambda _: asked.set()), Hang()))
    async with LyingServer(no_third) as server, living(server, home) as stage:
        breaks = Rule(rb"^IDLE", (Change(lambda _: server.honest()), Close()))
        await resting(stage, *BOTH)
        server.user.mailbox("INBOX").add(Content(lambda: OLD), datetime(2001, 1, 1, tzinfo=UTC), ())
        await shown(stage, "Old")
        await resting(stage, *BOTH)
        server.rules[:] = [no_third, hangs, breaks]
        opening = asyncio.create_task(stage.engine.acting.fetch_body((await stage.row("INBOX", "Old")).id))
        async with asyncio.timeout(LIMIT):
            await asked.wait()
            server.deliver(letter("New"))
            await opening
        assert server.fired[hangs] == server.fired[breaks] == 1


async def test_a_token_that_is_refused_is_not_asked_for_as_a_password(home: Home) -> None:
    refusal = instead(rb"^AUTHENTICATE XOAUTH2", b"{tag} NO [AUTHENTICATIONFAILED] Expired\r\n", times=None)
    async with LyingServer(refusal) as server:
        server.edits.append((rb"CAPABILITY ", b"CAPABILITY AUTH=XOAUTH2 "))
        account = replace(server.account(), token_command=("echo", "t0k3n"))
        async with living(server, home, account, Secrets("")) as stage:
            status = await in_phase(stage, AccountPhase.FAILED)
    assert "refused the access token" in (status.error or "")
    assert "token command" in status.hint
    assert server.fired[refusal] == 1


async def test_a_token_command_that_fails_is_run_again_later(home: Home) -> None:
    async with LyingServer() as server:
        account = replace(server.account(), token_command=("false",))
        async with living(server, home, account, Secrets("")) as stage:
            status = await in_phase(stage, AccountPhase.WAITING)
    assert "token command ended with status 1" in (status.error or "")
    assert status.retry_at > 0

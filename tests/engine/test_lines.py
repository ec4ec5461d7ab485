"""Servers that refuse a folder or a further connection: the rest goes on as if nothing were."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tests.engine.conftest import Stage, letter
from tests.servers.lies import instead
from tests.servers.lying import PASSWORD, LyingServer
from tui_mail.config.paths import Home
from tui_mail.config.secrets import Given
from tui_mail.engine import Engine
from tui_mail.model.account import AccountPhase
from tui_mail.model.sync import Line

Serve = Callable[[LyingServer], Awaitable[Stage]]


@pytest.fixture
async def serve(home: Home) -> AsyncIterator[Serve]:
    """Start an engine for the user of a server."""
    running: list[Engine] = []

    async def start(server: LyingServer) -> Stage:
        account = server.account()
        engine = await Engine.start(home, [account], Given({account.key: PASSWORD}))
        running.append(engine)
        return Stage(engine, account)

    yield start
    for engine in running:
        await engine.stop()


async def live(stage: Stage) -> None:
    """Wait until the account is up to date."""

    async def is_live() -> bool:
        return [line.phase for line in stage.engine.reading.statuses().values()] == [AccountPhase.LIVE]

    await stage.until(is_live)


async def test_a_folder_that_the_server_refuses_holds_up_no_other(serve: Serve) -> None:
    async with LyingServer(
        instead(rb"^SELECT Secret", b"{tag} NO [NOPERM] Not yours\r\n", times=None)
    ) as server:
        server.deliver(letter("one"))
        server.deliver(letter("hidden"), "Secret")
        server.deliver(letter("two"), "Work")
        stage = await serve(server)
        await live(stage)
        (account,) = await stage.engine.reading.sync_report()
        errors = {folder.name: folder.error for folder in account.folders if folder.error}
        assert list(errors) == ["Secret"]
        assert "Not yours" in errors["Secret"]
        assert (await stage.subjects("INBOX"), await stage.subjects("Work")) == (["one"], ["two"])
        assert server.fired.total() == 1
        server.honest()
        await stage.engine.acting.refresh(None)

        async def readable() -> bool:
            (account,) = await stage.engine.reading.sync_report()
            well = not any(folder.error for folder in account.folders)
            return well and await stage.subjects("Secret") == ["hidden"]

        await stage.until(readable)


async def test_a_server_that_allows_one_connection_is_served_over_one(serve: Serve) -> None:
    second_sign_in = instead(
        rb"^(LOGIN|AUTHENTICATE)", b"{tag} NO [LIMIT] Too many connections\r\n", times=None, skip=1
    )
    async with LyingServer(second_sign_in) as server:
        old = re.sub(rb"Date: [^\r]*", b"Date: Tue, 01 Jan 2019 10:00:00 +0000", letter("old"))
        server.deliver(old)
        stage = await serve(server)
        await live(stage)
        row = await stage.row("INBOX", "old")
        assert await stage.engine.reading.source(row.id) is None
        await stage.engine.acting.fetch_body(row.id)
        assert await stage.engine.reading.source(row.id) is not None
        server.deliver(letter("news"))

        async def told() -> bool:
            return await stage.subjects("INBOX") == ["news", "old"]

        await stage.until(told)
        (account,) = await stage.engine.reading.sync_report()
        assert [activity.line for activity in account.activities] == [Line.MAIN]
        assert server.fired[second_sign_in] == 1

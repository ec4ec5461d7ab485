"""No room on the disk: said in words, nothing acknowledged is lost, and it goes on when there is room again.

The limit is the system's own on the size of files, so every write beyond it really fails.
"""

import resource
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from random import Random

import pytest

from tests.engine.conftest import Stage, letter
from tests.engine.copies import held_by, held_here
from tests.report import Report
from tests.servers.lying import PASSWORD, LyingServer
from tui_mail.config.paths import Home
from tui_mail.config.secrets import Given
from tui_mail.engine import Engine
from tui_mail.model.errors import StoreFull
from tui_mail.model.message import Flag
from tui_mail.sync import replay

LETTERS = 60


@contextmanager
def largest_file(octets: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
async def server() -> AsyncIterator[LyingServer]:
    """A server with letters of up to 60 kB that nothing makes smaller."""
    chance = Random(5)
    async with LyingServer() as server:
        server.user.create("Archive", "\\Archive")
        for n in range(LETTERS):
            server.deliver(letter(f"number {n}", text=chance.randbytes(chance.randint(50, 30_000)).hex()))
        yield server


async def started(home: Home, server: LyingServer) -> Stage:
    account = server.account()
    engine = await Engine.start(home, [account], Given({account.key: PASSWORD}), workers=False)
    return Stage(engine, account)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "room" in metafunc.fixturenames:
        count = 50 if metafunc.config.getoption("--long") else 6
        metafunc.parametrize("room", [4096 + n * 1_500_000 // count for n in range(count)])


async def test_a_sync_that_finds_no_room_says_so_and_goes_on_later(
    home: Home, server: LyingServer, room: int, report: Report
) -> None:
    stage = await started(home, server)
    used = home.database.stat().st_size
    with largest_file(used + room):
        (done,) = await stage.engine.sync_once()
    assert done.error is not None
    assert "room" in done.error or "cannot be written" in done.error
    assert done.hint
    (again,) = await stage.engine.sync_once()
    assert again.error is None
    assert await held_here(stage.engine) == held_by(server.user)
    await stage.engine.stop()
    with closing(sqlite3.connect(home.database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    report.count("No room on the disk while syncing", cases=1, said_in_words=1, letters_lost=0)


async def test_a_change_that_finds_no_room_is_refused_in_words_and_those_before_it_are_kept(
    home: Home, server: LyingServer, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "SETTLE_WAIT", 0.0)
    stage = await started(home, server)
    await stage.engine.sync_once()
    rows = await stage.rows("INBOX")
    acknowledged, refused = [], list[StoreFull]()
    journal = home.database.with_name(home.database.name + "-wal").stat().st_size
    with largest_file(max(journal, home.database.stat().st_size) + 2_000_000):
        for row in rows:
            try:
                await stage.engine.acting.mark([row.id], None, add=Flag.FLAGGED)
                await stage.engine.acting.archive([row.id], None)
            except StoreFull as error:
                refused.append(error)
            else:
                acknowledged.append(row.subject)
    shown = {row.subject for row in await stage.rows("Archive")}
    assert set(acknowledged) <= shown
    await stage.engine.stop()
    later = await started(home, server)
    (done,) = await later.engine.sync_once()
    assert done.error is None
    await later.engine.sync_once()
    assert await held_here(later.engine) == held_by(server.user)
    assert {row.subject for row in await later.rows("Archive")} == shown
    await later.engine.stop()
    report.count(
        "No room on the disk for changes",
        acknowledged=len(acknowledged),
        refused_in_words=len(refused),
        lost=len(set(acknowledged) - shown),
    )
    assert acknowledged
    assert refused
    assert all(error.hint for error in refused)

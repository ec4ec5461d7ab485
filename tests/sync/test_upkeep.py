"""The upkeep of the store: it gives way, it never stands still, and trouble only holds it up."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.store.rows import Home, arrival, fill, make_home
from tui_mail.engine.query import understood
from tui_mail.model.errors import StoreFull
from tui_mail.store import indexed, search
from tui_mail.store.database import Database
from tui_mail.sync import upkeep
from tui_mail.sync.indexing import Indexing
from tui_mail.sync.upkeep import Upkeep

LIMIT = 20.0
"""Seconds after which what never comes true fails its test."""


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(tmp_path / "mail.db")
    try:
        yield opened
    finally:
        await opened.close()


@pytest.fixture
async def home(database: Database) -> Home:
    return await make_home(database)


@pytest.fixture
def rests(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the upkeep rested each time; none of it is waited for."""
    seen: list[float] = []
    sleep = asyncio.sleep

    async def note(seconds: float) -> None:
        seen.append(seconds)
        await sleep(0)

    monkeypatch.setattr(upkeep.asyncio, "sleep", note)
    return seen


async def until_searchable(database: Database, count: int) -> None:
    async with asyncio.timeout(LIMIT):
        while (await indexed.extent(database.searching)).headers < count:
            pass


async def running(upkeep: Upkeep, work: Callable[[], object]) -> None:
    """Let the upkeep run while `work` goes on."""
    task = asyncio.create_task(upkeep.run())
    try:
        await work()  # type: ignore[misc]
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_it_rests_between_slices_while_others_work_and_comes_to_an_end_all_the_same(
    database: Database, home: Home, rests: list[float], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tui_mail.sync.indexing.BUSY_HEADERS", 2)
    await fill(database, home.inbox, *(arrival(uid) for uid in range(1, 9)))
    await Upkeep(database, 0, lambda: True).finish()
    assert len([seconds for seconds in rests if seconds >= upkeep.LEAST_REST]) >= 4
    assert (await indexed.extent(database.searching)).headers == 8


async def test_it_does_not_rest_where_nobody_else_works(database: Database, home: Home, rests: list[float]):
    await fill(database, home.inbox, *(arrival(uid) for uid in range(1, 9)))
    await Upkeep(database, 0, lambda: False).finish()
    assert set(rests) == {0}


async def test_in_a_hurry_it_rests_for_nobody_also_where_it_runs_already(
    database: Database, home: Home, rests: list[float], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tui_mail.sync.indexing.HEADERS", 2)
    await fill(database, home.inbox, *(arrival(uid) for uid in range(1, 9)))
    kept = Upkeep(database, 0, lambda: True)
    await asyncio.gather(kept.finish(hurry=True), kept.finish())
    assert set(rests) == {0}
    assert (await indexed.extent(database.searching)).headers == 8


async def test_a_key_press_makes_it_give_way(database: Database, home: Home, rests: list[float]):
    await fill(database, home.inbox, arrival(1))
    busy = Upkeep(database, 0, lambda: False)
    busy.key_pressed()
    await busy.finish()
    assert max(rests) >= upkeep.LEAST_REST


async def test_somebody_who_waits_to_write_is_seen(database: Database):
    async with database.cache():
        assert not database.contended
        waiting = asyncio.create_task(write_nothing(database))
        await asyncio.sleep(0)
        assert database.contended
    await waiting
    assert not database.contended


async def write_nothing(database: Database) -> None:
    async with database.intention():
        pass


async def test_what_comes_while_it_waits_is_done_once_it_is_told(database: Database, home: Home):
    kept = Upkeep(database, 0, lambda: False)

    async def work() -> None:
        await fill(database, home.inbox, arrival(1, subject="First"))
        kept.wake()
        await until_searchable(database, 1)
        await fill(database, home.inbox, arrival(2, subject="Second"))
        kept.wake()
        await until_searchable(database, 2)

    await running(kept, work)
    assert len(await search.hits(database.searching, understood("second").wanted, 5)) == 1


@pytest.mark.parametrize("trouble", [StoreFull("no room"), ZeroDivisionError()], ids=str)
async def test_trouble_is_written_to_the_log_and_everything_is_tried_again(
    database: Database,
    home: Home,
    rests: list[float],
    trouble: Exception,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    headers, fails = Indexing.headers, [trouble, trouble]

    async def failing(self: Indexing, *, busy: bool) -> int:
        if fails:
            raise fails.pop()
        return await headers(self, busy=busy)

    monkeypatch.setattr(Indexing, "headers", failing)
    await fill(database, home.inbox, arrival(1))
    kept = Upkeep(database, 0, lambda: False)
    await running(kept, lambda: until_searchable(database, 1))
    assert rests.count(upkeep.AFTER_TROUBLE) == 2
    assert len(caplog.records) == 2


async def test_room_that_the_file_does_not_need_goes_back_to_the_disk(
    database: Database, home: Home, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(upkeep, "FREE_PAGES", 16)
    async with database.cache() as tx:
        await tx.run("CREATE TABLE filler(data BLOB)")
        await tx.many("INSERT INTO filler VALUES (?)", [(b"x" * 8_000,)] * 600)
    async with database.cache() as tx:
        await tx.run("DROP TABLE filler")
    before = await database.searching.one("PRAGMA page_count")
    await Upkeep(database, 0, lambda: False).finish(hurry=True)
    after = await database.searching.one("PRAGMA page_count")
    assert before is not None
    assert after is not None
    assert after[0] < before[0] - 400

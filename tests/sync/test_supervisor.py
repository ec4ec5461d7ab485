"""Sleep and wake, seen by two clocks; and workers that take turns."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from tests.servers.lying import PASSWORD, LyingServer
from tui_mail.config.secrets import Given
from tui_mail.model.account import AccountPhase
from tui_mail.store import accounts
from tui_mail.store.database import Database
from tui_mail.sync.sending_board import SendingBoard
from tui_mail.sync.status import StatusBoard
from tui_mail.sync.succession import Succession, ended
from tui_mail.sync.supervisor import SLEPT, Supervisor, watch_clocks


async def slept_at(wall: Sequence[float], steady: Sequence[float]) -> list[int]:
    """Return at which readings of the two clocks a sleep was noticed; the first reading is the start."""
    noticed: list[int] = []
    readings = iter(range(len(wall)))
    now = 0

    def read_wall() -> float:
        nonlocal now
        try:
            now = next(readings)
        except StopIteration:
            raise EndOfTapeError from None
        return wall[now]

    with pytest.raises(EndOfTapeError):
        await asyncio.wait_for(
            watch_clocks(lambda: noticed.append(now), read_wall, lambda: steady[now], every=0), timeout=10
        )
    return noticed


class EndOfTapeError(Exception):
    """The clocks have no further reading."""


async def test_a_wall_clock_that_ran_ahead_means_that_the_machine_slept() -> None:
    assert await slept_at([0, 5, 3610, 3615], [0, 5, 10, 15]) == [2]


async def test_clocks_that_agree_or_are_set_back_mean_nothing() -> None:
    assert await slept_at([0, 5, 10, -3000, -2995], [0, 5, 10, 15, 20]) == []
    assert await slept_at([0, 5 + SLEPT], [0, 5]) == []


async def turn_the_loop() -> None:
    """Let everything go on that waits for nothing but its turn."""
    for _ in range(20):
        await asyncio.sleep(0)


class Slow:
    """Work that ends only when it is let go."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.let_go = asyncio.Event()

    async def work(self, name: str) -> None:
        self.told.append(f"{name} begins")
        try:
            await asyncio.Event().wait()
        finally:
            await self.let_go.wait()
            self.told.append(f"{name} ends")


async def test_what_comes_next_begins_when_all_before_it_has_ended() -> None:
    slow, succession = Slow(), Succession("slow")
    for name in ("first", "second", "third"):
        succession.begin(partial(slow.work, name))
        await turn_the_loop()
    told = list(slow.told)
    slow.let_go.set()
    await turn_the_loop()
    assert told == ["first begins"]
    assert slow.told == ["first begins", "first ends", "third begins"]
    await ended([succession])
    assert slow.told[-1] == "third ends"


class Served:
    """An account that a supervisor serves from a server of this process."""

    def __init__(self, server: LyingServer, database: Database, id: int) -> None:
        self.server = server
        self.id = id
        self.database = database
        self.changed = asyncio.Event()
        self.board = StatusBoard(lambda _: self.changed.set())
        passwords = Given({"test": PASSWORD})
        sending = SendingBoard(lambda _: None)
        self.supervisor = Supervisor(database, {id: server.account()}, passwords, self.board, sending, 0)

    @property
    def phase(self) -> AccountPhase:
        return self.board.all()[self.id].phase

    async def live(self) -> None:
        """Wait until the account is live."""
        async with asyncio.timeout(30):
            while self.id not in self.board.all() or self.phase is not AccountPhase.LIVE:
                self.changed.clear()
                await self.changed.wait()


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    """Serve an account until it is live."""
    async with LyingServer() as server:
        database = await Database.open(tmp_path / "mail.db")
        id = (await accounts.register(database, [("test", "imap")]))["test"]
        served = Served(server, database, id)
        served.supervisor.go_online(run=True)
        try:
            await served.live()
            yield served
        finally:
            await served.supervisor.stop()
            await database.close()


def workers() -> int:
    """Return how many workers are at work or about to be."""
    return sum(task.get_name().startswith("worker") for task in asyncio.all_tasks())


async def test_stop_waits_for_a_worker_that_two_restarts_have_not_ended_yet(served: Served) -> None:
    async with served.database.cache():  # a worker that ends writes down its traffic, which waits for this
        for _ in range(2):
            served.supervisor.restart()
            await turn_the_loop()
        assert served.phase is AccountPhase.LIVE
        stopping = asyncio.create_task(served.supervisor.stop())
        await turn_the_loop()
        assert not stopping.done()
    await stopping
    assert workers() == 0


async def test_a_changed_account_is_served_anew_when_its_old_worker_has_ended(served: Served) -> None:
    async with served.database.cache():
        served.supervisor.serve({served.id: replace(served.server.account(), name="Robert")})
        await turn_the_loop()
        assert workers() == 2
        assert served.phase is AccountPhase.LIVE
        served.board.set(served.id, AccountPhase.OFFLINE)
    await served.live()
    assert workers() == 1

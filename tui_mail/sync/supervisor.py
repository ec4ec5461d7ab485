"""The workers of all accounts, side by side: one account's trouble never delays another."""

import asyncio
import random
import time
from collections.abc import Callable, Mapping

from tui_mail.model.account import Account, AccountPhase
from tui_mail.model.errors import ConfigError, NetworkError
from tui_mail.store.database import Database
from tui_mail.sync.network import watch_routes
from tui_mail.sync.signin import Passwords
from tui_mail.sync.status import StatusBoard
from tui_mail.sync.worker import Worker

CLOCK_EVERY = 5.0
"""Seconds between two looks at the clocks."""

JITTER = 1.0
"""Seconds that a new start may wait, so that the accounts do not return all at once."""

SLEPT = 15.0
"""A wall clock this many seconds ahead of the monotonic one means that the machine slept."""


class Supervisor:
    """Runs a worker for each account."""

    def __init__(
        self,
        database: Database,
        accounts: Mapping[int, Account],
        passwords: Passwords,
        board: StatusBoard,
        disk_limit: int,
    ) -> None:
        self._disk_limit = disk_limit
        self._database = database
        self._passwords = passwords
        self._board = board
        self.workers = {id: self._worker(id, account) for id, account in accounts.items()}
        self._online = False
        self._ended: set[asyncio.Task[None]] = set()
        self._running: dict[int, asyncio.Task[None]] = {}
        self._watches: list[asyncio.Task[None]] = []

    def go_online(self, *, run: bool) -> None:
        """Allow connections and, if `run`, let every worker serve its account."""
        self._online = True
        if not run:
            return
        for id, worker in self.workers.items():
            self._running[id] = asyncio.create_task(worker.run(), name=f"worker {worker.account.key}")
        self._watches = [
            asyncio.create_task(watch_clocks(self.restart)),
            asyncio.create_task(watch_routes(self.restart)),
        ]

    def serve(self, accounts: Mapping[int, Account]) -> None:
        """Serve these accounts from now on: workers of others end, and those of new ones begin."""
        before, self.workers = self.workers, {}
        for id, account in accounts.items():
            known = before.get(id)
            same = known is not None and known.account == account
            self.workers[id] = known if known is not None and same else self._worker(id, account)
        for id, worker in before.items():
            if self.workers.get(id) is not worker:
                self._end(id, worker)
        for id, worker in self.workers.items():
            if self._watches and id not in self._running:
                self._running[id] = asyncio.create_task(worker.run(), name=f"worker {worker.account.key}")
            elif not self._online:
                self._board.set(id, AccountPhase.OFFLINE)

    def _worker(self, id: int, account: Account) -> Worker:
        return Worker(self._database, id, account, self._passwords, self._board, self._disk_limit)

    def _end(self, id: int, worker: Worker) -> None:
        worker.close()
        if task := self._running.pop(id, None):
            task.cancel()
            self._ended.add(task)
            task.add_done_callback(self._ended.discard)

    def restart(self) -> None:
        """Drop every connection and start anew, because the machine slept or is in another network."""
        for id, task in list(self._running.items()):
            task.cancel()
            worker = self.workers[id]
            self._running[id] = asyncio.create_task(_after(task, worker), name=task.get_name())

    async def stop(self) -> None:
        """End every worker; connections are dropped, nothing stored is lost."""
        tasks = [*self._running.values(), *self._ended, *self._watches]
        self._running.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for worker in self.workers.values():
            worker.close()

    def show_offline(self) -> None:
        """Show every account as offline by choice."""
        for id in self.workers:
            self._board.set(id, AccountPhase.OFFLINE)

    def worker(self, account: int) -> Worker:
        """Return the worker of an account; raises ConfigError where the configuration names it no more."""
        if account not in self.workers:
            raise ConfigError("This account is no longer set up", hint="tui-mail account add brings it back")
        return self.workers[account]

    def online_worker(self, account: int) -> Worker:
        """Return the worker of an account; raises NetworkError while the program works offline."""
        if not self._online:
            raise NetworkError("This is not on this machine yet", hint="It comes when work is online")
        return self.worker(account)


async def _after(ended: asyncio.Task[None], worker: Worker) -> None:
    await asyncio.wait((ended,))
    worker.close()
    await asyncio.sleep(JITTER * random.random())  # noqa: S311  # no secret
    await worker.run()


async def watch_clocks(
    slept: Callable[[], None],
    wall: Callable[[], float] = time.time,
    steady: Callable[[], float] = time.monotonic,
    every: float = CLOCK_EVERY,
) -> None:
    """Call `slept` whenever the wall clock jumps ahead of the monotonic one."""
    before = wall() - steady()
    while True:
        await asyncio.sleep(every)
        now = wall() - steady()
        if now - before > SLEPT:
            slept()
        before = now

"""The workers of all accounts, side by side: one account's trouble never delays another."""

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from functools import partial

from tui_mail.model.account import Account, AccountPhase
from tui_mail.model.errors import ConfigError, NetworkError
from tui_mail.store.database import Database
from tui_mail.sync.network import watch_routes
from tui_mail.sync.sending_board import SendingBoard
from tui_mail.sync.signin import Passwords
from tui_mail.sync.status import StatusBoard
from tui_mail.sync.succession import Succession, ended
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
        sending_board: SendingBoard,
        disk_limit: int,
    ) -> None:
        self._disk_limit = disk_limit
        self._database = database
        self._passwords = passwords
        self._board = board
        self._sending_board = sending_board
        self.workers = {id: self._worker(id, account) for id, account in accounts.items()}
        self._online = False
        self._runs: dict[int, Succession] = {}
        """What the worker of an account does, and what those before it still do in order to end."""
        self._sendings: dict[int, Succession] = {}
        """The same of the line that its letters leave on."""
        self._watches: list[asyncio.Task[None]] = []

    def go_online(self, *, run: bool) -> None:
        """Allow connections and, if `run`, let every worker serve its account."""
        self._online = True
        if not run:
            return
        for id, worker in self.workers.items():
            self._begin(id, worker)
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
                worker.close()
                self._run_of(id).end()
                self._sending_of(id).end()
        for id, worker in self.workers.items():
            if self._watches and before.get(id) is not worker:
                self._begin(id, worker)
            elif not self._online:
                self._board.set(id, AccountPhase.OFFLINE)

    def _worker(self, id: int, account: Account) -> Worker:
        return Worker(
            self._database,
            id,
            account,
            self._passwords,
            self._board,
            self._sending_board,
            self._disk_limit,
        )

    def _begin(self, id: int, worker: Worker) -> None:
        self._run_of(id).begin(worker.run)
        self._sending_of(id).begin(worker.sending.run)

    def _run_of(self, id: int) -> Succession:
        return self._runs.setdefault(id, Succession(f"worker {id}"))

    def _sending_of(self, id: int) -> Succession:
        return self._sendings.setdefault(id, Succession(f"sending {id}"))

    def restart(self) -> None:
        """Drop every connection and start anew, because the machine slept or is in another network."""
        for id, worker in self.workers.items():
            self._run_of(id).begin(partial(_run_anew, worker))
            worker.sending.network_changed()

    async def stop(self) -> None:
        """End every worker; connections are dropped, nothing stored is lost."""
        for watch in self._watches:
            watch.cancel()
        running = [*self._runs.values(), *self._sendings.values()]
        await asyncio.gather(*self._watches, ended(running), return_exceptions=True)
        for worker in self.workers.values():
            worker.close()
            await worker.ended()

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


async def _run_anew(worker: Worker) -> None:
    worker.drop()
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

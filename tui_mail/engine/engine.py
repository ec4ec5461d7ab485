"""The engine: the store, the workers and their loop, behind the few calls that a screen or command needs.

`reading` runs on the caller's loop and never waits for a write; everything else is carried to the engine's
own loop. Ids and events cross, nothing else.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass

from tui_mail.config.paths import Home
from tui_mail.engine.accounts import Accounts
from tui_mail.engine.acting import Acting
from tui_mail.engine.beside import Beside
from tui_mail.engine.composing import Composing
from tui_mail.engine.core import Core
from tui_mail.engine.disk_use import DiskUse
from tui_mail.engine.events import EventQueue
from tui_mail.engine.lock import DirectoryLock
from tui_mail.engine.loop import EngineLoop
from tui_mail.engine.people import People
from tui_mail.engine.reading import Reading
from tui_mail.engine.searching import Searching
from tui_mail.engine.sending import Sending
from tui_mail.model.account import Account
from tui_mail.model.errors import MailError, StoreBusy
from tui_mail.model.event import Event
from tui_mail.model.safe_text import SafeText, safe_text
from tui_mail.sync.main_line import Tally
from tui_mail.sync.signin import Passwords


@dataclass(frozen=True, slots=True)
class AccountReport:
    """What one run over an account did."""

    key: str
    folders: int = 0
    """Folders of the account."""
    new: int = 0
    """Messages that came into the list."""
    bodies: int = 0
    """Bodies fetched."""
    error: SafeText | None = None
    """What stopped it, in one sentence."""
    hint: str = ""


class Engine:
    """A running engine; make one with `start`, end it with `stop`."""

    def __init__(self, loop: EngineLoop, core: Core, beside: Beside) -> None:
        self._loop = loop
        self._core = core
        self._beside = beside
        self._stopped = False
        self.searching = Searching(core)
        self.reading = Reading(core, self.searching)
        self.acting = Acting(loop, core)
        self.composing = Composing(loop, core)
        self.people = People(loop, core)
        self.sending = Sending(loop, core)
        self.accounts = Accounts(loop, core)
        self.disk_use = DiskUse(loop, core)

    @classmethod
    async def start(
        cls,
        home: Home,
        accounts: Sequence[Account],
        passwords: Passwords,
        *,
        online: bool = True,
        workers: bool = True,
        take_over: bool = False,
        follow: bool = False,
        fetch_only: bool = False,
        disk_limit: int = 0,
    ) -> "Engine":
        """Open the store and, if `online`, let a worker serve each account.

        `workers=False` takes the lock and connects only when `sync_once` says so. `take_over` works offline
        while another process talks to the servers, and goes online when that one ends. `follow` serves the
        accounts of the configuration file as it changes. `fetch_only` connects for bodies alone, which harms
        nobody who is online, so it needs no lock. `disk_limit` is how many octets cached bodies may take, 0
        any number. Raises StoreBusy when another process talks to the servers, unless `take_over`, and
        StoreError when the store cannot be used.
        """
        lock = _lock(home, take_over=take_over) if online and not fetch_only else None
        loop = EngineLoop()
        try:
            core = await loop.call(Core.open(home.database, accounts, passwords, disk_limit))
        except BaseException:
            await loop.stop()
            if lock:
                lock.release()
            raise
        beside = Beside(core, home, lock, follow=follow, take_over=online and take_over, run=workers)
        engine = cls(loop, core, beside)
        try:
            await loop.call(beside.begin())
            await loop.call(core.begin(online=fetch_only or lock is not None, run=workers and not fetch_only))
        except BaseException:
            await engine.stop()
            raise
        return engine

    @property
    def online(self) -> bool:
        """Whether this is the process that talks to the servers."""
        return self._beside.holds_lock

    async def stop(self) -> None:
        """Drop every connection, close the store and end the thread; a second call does nothing."""
        if self._stopped:
            return
        self._stopped = True
        await self._loop.call(self._beside.end())
        await self._loop.call(self._core.close())
        await self._loop.stop()
        self._beside.release()

    def events(self) -> AsyncIterator[Event]:
        """Return what changes from now on, for a reader on the running loop; ends when it stops."""
        queue = EventQueue()
        self._core.readers.append(queue)
        return aiter(queue)

    def key_pressed(self) -> None:
        """Say that a person is at work, so that what can wait gives way; from any thread."""
        self._core.upkeep.key_pressed()

    async def sync_once(self, keys: Collection[str] | None = None) -> list[AccountReport]:
        """Do all there is to do for these accounts (None = all), side by side, and report on each."""
        runs = await self._loop.call(self._core.sync_once(keys))
        return [_report(worker.account.key, worker.tally, outcome) for worker, outcome in runs]

    async def let_letters_out(self) -> None:
        """Send the letters that are due, file their copies, and do nothing else."""
        await self._loop.call(self._core.let_letters_out())

    async def finish_upkeep(self) -> None:
        """Make everything searchable that is here, and do the rest of the store's upkeep."""
        await self._loop.call(self._core.upkeep.finish(hurry=True))

    async def carry_out(self) -> list[MailError]:
        """Carry out the changes that wait, and nothing else; return what stopped an account's."""
        return await self._loop.call(self._core.carry_out())


def _lock(home: Home, *, take_over: bool) -> DirectoryLock | None:
    """Return the lock of the data directory; None where another process has it and this one waits for it."""
    try:
        return DirectoryLock(home.data_dir)
    except StoreBusy:
        if not take_over:
            raise
        return None


def _report(key: str, tally: Tally, outcome: Tally | MailError) -> AccountReport:
    if isinstance(outcome, MailError):
        error, hint = safe_text(str(outcome)), outcome.hint
    else:
        error, hint = None, ""
    return AccountReport(key, tally.folders, tally.new, tally.bodies, error, hint)

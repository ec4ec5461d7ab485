"""Living beside other processes on one mail.

One process at a time talks to the servers; any number may read, and commit intentions in transactions of
their own. There is no protocol between them: the store tells that another wrote (`PRAGMA data_version`), the
configuration file has a time of change, and the system frees the lock of whoever ends, however it ends.
"""

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

from tui_mail.config import file
from tui_mail.config.paths import Home
from tui_mail.engine.core import Core
from tui_mail.engine.lock import DirectoryLock
from tui_mail.model.errors import MailError, StoreBusy
from tui_mail.model.event import Event
from tui_mail.store import elsewhere
from tui_mail.store.elsewhere import Sight

log = logging.getLogger(__name__)

LOOK_EVERY = 0.25
"""Seconds between two looks at what others did; each costs one statement that reads no table."""

CALM = 0.5
"""Further seconds between two looks while others write, so that lists are not read anew all the time."""

Stamp = tuple[int, int, int] | None


class Beside:
    """Notices what other processes do, and takes over from one that ended; lives on the engine's loop."""

    def __init__(
        self, core: Core, home: Home, lock: DirectoryLock | None, *, follow: bool, take_over: bool, run: bool
    ) -> None:
        self._core = core
        self._home = home
        self._lock = lock
        self._follow = follow
        self._take_over = take_over
        self._run_workers = run
        self._stamp: Stamp = None
        self._version = 0
        self._wrote = False
        self._sight: Sight
        self._task: asyncio.Task[None] | None = None

    @property
    def holds_lock(self) -> bool:
        """Whether no other process talks to the servers because this one may."""
        return self._lock is not None

    async def begin(self) -> None:
        """Take the first look; whatever happens from now on is noticed."""
        self._version = await self._core.database.data_version()
        self._sight = await elsewhere.look(self._core.database.lists)
        self._core.database.subscribe(self._note)
        self._task = asyncio.create_task(self._run(), name="beside other processes")

    async def end(self) -> None:
        """Stop looking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def release(self) -> None:
        """Let another process talk to the servers."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                await self._try_to_take_over()
                await self._read_accounts()
                if await self._look():
                    await asyncio.sleep(CALM)
            except MailError as error:
                log.warning("A look at what other processes did failed: %s", error)
                await asyncio.sleep(CALM)
            except Exception:
                log.exception("A look at what other processes did stumbled")
                await asyncio.sleep(CALM)

    async def _look(self) -> bool:
        """Tell what others did; return False when they did nothing."""
        database = self._core.database
        version = await database.data_version()
        if version == self._version and not self._wrote:
            return False
        self._wrote = False
        now = await elsewhere.look(database.lists)
        if version == self._version and version == await database.data_version():
            self._sight = now  # nobody wrote but this process: what it did is no news
            return False
        self._core.committed(await elsewhere.changes(database.lists, self._sight, now))
        self._version, self._sight = version, now
        return True

    def _note(self, _: Sequence[Event]) -> None:
        self._wrote = True

    async def _try_to_take_over(self) -> None:
        if self._lock is not None or not self._take_over:
            return
        try:
            self._lock = DirectoryLock(self._home.data_dir)
        except StoreBusy:
            return
        await self._core.begin(online=True, run=self._run_workers)

    async def _read_accounts(self) -> None:
        """Serve the accounts that the configuration names, when it was written since."""
        if not self._follow or (stamp := _stamp(self._home.config_file)) == self._stamp:
            return
        self._stamp = stamp
        config = await asyncio.to_thread(file.load, self._home.config_file)
        await self._core.serve(config.accounts)


def _stamp(path: Path) -> Stamp:
    """Return what changes with a file; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino

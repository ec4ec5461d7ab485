"""What a person opens, fetched past everything else that runs: the letter opened last comes first.

It has a connection of its own, opened when first needed, that waits for nothing. Where the server allows no
further connection, the main one does it between two pieces of its work. A letter that is left, or overtaken
by another, is not fetched further: a small one comes to its end, a large one stops between two slices, and
what came of it stays. Only what takes too long loses its line, for it would hold up the letter that is read.
"""

import asyncio
from dataclasses import dataclass

from tui_mail.imap.session import Session
from tui_mail.model.errors import MailError, NetworkError, ProtocolError
from tui_mail.model.sync import Line, Task
from tui_mail.sync.bodies import fetch_one
from tui_mail.sync.connections import TooManyError
from tui_mail.sync.shared import Shared

KEPT = 300.0
"""Seconds that an unused connection stays open."""

OVERTAKEN = 1.5
"""Seconds that a letter may still take once a person wants another one: about what a new line costs."""


@dataclass(slots=True)
class Wanted:
    """A letter that somebody opened."""

    came: asyncio.Future[None]
    readers: int = 0
    """How many wait for it."""


class OpenedBodies:
    """Fetches single bodies."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._session: Session | None = None
        self._wanted: dict[int, Wanted] = {}
        """By message, in the order in which they were opened."""
        self._running: int | None = None
        """The message that our own connection fetches."""
        self._serving: asyncio.Task[None] | None = None
        self._one = asyncio.Lock()
        self._closing: asyncio.TimerHandle | None = None
        self._main_needed = False

    @property
    def waiting(self) -> bool:
        """Whether the main connection is needed."""
        return self._main_needed and bool(self._wanted)

    async def fetch(self, message: int) -> None:
        """Bring one body into the store; raises what prevents it. Cancelled when the letter is left."""
        self._main_needed = self.waiting
        wanted = self._wanted.pop(message, None) or Wanted(asyncio.get_running_loop().create_future())
        self._wanted[message] = wanted  # the last
        wanted.readers += 1
        self._hurry()
        try:
            await asyncio.shield(wanted.came)
        finally:
            wanted.readers -= 1
            if not wanted.readers and self._wanted.get(message) is wanted:
                del self._wanted[message]

    async def fetch_on(self, session: Session) -> None:
        """Fetch what waits on a connection that somebody else holds open; cut short, it waits on."""
        while self._wanted:
            error = await self._fetch_first(session)
            if error is not None and session.closed:
                raise error

    def give_up(self, error: MailError) -> None:
        """Let nothing wait for the main connection, which this keeps from coming."""
        if self._main_needed:
            self._fail(error)

    def drop(self) -> None:
        """Drop the connection; what it fetched, or the next fetch, opens another."""
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None
        if self._session is not None:
            self._session.abort()
            self._session = None
            self._shared.board.ended(self._shared.id, Line.OPENING)

    def close(self, error: MailError) -> None:
        """Fetch nothing more: whoever waits is told why, and the connection is dropped."""
        self._fail(error)
        if self._serving is not None:
            self._serving.cancel()
        self.drop()

    async def ended(self) -> None:
        """Wait until nothing is being fetched any more, after `close`."""
        if self._serving is not None:
            await asyncio.wait((self._serving,))

    def _hurry(self) -> None:
        """See to it that the letter opened last is fetched next."""
        if self._main_needed:
            self._shared.wake.set()
        elif self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve(), name="opening")
            self._serving.add_done_callback(self._served)
        elif self._running is not None and not self._is_first(self._running):
            asyncio.get_running_loop().call_later(OVERTAKEN, self._cut_off, self._running)

    def _is_first(self, message: int) -> bool:
        return next(reversed(self._wanted), None) == message

    def _cut_off(self, message: int) -> None:
        if self._running == message and self._wanted and not self._is_first(message):
            self.drop()

    async def _serve(self) -> None:
        """Fetch what is wanted until nothing is, on our own connection as far as there may be one."""
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None
        try:
            while self._wanted:
                await self._fetch_first()
        except TooManyError:
            self._main_needed = True
            self._shared.wake.set()
        if self._session is not None:
            self._shared.does(Line.OPENING, Task.RESTING)
            self._closing = asyncio.get_running_loop().call_later(KEPT, self.drop)

    def _served(self, serving: asyncio.Task[None]) -> None:
        """Leave nobody waiting for a task that stumbled."""
        if not serving.cancelled() and (error := serving.exception()):
            self._fail(error)

    async def _fetch_first(self, session: Session | None = None) -> MailError | None:
        """Fetch the letter opened last, over a session if given; tell who waits what prevents it, if so."""
        async with self._one:
            message = next(reversed(self._wanted), None)
            if message is None:
                return None
            try:
                whole = await (self._fetch_on(session, message) if session else self._fetch_here(message))
            except MailError as error:
                self._tell(message, error)
                return error
            if whole:
                self._tell(message)
            return None

    async def _fetch_here(self, message: int) -> bool:
        """Fetch on our own connection; one that died while unused, or was dropped, is opened anew, once."""
        kept = self._session is not None
        session = await self._own_session()
        self._running = message
        try:
            return await self._fetch_on(session, message)
        except (NetworkError, ProtocolError):
            dropped = self._session is not session
            self.drop()
            if not self._is_first(message):
                return False
            if not (kept or dropped):
                raise
        finally:
            self._running = None
        return await self._fetch_on(await self._own_session(), message)

    async def _fetch_on(self, session: Session, message: int) -> bool:
        return await fetch_one(self._shared.database, session, message, lambda: self._is_first(message))

    async def _own_session(self) -> Session:
        if self._session is None:
            self._session = await self._shared.connections.another()
        self._shared.does(Line.OPENING, Task.OPENING)
        return self._session

    def _tell(self, message: int, error: BaseException | None = None) -> None:
        wanted = self._wanted.pop(message, None)
        if wanted is None:
            return
        if error is None:
            wanted.came.set_result(None)
        else:
            wanted.came.set_exception(error)

    def _fail(self, error: BaseException) -> None:
        """Let nobody wait any longer."""
        for message in list(self._wanted):
            self._tell(message, error)

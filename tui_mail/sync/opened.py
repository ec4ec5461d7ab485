"""What a person opens, fetched past everything else that runs.

It has a connection of its own, opened when first needed, that waits for nothing. Where the server allows no
further connection, the main one does it between two pieces of its work.
"""

import asyncio

from tui_mail.imap.session import Session
from tui_mail.model.errors import MailError, NetworkError, ProtocolError
from tui_mail.model.sync import Line, Task
from tui_mail.sync.bodies import fetch_one
from tui_mail.sync.connections import TooManyError
from tui_mail.sync.shared import Shared

KEPT = 300.0
"""Seconds that an unused connection stays open."""


class OpenedBodies:
    """Fetches single bodies."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._session: Session | None = None
        self._turn = asyncio.Lock()
        self._closing: asyncio.TimerHandle | None = None
        self._waiting: dict[int, asyncio.Future[None]] = {}

    @property
    def waiting(self) -> bool:
        """Whether the main connection is needed."""
        return bool(self._waiting)

    async def fetch(self, message: int) -> None:
        """Bring one body into the store; raises what prevents it."""
        async with self._turn:
            try:
                await self._fetch_here(message)
            except TooManyError:
                await self._fetch_there(message)

    async def fetch_on(self, session: Session) -> None:
        """Fetch what waits on a connection that somebody else holds open; cut short, it waits on."""
        for message, told in list(self._waiting.items()):
            try:
                await fetch_one(self._shared.database, session, message)
            except MailError as error:
                _fail(told, error)
                if session.closed:
                    raise
            else:
                if not told.done():
                    told.set_result(None)
            self._waiting.pop(message, None)

    def give_up(self, error: MailError) -> None:
        """Let nothing wait for the main connection, which this keeps from coming."""
        for told in self._waiting.values():
            _fail(told, error)

    def close(self) -> None:
        """Drop the connection; the next fetch opens another."""
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None
        if self._session is not None:
            self._session.abort()
            self._session = None
            self._shared.board.ended(self._shared.id, Line.OPENING)

    async def _fetch_here(self, message: int) -> None:
        """Fetch on our own connection; one that died while unused is opened anew, once."""
        kept = self._session
        session = kept or await self._open()
        self._shared.does(Line.OPENING, Task.OPENING)
        try:
            await fetch_one(self._shared.database, session, message)
        except (NetworkError, ProtocolError):
            self.close()
            if kept is None:
                raise
            await fetch_one(self._shared.database, await self._open(), message)
        self._keep()

    async def _fetch_there(self, message: int) -> None:
        told = self._waiting[message] = asyncio.get_running_loop().create_future()
        self._shared.wake.set()
        try:
            await told
        finally:
            self._waiting.pop(message, None)

    async def _open(self) -> Session:
        self._session = await self._shared.connections.another()
        return self._session

    def _keep(self) -> None:
        self._shared.does(Line.OPENING, Task.RESTING)
        if self._closing is not None:
            self._closing.cancel()
        self._closing = asyncio.get_running_loop().call_later(KEPT, self.close)


def _fail(told: asyncio.Future[None], error: MailError) -> None:
    if not told.done():
        told.set_exception(type(error)(str(error), hint=error.hint))

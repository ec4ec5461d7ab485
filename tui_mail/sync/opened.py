"""The session that fetches what a person opens: it does nothing else and waits for nothing."""

import asyncio

from tui_mail.imap.session import Session
from tui_mail.model.account import Account
from tui_mail.model.errors import NetworkError, ProtocolError
from tui_mail.store.database import Database
from tui_mail.sync.bodies import fetch_one
from tui_mail.sync.signin import Passwords, open_session

KEPT = 300.0
"""Seconds that an unused session stays open."""


class OpenedBodies:
    """Fetches single bodies on a session of its own, opened when first needed."""

    def __init__(self, database: Database, account: Account, passwords: Passwords) -> None:
        self._database = database
        self._account = account
        self._passwords = passwords
        self._session: Session | None = None
        self._turn = asyncio.Lock()
        self._closing: asyncio.TimerHandle | None = None

    async def fetch(self, message: int) -> None:
        """Bring one body into the store; a session that died while unused is opened anew, once."""
        async with self._turn:
            kept = self._session
            session = kept or await self._open()
            try:
                await fetch_one(self._database, session, message)
            except (NetworkError, ProtocolError):
                self.close()
                if kept is None:
                    raise
                await fetch_one(self._database, await self._open(), message)
            self._keep()

    async def _open(self) -> Session:
        self._session = await open_session(self._account, self._passwords)
        return self._session

    def _keep(self) -> None:
        if self._closing is not None:
            self._closing.cancel()
        self._closing = asyncio.get_running_loop().call_later(KEPT, self.close)

    def close(self) -> None:
        """Drop the session; the next fetch opens another."""
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None
        if self._session is not None:
            self._session.abort()
            self._session = None

"""An account's connections: how many there may be, and what went over them.

A server that finds them too many is believed for a day: then fewer are opened, and what a further one would
have done is done on the first.
"""

import time
from collections.abc import Callable

from tui_mail.imap.session import Session
from tui_mail.model.account import Account
from tui_mail.model.errors import NetworkError, ServerBusy, ServerRefused
from tui_mail.model.sync import Traffic
from tui_mail.sync.signin import Passwords, open_session

MOST = 4
"""Connections an account has at most: servers allow ten to twenty, shared with the user's other devices."""

REMEMBERED = 86_400.0
"""Seconds for which a server's limit is remembered."""


class TooManyError(Exception):
    """Another connection may not be opened now; the work goes to one that is open."""


class Connections:
    """Opens and counts the sessions of one account."""

    def __init__(
        self, account: Account, passwords: Passwords, steady: Callable[[], float] = time.monotonic
    ) -> None:
        self._account = account
        self._passwords = passwords
        self._steady = steady
        self._open: list[Session] = []
        self._most = MOST
        self._limited_at = 0.0
        self._finished = Traffic()

    async def first(self) -> Session:
        """Open the connection that an account cannot do without; raises what prevents it."""
        return self._keep(await open_session(self._account, self._passwords))

    async def another(self) -> Session:
        """Open a further connection; raises TooManyError where the server allows no more of them.

        One that does not come about while another stands is one too many for now, whatever the reason.
        """
        self._drop_closed()
        if len(self._open) >= self._allowed():
            raise TooManyError
        try:
            session = await open_session(self._account, self._passwords)
        except (NetworkError, ServerRefused) as error:
            self._drop_closed()
            if not self._open:
                raise
            if isinstance(error, ServerBusy | ServerRefused):
                self._most, self._limited_at = len(self._open), self._steady()
            raise TooManyError from error
        return self._keep(session)

    @property
    def traffic(self) -> Traffic:
        """What went over all connections since the program started."""
        total = self._finished
        for session in self._open:
            total += session.traffic
        return total

    @property
    def count(self) -> int:
        """Connections that are open."""
        self._drop_closed()
        return len(self._open)

    def _keep(self, session: Session) -> Session:
        self._open.append(session)
        return session

    def _allowed(self) -> int:
        if self._most < MOST and self._steady() - self._limited_at > REMEMBERED:
            self._most = MOST
        return self._most

    def _drop_closed(self) -> None:
        for session in [session for session in self._open if session.closed]:
            self._open.remove(session)
            self._finished += session.traffic

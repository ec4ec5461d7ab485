"""One signed-in life on a server (RFC 9051 §6.1–6.2; RFC 2177, 2971, 4978, 5161, 5465, 7162, 9755).

The order is fixed: greeting, TLS, capabilities, sign-in, capabilities again (what was said before is not to
be believed afterwards), ID, ENABLE, COMPRESS. A password leaves only over TLS, or to this very machine.
"""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress

from tui_mail.imap.authenticated import AuthenticatedCommands
from tui_mail.imap.command import Limits, Then
from tui_mail.imap.connection import Connection
from tui_mail.imap.quirks import quirks_of
from tui_mail.imap.responses import ListedFolder, Response, Status, StatusOf, Words, read_words
from tui_mail.imap.selected import SelectedCommands
from tui_mail.imap.signing import SigningIn
from tui_mail.imap.wire import SINK_FROM
from tui_mail.model.account import Compression, Security, Server
from tui_mail.model.errors import (
    CertificateError,
    MailError,
    ServerBusy,
    ServerRefused,
    ServerSilent,
)
from tui_mail.model.sync import Traffic
from tui_mail.net.tls import Context, is_near, open_connection, start_tls

_EVENTS = b"MessageNew MessageExpunge FlagChange"

IDLE_RENEWAL = 540.0
"""Seconds after which IDLE is begun anew; servers may end it after 30 minutes (RFC 2177)."""
LITERAL_MINUS = 4096
"""Octets of a literal that LITERAL- takes unasked (RFC 7888)."""


class Session(SigningIn, AuthenticatedCommands, SelectedCommands):
    """A connection to one server from its greeting to LOGOUT."""

    def __init__(self, server: Server, limits: Limits, compress: Compression = Compression.AUTO) -> None:
        super().__init__()
        self._compress = compress
        self.server = server
        self._quirks = quirks_of(server.host)
        self._line = Connection(server, limits, lambda: self._open_sink(), self._heard)
        self._signed_in = False
        self._stirred = asyncio.Event()
        self._notified = False

    @classmethod
    async def connect(
        cls,
        server: Server,
        context: Context | None,
        limits: Limits | None = None,
        compress: Compression = Compression.AUTO,
    ) -> "Session":
        """Connect, make the line safe as `server.security` says, and ask what the server can do."""
        session = cls(server, limits or Limits(), compress)
        try:
            await session._open(context)
        except BaseException:
            session.abort()
            raise
        return session

    @property
    def where(self) -> str:
        """The server's host and port, for people."""
        return self._line.where

    @property
    def closed(self) -> bool:
        """Whether the line has ended; such a session is never used again."""
        return self._line.error is not None

    @property
    def traffic(self) -> Traffic:
        """What went over the line so far, TLS not counted."""
        return self._line.traffic

    async def sign_in(self, username: str, secret: str) -> None:
        """Prove who we are by a password or a `Token`, then see what the server offers to those it lets in.

        Raises SignInRefused, after which another secret may be tried, and CertificateError where the server
        proves less than it must.
        """
        if not self._signed_in:
            await self._prove(username, secret)
            self._signed_in = True
        await self._ask_capabilities()
        steps: list[Awaitable[None]] = []
        if "ID" in self.capabilities:
            steps.append(self._greet_by_name())
        if self._offers("ENABLE") and "QRESYNC" in self.capabilities and self._quirks.qresync:
            steps.append(self._enable(b"QRESYNC"))
        if self._offers("ENABLE") and "UTF8=ONLY" in self.capabilities:
            # Where it is not required nothing would be gained: letters come as they are.
            steps.append(self._enable(b"UTF8=ACCEPT"))
        await asyncio.gather(*steps)
        if "COMPRESS=DEFLATE" in self.capabilities and self._wants_compression:
            await self._begin_compression()

    async def noop(self) -> None:
        """Let the server tell what is new."""
        await self._do(b"NOOP", doing="answer")

    async def idle(self, wake: asyncio.Event, renew: float = IDLE_RENEWAL) -> None:
        """Return once there are news, `wake` is set, or `renew` seconds are over; at once if news wait."""
        self._stirred.clear()
        if self.news or self.news_elsewhere or wake.is_set():
            return
        with suppress(ServerRefused):  # a server that tires of IDLE may say so with NO
            await self._line.run(
                b"IDLE\r\n",
                lambda: self._until_woken(wake, renew),
                doing="tell what is new",
                alone=True,
                silence=self._line.limits.farewell,
            )

    async def notify(self) -> bool:
        """Let the server tell of every mailbox of the user's, from now on and unasked (RFC 5465).

        False where it does not, or tires of it; then only the selected mailbox is told of, as ever. What is
        told goes to `news_elsewhere`, beginning with the status of all of them, and ends `idle`.
        """
        if "NOTIFY" not in self.capabilities:
            return False
        self._notified = True
        for events in (_EVENTS + b" MailboxName SubscriptionChange", _EVENTS):
            command = b"NOTIFY SET STATUS (selected (%b)) (personal (%b))" % (_EVENTS, events)
            try:
                await self._do(command, doing="tell of all folders")
            except ServerRefused as error:
                if error.code != "BADEVENT":
                    break
            else:
                return self._notified
        self._notified = False
        return False

    async def logout(self) -> None:
        """Say goodbye; whatever happens, the line is ended afterwards."""
        with suppress(MailError):
            await self._do(b"LOGOUT", doing="say goodbye", alone=True, silence=self._line.limits.farewell)
        self.abort()

    def abort(self) -> None:
        """End the line at once."""
        self._line.abort()

    # The way in.

    async def _open(self, context: Context | None) -> None:
        limits = self._line.limits
        await open_connection(lambda: self._line, self.server, context, limits.connect)
        greeting = await self._greeting(limits.silence)
        if greeting.kind == "BYE":
            raise ServerBusy(f"{self._line.where} does not let us in now: “{greeting.text}”")
        self._heard(greeting)
        preauthenticated = greeting.kind == "PREAUTH"
        if self.server.security is Security.STARTTLS:
            if preauthenticated:
                raise CertificateError(
                    f"{self._line.where} says we are signed in before TLS: the line may be tampered with",
                    hint="Nothing secret was sent. Try another network",
                )
            await self._start_tls(context)
        self._secure = self.server.security is not Security.NONE
        self._signed_in = preauthenticated
        if not self.capabilities:
            await self._ask_capabilities()

    async def _greeting(self, limit: float) -> Status:
        try:
            async with asyncio.timeout(limit):
                return await asyncio.shield(self._line.greeting)
        except TimeoutError:
            raise ServerSilent(f"{self._line.where} does not greet within {limit:g} s") from None

    async def _start_tls(self, context: Context | None) -> None:
        if not self.capabilities:
            await self._ask_capabilities()
        if "STARTTLS" not in self.capabilities:
            raise CertificateError(
                f"{self._line.where} offers no STARTTLS: the line may be tampered with",
                hint='Nothing secret was sent. Use security "tls" if the server offers it',
            )
        try:
            await self._line.run(b"STARTTLS\r\n", doing="start TLS", alone=True, then=Then.HALT)
        except ServerRefused as error:
            raise CertificateError(str(error), hint="Nothing secret was sent") from error
        secure = await start_tls(
            self._line.transport, self._line, self.server, context, self._line.limits.connect
        )
        self.news.forget()
        self._learn(frozenset())
        self._line.resume(secure)

    async def _ask_capabilities(self) -> None:
        await self._do(b"CAPABILITY", doing="say what it can", alone=True)

    @property
    def _wants_compression(self) -> bool:
        if self._compress is Compression.AUTO:
            return not is_near(self._line.transport)
        return self._compress is Compression.ON

    async def _begin_compression(self) -> None:
        with suppress(ServerRefused):  # TLS may compress already, or the server has changed its mind
            await self._line.run(b"COMPRESS DEFLATE\r\n", doing="compress", alone=True, then=Then.COMPRESS)

    async def _greet_by_name(self) -> None:
        name = b'("name" "tui-mail")' if self._quirks.says_who else b"NIL"
        with suppress(ServerRefused):
            await self._do(b"ID " + name, doing="take our name")

    async def _enable(self, extension: bytes) -> None:
        with suppress(ServerRefused):
            await self._do(b"ENABLE " + extension, doing=f"enable {extension.decode('ascii')}")

    # What is heard by the way.

    def _heard(self, response: Response) -> bool:
        """Take in what no command asked for, and what every tagged reply tells besides."""
        match response:
            case Words("CAPABILITY", words):
                self._learn(words)
            case Status(code="CAPABILITY", arguments=words):
                self._learn(read_words(words))
            case Words("ENABLED", words):
                self.enabled |= words
            case Status(code="NOTIFICATIONOVERFLOW") if self._notified:
                self._notified = False
                self.news_elsewhere.overflow = True
                self._stirred.set()
            case StatusOf(name, status) if self._notified:
                self.news_elsewhere.add(self._own_name(name), status)
                self._stirred.set()
            case ListedFolder() if self._notified:
                self.news_elsewhere.tree = True
                self._stirred.set()
            case _ if self.selected is not None and self.news.add(response):
                self._stirred.set()
            case _:
                return False
        return True

    def _learn(self, capabilities: frozenset[str]) -> None:
        self.capabilities = capabilities
        # Above SINK_FROM the server is asked first in any case: it may have no room.
        unasked = SINK_FROM if "LITERAL+" in capabilities else -1
        self._line.without_waiting = max(unasked, LITERAL_MINUS if self._offers("LITERAL-") else -1)

    async def _until_woken(self, wake: asyncio.Event, renew: float) -> bytes:
        waits = [asyncio.ensure_future(event.wait()) for event in (wake, self._stirred)]
        try:
            await asyncio.wait(waits, timeout=renew, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        return b"DONE\r\n"

"""Proving who we are to a server of IMAP (RFC 9051 §6.2.2–6.2.3; RFC 4959).

The mechanisms themselves are in `net`; here they are put on the line. A secret leaves only over TLS, or to
this very machine, and what the server repeats of it is not shown.
"""

import asyncio
import base64
import itertools
import logging
from collections.abc import Iterator

from tui_mail.imap.quirks import Quirks
from tui_mail.imap.speaking import Speaker
from tui_mail.imap.wire import astring
from tui_mail.model.account import Server
from tui_mail.model.errors import CertificateError, ProtocolError, ServerRefused
from tui_mail.net import auth
from tui_mail.net.tls import channel_binding, is_loopback

log = logging.getLogger(__name__)


class SigningIn(Speaker):
    """How a session gets from being connected to being signed in."""

    def __init__(self) -> None:
        super().__init__()
        self.mechanism = ""
        """By what it was signed in; "" before, and where the server knew us already."""
        self.server: Server
        self._quirks: Quirks
        self._secure = False

    async def _prove(self, username: str, secret: str) -> None:
        """Try the mechanisms that suit, best first; to the next one only where nothing was shown yet."""
        if not self._secure and not is_loopback(self.server.host):
            raise CertificateError(f"{self._line.where} was reached without TLS: no password is sent there")
        refused: ServerRefused | None = None
        self._line.secrets = (secret,)
        credentials = self._credentials(username, secret)
        try:
            for way in self._ways(credentials):
                try:
                    await self._sign_in_by(way, username, secret)
                except ServerRefused as error:
                    refused = self._refused(way, error, credentials)
                else:
                    self.mechanism = way.name
                    return
                if not way.may_try_another:
                    break
                log.info("%s has nothing for %s by %s", self._line.where, username, way.name)
        finally:
            self._line.secrets = ()
        raise refused or auth.no_way(self._line.where, secret)

    def _credentials(self, username: str, secret: str) -> auth.Credentials:
        return auth.Credentials(
            self._line.where,
            self.server.host,
            self.server.port,
            username,
            secret,
            channel_binding(self._line.transport),
            self._quirks.xoauth2,
        )

    def _ways(self, credentials: auth.Credentials) -> Iterator[auth.Dialogue]:
        offered = {word.removeprefix("AUTH=") for word in self.capabilities if word.startswith("AUTH=")}
        if self._login_allowed:
            offered.add("LOGIN")
        return auth.ways(offered, credentials)

    @property
    def _login_allowed(self) -> bool:
        """Whether the LOGIN command may be used, which is then better than the mechanism of that name."""
        return "LOGINDISABLED" not in self.capabilities

    async def _sign_in_by(self, way: auth.Dialogue, username: str, secret: str) -> None:
        if way.name == "LOGIN" and self._login_allowed:
            name, word = astring(auth.encoded(username)), astring(auth.encoded(secret))
            await self._do(b"LOGIN ", name, b" ", word, doing="sign in", alone=True)
            return
        pieces = [b"AUTHENTICATE %b" % way.name.encode("ascii")]
        if way.first is not None:
            first = self._to_base64(way.first)
            if self._offers("SASL-IR") and self._quirks.initial_response:
                pieces[0] += b" " + first
            else:
                pieces = [pieces[0] + b"\r\n", first]
        pieces[-1] += b"\r\n"
        asked = itertools.count()

        async def answer(challenge: bytes) -> bytes:
            if next(asked) >= auth.ROUNDS:
                raise ProtocolError(f"{self._line.where} does not come to an end of signing in")
            said = await asyncio.to_thread(way.answer, auth.from_base64(challenge))
            return self._to_base64(said) + b"\r\n"

        await self._line.run(*pieces, doing="sign in", alone=True, dialogue=answer)
        try:
            way.accepted()
        except CertificateError:
            self._line.abort()
            raise

    def _to_base64(self, said: bytes) -> bytes:
        """Return what is said as it is sent, which must not be repeated either: it may hold the secret."""
        sent = base64.b64encode(said)
        self._line.secrets += (sent.decode("ascii"),) if sent else ()
        return sent

    def _refused(
        self, way: auth.Dialogue, error: ServerRefused, credentials: auth.Credentials
    ) -> ServerRefused:
        if error.code == "BAD":
            return error
        return auth.refused(way, credentials, error.sentence_of_server, error.code)

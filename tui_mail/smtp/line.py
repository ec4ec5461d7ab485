"""One line to a server: octets out, replies in, limits kept (RFC 5321 §4.2, §4.5.3).

Of `smtplib` it keeps how commands are written and offers read. Sockets, replies, TLS and time are its own:
there any certificate is taken, a reply may go on for ever, and what stands behind the reply to STARTTLS is
believed. A line that failed is closed, never used again. Nothing that was sent is logged or quoted.
"""

import re
import smtplib
import socket
import time
from dataclasses import dataclass
from typing import Any

from tui_mail.model.account import Security, Server
from tui_mail.model.errors import CertificateError, MailError, NetworkError, ProtocolError, ServerBusy
from tui_mail.model.safe_text import safe_text
from tui_mail.net.blocking import Deadline, open_socket, wake
from tui_mail.net.tls import Context, in_words, read_now, secured, where
from tui_mail.smtp.answers import Answer, answer

OURSELVES = "[127.0.0.1]"
"""What EHLO says: an address literal (RFC 5321 §4.1.3) that tells nothing of this machine."""
REPLY_LIMIT = 64 * 1024
"""Octets of a whole reply, all of its lines together."""
CLOSING = 421
"""The server leaves, which it may say at any time (RFC 5321 §3.8)."""

_CHUNK = 16 * 1024
_REPLY_LINE = re.compile(rb"([2-5]\d\d)(?:([ -])(.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a server may take, in seconds, and how slow it may be."""

    connect: float = 20.0
    """Until the connection stands, TLS included."""
    wall: float = 60.0
    """For a whole reply, however it comes …"""
    pace: float = 4096.0
    """… and for sending, plus a second for so many octets."""
    commit: float = 600.0
    """For the reply to the final dot (§4.5.3.2.6); shorter waits make most duplicates."""
    farewell: float = 5.0
    """For the reply to QUIT, which changes nothing any more."""


class Line(smtplib.SMTP):
    """The line itself; only `abort` may be called from another thread."""

    def __init__(self, server: Server, context: Context | None, limits: Limits) -> None:
        super().__init__(local_hostname=OURSELVES)
        self.where = where(server)
        self.secure = False
        """Whether TLS stands."""
        self.secrets: tuple[str, ...] = ()
        """What no sentence repeats, even if the server does: secrets in each form in which they are sent."""
        self.limits = limits
        self._server = server
        self._context = context
        self._unread = bytearray()
        self._aborted = False

    def open(self) -> None:
        """Connect; with Security.TLS the line is safe when this returns."""
        self.sock = open_socket(self._server, self._context, self._hold, self.limits.connect)
        self.secure = self._server.security is Security.TLS

    def start_tls(self) -> None:
        """Go on over TLS, after the server's consent; nothing that it said before counts (RFC 3207 §4.2)."""
        sock = self.connected
        came = b"more" if self._unread else read_now(sock, 1)
        if came == b"":
            raise self._lost()
        if came is not None:
            self.abort()
            raise CertificateError(
                f"{self.where} or somebody between spoke behind the reply to STARTTLS: "
                "the connection may be tampered with",
                hint="Nothing secret was told. Try another network, then ask who runs the server",
            )
        sock.settimeout(self.limits.connect)
        self.sock = secured(sock, self._server, self._context, self._hold)
        self.secure = True
        self.esmtp_features.clear()

    def ask(self, command: str, limit: float | None = None) -> Answer:
        """Send a command and return the reply to it."""
        self.putcmd(command)
        return self.answer(limit)

    def answer(self, limit: float | None = None) -> Answer:
        """Wait for a reply; ServerBusy where the server says that it leaves."""
        return self.read(*self.reply(self.limits.wall if limit is None else limit))

    def challenge(self, command: str) -> tuple[int, bytes]:
        """Send a command, or the answer to a challenge; return the reply as it came."""
        self.putcmd(command)
        return self.getreply()

    def read(self, code: int, text: bytes) -> Answer:
        """Read a reply as it came; ServerBusy where the server says that it leaves."""
        said = self.words(code, text)
        if code == CLOSING:
            self.abort()
            raise ServerBusy(f"{self.where} closes the connection: “{said}”")
        return said

    def words(self, code: int, text: bytes) -> Answer:
        """Read a reply as it came, whatever it says."""
        return answer(code, text.split(b"\n"), self.secrets)

    def early_answer(self) -> Answer | None:
        """Return a reply that came before it was due, None where there is none; NetworkError if all left."""
        try:
            came = read_now(self.connected, _CHUNK)
        except OSError as error:
            raise self._lost(error) from error
        if came == b"":
            raise self._lost()
        self._unread += came or b""
        return self.answer() if self._unread else None

    def getreply(self) -> tuple[int, bytes]:
        """Return code and text of a reply, as `smtplib` wants it."""
        return self.reply(self.limits.wall)

    def reply(self, limit: float) -> tuple[int, bytes]:
        """Read the lines of one reply, all of the same code, within so many seconds."""
        deadline = Deadline(self._server, limit)
        first, lines, size = b"", [], 0
        while True:
            line = self._read_line(deadline)
            found = _REPLY_LINE.fullmatch(line)
            size += len(line)
            if found is None or first not in (b"", found[1]) or size > REPLY_LIMIT:
                self.abort()
                raise ProtocolError(f"{self.where} says something that is not SMTP: “{_shown(line)}”")
            first = found[1]
            lines.append(found[3] or b"")
            if found[2] != b"-":
                return int(first), b"\n".join(lines)

    def send(self, s: Any) -> None:
        """Send a command, or several; a server that has said more than it was asked is not believed."""
        if self._unread:
            self.abort()
            raise ProtocolError(f"{self.where} says more than it was asked: “{_shown(bytes(self._unread))}”")
        self.push(s.encode(self.command_encoding) if isinstance(s, str) else s)

    def push(self, octets: bytes, deadline: Deadline | None = None) -> None:
        """Send octets; on any failure the line is ended, for nobody knows how many of them have left."""
        until = deadline or self.transfer_deadline(len(octets), time.monotonic())
        view = memoryview(octets)
        try:
            while view:
                sock = self.connected
                sock.settimeout(until.left())
                view = view[sock.send(view) :]
        except OSError as error:
            raise self._lost(error, until.limit) from error
        except MailError:
            self.abort()
            raise

    def transfer_deadline(self, octets: int, since: float) -> Deadline:
        """Until when so many octets must have gone that are sent since a moment of the monotonic clock."""
        return Deadline(self._server, self.limits.wall + octets / self.limits.pace, since)

    def abort(self) -> None:
        """End the line at once, from whatever thread; whoever waits for it gets a NetworkError."""
        self._aborted = True
        if self.sock is not None:
            wake(self.sock)

    def close(self) -> None:
        """Let go of the socket; only for the thread that uses it."""
        sock, self.sock = self.sock, None
        if sock is not None:
            sock.close()

    @property
    def connected(self) -> socket.socket:
        """The socket, as long as the line stands."""
        if self.sock is None or self._aborted:
            raise NetworkError(f"The connection to {self.where} was ended")
        return self.sock

    def _hold(self, sock: socket.socket) -> None:
        self.sock = sock
        if self._aborted:
            wake(sock)

    def _read_line(self, deadline: Deadline) -> bytes:
        seen = 0
        while (end := self._unread.find(b"\n", seen)) < 0:
            seen = len(self._unread)
            if seen > REPLY_LIMIT:
                self.abort()
                raise ProtocolError(f"{self.where} says a line without an end")
            self._unread += self._receive(deadline)
        line = bytes(self._unread[:end]).removesuffix(b"\r")
        del self._unread[: end + 1]
        return line

    def _receive(self, deadline: Deadline) -> bytes:
        try:
            sock = self.connected
            sock.settimeout(deadline.left())
            came = sock.recv(_CHUNK)
        except OSError as error:
            raise self._lost(error, deadline.limit) from error
        except MailError:
            self.abort()
            raise
        if not came:
            raise self._lost()
        return came

    def _lost(self, error: OSError | None = None, limit: float = 0.0) -> MailError:
        """End the line, and say why."""
        ended_here = self._aborted
        self.abort()
        if ended_here:
            return NetworkError(f"The connection to {self.where} was ended")
        if isinstance(error, TimeoutError):
            return in_words(error, self._server, limit or self.limits.wall)
        return NetworkError(f"{self.where} closed the connection")


def _shown(line: bytes) -> str:
    return safe_text(line[:200].decode("utf-8", "replace"), 80)

"""A server of IMAP that is honest but for its rules, over TLS with whatever certificate; it writes all down.

The honest half is the post office's own (`tui_mail.demo.imap`) with its model of mailboxes, so a test can
look at what the server holds. It runs on the test's loop and on loopback only.
"""

import asyncio
import contextlib
import re
import socket
import ssl
import struct
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType

from tests.servers.authority import Certificate
from tests.servers.lacking import LACKS
from tests.servers.lies import (
    Action,
    Change,
    Close,
    Drip,
    Flood,
    GoOn,
    Hang,
    Moment,
    Pause,
    Reset,
    Rule,
    Say,
    StartTls,
)
from tui_mail.demo.imap.connection import CAPABILITIES, Connection, Table
from tui_mail.demo.imap.mailbox_commands import COMMANDS as MAILBOX_COMMANDS
from tui_mail.demo.imap.message_commands import COMMANDS as MESSAGE_COMMANDS
from tui_mail.demo.imap.session_commands import COMMANDS as SESSION_COMMANDS
from tui_mail.demo.mailboxes import INBOX, Content, User
from tui_mail.imap.wire import Line
from tui_mail.model.account import Account, Security, Server

HOST = "127.0.0.1"
ADDRESS = "bob@example.org"
PASSWORD = "hunter2 Gehëim"
TRANSCRIPT_LIMIT = 64 * 1024 * 1024
"""Octets that the transcript keeps."""

_TABLE = SESSION_COMMANDS | MAILBOX_COMMANDS | MESSAGE_COMMANDS
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Said:
    """Octets that crossed the line."""

    connection: int
    """The number of the connection, from 0."""
    by_client: bool
    tls: bool
    octets: bytes


class Transcript:
    """Everything that was said on all connections, in order."""

    def __init__(self) -> None:
        self.entries: list[Said] = []
        self._size = 0

    def note(self, said: Said) -> None:
        """Keep it, as long as there is room."""
        self._size += len(said.octets)
        if self._size <= TRANSCRIPT_LIMIT:
            self.entries.append(said)

    def heard(self, *, tls: bool | None = None, connection: int | None = None) -> bytes:
        """All that clients said: over TLS, in clear, or either; on one connection or on all."""
        return b"".join(
            said.octets
            for said in self.entries
            if said.by_client and tls in (None, said.tls) and connection in (None, said.connection)
        )


class _Ear:
    """The reading end of a connection, overheard octet by octet."""

    def __init__(self, reader: asyncio.StreamReader, note: Callable[[bytes], None]) -> None:
        self._reader = reader
        self._note = note

    async def read(self, count: int) -> bytes:
        data = await self._reader.read(count)
        self._note(data)
        return data


class _Liar(Connection):
    """One client, served by the rules."""

    def __init__(
        self,
        server: "LyingServer",
        number: int,
        table: Table,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        ear = _Ear(reader, lambda data: self._note(data, by_client=True))
        super().__init__(server.users, table, ear, writer, lambda _: None)  # type: ignore[arg-type]  # it only reads
        self._lying = server
        self._number = number
        self._secure = False
        self._edits: tuple[tuple[bytes, bytes], ...] = ()
        self._say_what_is_offered()

    async def serve(self) -> None:
        """Answer commands until somebody leaves."""
        try:
            if self._lying.security is Security.TLS:
                await self._start_tls(self._lying.certificate)
            await super().serve()
        except (ssl.SSLError, ConnectionError):
            pass  # the client does not like what it sees, and says so by leaving
        finally:
            self._writer.close()

    async def greet(self) -> None:
        """Say hello, unless a rule says something else."""
        await self._react(Moment.GREETING, b"*", super().greet)

    async def obey(self, line: Line) -> None:
        """Carry out one command, unless a rule does something else."""
        tag, _, command = line.data.partition(b" ")
        starts_tls = command.upper() == b"STARTTLS" and b"STARTTLS" in self.capabilities.encode()

        async def honestly() -> None:
            if starts_tls:
                self._say(tag + b" OK Begin.\r\n")
                await self._start_tls(self._lying.certificate)
            else:
                await super(_Liar, self).obey(line)

        await self._react(command, tag, honestly)

    def write(self, data: bytes) -> None:
        """Send what the honest server says, edited."""
        for pattern, replacement in (*self._lying.all_edits, *self._edits):
            data = re.sub(pattern, replacement, data, flags=re.IGNORECASE)
        self._say(data)

    def _say(self, data: bytes) -> None:
        self._note(data, by_client=False)
        self._writer.write(data)

    def _note(self, data: bytes, *, by_client: bool) -> None:
        self._lying.transcript.note(Said(self._number, by_client, self._secure, data))

    async def _react(
        self, event: Moment | bytes, tag: bytes, honestly: Callable[[], Awaitable[None]]
    ) -> None:
        rule = self._lying.rule_for(event, self._secure)
        if rule is None:
            await honestly()
            return
        for action in rule.do:
            await self._act(action, tag, honestly)

    async def _act(self, action: Action, tag: bytes, honestly: Callable[[], Awaitable[None]]) -> None:
        match action:
            case Say(octets):
                self._say(octets.replace(b"{tag}", tag))
                await self._writer.drain()
            case GoOn(edits):
                self._edits = edits
                await honestly()
                self._edits = ()
            case Close():
                raise ConnectionAbortedError
            case Reset():
                sock = self._writer.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self._writer.transport.abort()
                raise ConnectionAbortedError
            case Hang():
                while await self._reader.read(_CHUNK):
                    pass
                raise ConnectionAbortedError
            case Flood(octets, times):
                await self._flood(octets.replace(b"{tag}", tag), times)
            case Drip(octets, pause):
                for octet in octets:
                    self._say(bytes((octet,)))
                    await asyncio.sleep(pause)
            case Pause(seconds):
                await asyncio.sleep(seconds)
            case Change(what):
                what(self._lying.user)
            case StartTls(certificate):
                await self._start_tls(certificate or self._lying.certificate)

    async def _flood(self, octets: bytes, times: int | None) -> None:
        at_once = max(1, _CHUNK // len(octets))
        sent = 0
        while times is None or sent < times:
            count = at_once if times is None else min(at_once, times - sent)
            self._writer.write(octets * count)
            await self._writer.drain()
            sent += count
            await asyncio.sleep(0)

    async def _start_tls(self, certificate: Certificate | None) -> None:
        assert certificate is not None, "this server has no certificate"
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate.cert_file, certificate.key_file)
        await self._writer.start_tls(context)
        self._secure = True
        self._say_what_is_offered()
        await self._react(Moment.TLS_READY, b"*", _nothing)

    def _say_what_is_offered(self) -> None:
        words = self._lying.capabilities
        if self._lying.security is Security.STARTTLS and not self._secure:
            words = f"{words} STARTTLS"
        self.capabilities = words


class LyingServer:
    """A server with one user; an async context manager."""

    def __init__(
        self,
        *rules: Rule,
        security: Security = Security.NONE,
        certificate: Certificate | None = None,
        without: Sequence[str] = (),
        listen: int = 0,
        separator: str = "/",
        prefix: str = "",
    ) -> None:
        self.rules = list(rules)
        """Looked through in order at each event; may be changed at any time."""
        self.edits: list[tuple[bytes, bytes]] = []
        """What is changed in everything that the honest half says: pattern and replacement."""
        self.fired: Counter[Rule] = Counter()
        """How often each rule fired."""
        self.transcript = Transcript()
        self.user = User(ADDRESS, PASSWORD, separator, prefix)
        self.users = {ADDRESS: self.user}
        self.security = security
        self.certificate = certificate
        """Shown to the connections to come."""
        self.capabilities = CAPABILITIES
        self.port = listen
        self._table = dict(_TABLE)
        self._heard: Counter[Rule] = Counter()
        self._count = 0
        self._refusing: list[Rule] = []
        self._leaving_out: list[tuple[bytes, bytes]] = []
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()
        for word in without:
            self._lose(word)

    async def __aenter__(self) -> "LyingServer":
        self._server = await asyncio.start_server(self._serve, HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        for client in self._clients:
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    @property
    def server(self) -> Server:
        """Where it is, in the words of the program under test."""
        return Server(HOST, self.port, self.security)

    def account(self, key: str = "test") -> Account:
        """An account of its user; whom to trust is left to the test."""
        return Account(key=key, email=ADDRESS, name="Bob", imap=self.server, username=ADDRESS)

    @property
    def all_edits(self) -> tuple[tuple[bytes, bytes], ...]:
        """The edits, after those that leave out what is lacking."""
        return (*self._leaving_out, *self.edits)

    def deliver(self, raw: bytes, folder: str = INBOX, flags: Iterable[str] = ()) -> int:
        """Put a message into a mailbox, made when needed; its UID."""
        boxes = self.user.mailboxes
        box = boxes.get(folder) or self.user.create(folder)
        return box.add(Content(lambda: raw), datetime.now(UTC), flags).uid

    def rule_for(self, event: Moment | bytes, tls: bool) -> Rule | None:
        """The rule that fires on this event."""
        for rule in (*self.rules, *self._refusing):
            if rule.hears(event, tls):
                self._heard[rule] += 1
                if self._heard[rule] > rule.skip and (rule.times is None or self.fired[rule] < rule.times):
                    self.fired[rule] += 1
                    return rule
        return None

    def honest(self) -> None:
        """Forget every rule and edit; what was counted stays, and what is lacking."""
        self.rules.clear()
        self.edits.clear()

    def _lose(self, extension: str) -> None:
        """Do not offer an extension, and do not understand it either."""
        lack = LACKS[extension]
        gone = {extension, *lack.offers}
        self.capabilities = " ".join(word for word in self.capabilities.split() if word not in gone)
        for command in lack.commands:
            del self._table[command]
        self._refusing += [Rule(pattern, (Say(b"{tag} BAD What?\r\n"),), None) for pattern in lack.refused]
        self._leaving_out += lack.edits

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._clients.add(task)
        number, self._count = self._count, self._count + 1
        try:
            await _Liar(self, number, self._table, reader, writer).serve()
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            self._clients.discard(task)


async def _nothing() -> None:
    """What an honest server does once TLS stands."""

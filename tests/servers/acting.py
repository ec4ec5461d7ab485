"""What every lying server does, whatever it speaks: carries out rules, goes over to TLS, writes all down.

It runs on the test's loop and on loopback only.
"""

import asyncio
import contextlib
import re
import socket
import ssl
import struct
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from tests.servers.authority import Certificate
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
from tui_mail.model.account import Security

HOST = "127.0.0.1"
TRANSCRIPT_LIMIT = 64 * 1024 * 1024
"""Octets that the transcript keeps."""
FAREWELL = 1.0
"""Seconds that a connection may take to close."""

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


class Ear:
    """The reading end of a connection, overheard octet by octet."""

    def __init__(self, reader: asyncio.StreamReader, note: Callable[[bytes], None]) -> None:
        self._reader = reader
        self._note = note

    async def read(self, count: int) -> bytes:
        data = await self._reader.read(count)
        self._note(data)
        return data


class Actor:
    """One client, served by the rules."""

    def __init__(
        self, stage: "Stage", number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._stage = stage
        self._number = number
        self._secure = False
        self._edits: tuple[tuple[bytes, bytes], ...] = ()
        self._reader: Any = Ear(reader, lambda data: self._note(data, by_client=True))
        self._writer = writer

    async def honest(self) -> None:
        """Serve as an honest server does, each event through `react`."""
        raise NotImplementedError

    def say_what_is_offered(self) -> None:
        """Take note that TLS stands now."""

    async def serve(self) -> None:
        """Serve until somebody leaves."""
        try:
            if self._stage.security is Security.TLS:
                await self.start_tls()
            await self.honest()
        except (ssl.SSLError, ConnectionError):
            pass  # the client does not like what it sees, and says so by leaving
        finally:
            self._writer.close()

    def edited(self, data: bytes) -> bytes:
        """Change what the honest half says."""
        for pattern, replacement in (*self._stage.all_edits, *self._edits):
            data = re.sub(pattern, replacement, data, flags=re.IGNORECASE)
        return data

    def say(self, data: bytes) -> None:
        """Send octets as they are."""
        self._note(data, by_client=False)
        self._writer.write(data)

    def _note(self, data: bytes, *, by_client: bool) -> None:
        self._stage.transcript.note(Said(self._number, by_client, self._secure, data))

    async def react(self, event: Moment | bytes, tag: bytes, honestly: Callable[[], Awaitable[None]]) -> None:
        """Do what a rule says on an event, else what an honest server does."""
        rule = self._stage.rule_for(event, self._secure)
        if rule is None:
            await honestly()
            return
        for action in rule.do:
            await self._act(action, tag, honestly)

    async def _act(self, action: Action, tag: bytes, honestly: Callable[[], Awaitable[None]]) -> None:
        match action:
            case Say(octets):
                self.say(octets.replace(b"{tag}", tag))
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
                    self.say(bytes((octet,)))
                    await asyncio.sleep(pause)
            case Pause(seconds):
                await asyncio.sleep(seconds)
            case Change(what):
                what(self._stage.model)
            case StartTls(certificate):
                await self.start_tls(certificate)

    async def _flood(self, octets: bytes, times: int | None) -> None:
        at_once = max(1, _CHUNK // len(octets))
        sent = 0
        while times is None or sent < times:
            count = at_once if times is None else min(at_once, times - sent)
            self._writer.write(octets * count)
            await self._writer.drain()
            sent += count
            await asyncio.sleep(0)

    async def start_tls(self, other: Certificate | None = None) -> None:
        """Go on over TLS, with another certificate than usual if so wished."""
        certificate = other or self._stage.certificate
        assert certificate is not None, "this server has no certificate"
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate.cert_file, certificate.key_file)
        await self._writer.start_tls(context)
        self._secure = True
        self.say_what_is_offered()
        await self.react(Moment.TLS_READY, b"*", _nothing)


class Stage:
    """A server on loopback; an async context manager."""

    model: Any = None
    """What a `Change` is handed."""

    def __init__(
        self,
        *rules: Rule,
        security: Security = Security.NONE,
        certificate: Certificate | None = None,
        listen: int = 0,
    ) -> None:
        self.rules = list(rules)
        """Looked through in order at each event; may be changed at any time."""
        self.edits: list[tuple[bytes, bytes]] = []
        """What is changed in everything that the honest half says: pattern and replacement."""
        self.fired: Counter[Rule] = Counter()
        """How often each rule fired."""
        self.transcript = Transcript()
        self.security = security
        self.certificate = certificate
        """Shown to the connections to come."""
        self.port = listen
        self._heard: Counter[Rule] = Counter()
        self._count = 0
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
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

    def actor(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Actor:
        """Who serves a connection."""
        raise NotImplementedError

    @property
    def all_rules(self) -> tuple[Rule, ...]:
        """The rules that hold now."""
        return tuple(self.rules)

    @property
    def all_edits(self) -> tuple[tuple[bytes, bytes], ...]:
        """The edits that hold now."""
        return tuple(self.edits)

    def rule_for(self, event: Moment | bytes, tls: bool) -> Rule | None:
        """The rule that fires on this event."""
        for rule in self.all_rules:
            if rule.hears(event, tls):
                self._heard[rule] += 1
                if self._heard[rule] > rule.skip and (rule.times is None or self.fired[rule] < rule.times):
                    self.fired[rule] += 1
                    return rule
        return None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._clients.add(task)
        number, self._count = self._count, self._count + 1
        try:
            await self.actor(number, reader, writer).serve()
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            # nobody tells of the end of a connection that was lost while TLS was being set up
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(FAREWELL):
                    await writer.wait_closed()
            self._clients.discard(task)


async def _nothing() -> None:
    """What an honest server does once TLS stands."""

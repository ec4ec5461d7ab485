"""A server that says what a test wants, lies included."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from tui_mail.imap.command import Limits
from tui_mail.model.account import Security, Server

HASTY = Limits(connect=5, silence=0.3, wall=0.6, pace=1e9, farewell=0.3)
"""Limits that a hanging server reaches at once."""
PATIENT = replace(HASTY, silence=10, wall=10)
"""Limits that no honest server reaches."""


def letter(number: int, size: int = 0) -> bytes:
    """Make a message of about `size` octets."""
    return (
        f"From: Ada <ada@example.org>\r\nSubject: Letter {number}\r\nMessage-ID: <{number}@example.org>\r\n"
        "Date: Thu, 1 Jan 2026 00:00:00 +0000\r\n\r\n"
    ).encode() + b"0123456789abcde\r\n" * (1 + size // 17)


class Talk:
    """One connection as the server sees it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.heard = bytearray()
        """Everything the client sent."""
        self.heard_in_clear = bytearray()
        """What of it came without TLS."""
        self._secure = writer.get_extra_info("ssl_object") is not None

    async def line(self) -> bytes:
        """Wait for a line of the client."""
        line = await self.reader.readline()
        if not line:
            raise ConnectionError
        self.take(line)
        return line.rstrip(b"\r\n")

    def take(self, octets: bytes) -> None:
        self.heard += octets
        if not self._secure:
            self.heard_in_clear += octets

    async def expects(self, word: bytes) -> bytes:
        """Wait for a command that contains `word` and return its tag."""
        line = await self.line()
        assert word in line, line
        return line.split(b" ")[0]

    async def says(self, octets: bytes) -> None:
        """Send this."""
        self.writer.write(octets)
        await self.writer.drain()

    async def answers(self, word: bytes, before: bytes = b"", kind: bytes = b"OK done") -> None:
        """Wait for a command and answer it."""
        tag = await self.expects(word)
        await self.says(before + tag + b" " + kind + b"\r\n")

    async def starts_tls(self, context: ssl.SSLContext) -> None:
        """Go on over TLS."""
        await self.writer.start_tls(context)
        self._secure = True

    async def signs_in(self, capabilities: bytes = b"IMAP4rev1") -> None:
        """Greet and let the client in."""
        await self.says(b"* OK hello\r\n")
        for _ in range(2):
            await self.answers(b"CAPABILITY", b"* CAPABILITY " + capabilities + b"\r\n")
            if _ == 0:
                await self.answers(b"LOGIN")

    async def selects(self, exists: int = 3) -> None:
        """Let the client select a mailbox."""
        codes = b"* %d EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 4] x\r\n" % exists
        await self.answers(b"SELECT", codes, b"OK [READ-WRITE] done")

    async def hangs(self) -> None:
        """Say nothing until the client leaves."""
        while octets := await self.reader.read(65536):
            self.take(octets)


Script = Callable[[Talk], Awaitable[None]]
Serve = Callable[..., Awaitable[Server]]


@pytest.fixture
def talks() -> list[Talk]:
    """Every connection of the test, in order."""
    return []


@pytest.fixture
async def serve(talks: list[Talk]) -> AsyncIterator[Serve]:
    """Start a server that plays a script on each connection; what the script asserts fails the test."""
    servers: list[asyncio.Server] = []
    tasks: set[asyncio.Task[None]] = set()
    faults: list[BaseException] = []

    async def start(
        script: Script,
        security: Security = Security.NONE,
        host: str = "127.0.0.1",
        context: ssl.SSLContext | None = None,
    ) -> Server:
        async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            tasks.add(task)
            talk = Talk(reader, writer)
            talks.append(talk)
            try:
                with suppress(OSError):
                    await script(talk)
            except (AssertionError, ValueError) as error:
                faults.append(error)
            finally:
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()
                tasks.discard(task)

        server = await asyncio.start_server(play, "127.0.0.1", 0, ssl=context)
        servers.append(server)
        return Server(host, server.sockets[0].getsockname()[1], security)

    yield start
    for server in servers:
        server.close()
    for task in list(tasks):
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert not faults

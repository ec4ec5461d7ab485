"""One line to a server: commands out, responses in, limits kept (RFC 9051 §2.2, §7).

It knows tags, continuations and time, and nothing of mailboxes. A command that is cancelled or runs out of
time leaves the stream in an unknown state, so the connection is ended, never used again. Nothing that was
sent is logged or quoted in an error: it may hold a password.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import BinaryIO

from tui_mail.imap.command import Answering, Collector, Command, Limits, Making, Then, judged, seen
from tui_mail.imap.deflate import Deflate
from tui_mail.imap.responses import Found, GoOn, Response, Status, Unreadable, read_response
from tui_mail.imap.wire import Line, Piece, Splitter, Stream
from tui_mail.model.account import Server
from tui_mail.model.errors import (
    CertificateError,
    MailError,
    NetworkError,
    ProtocolError,
    ServerBusy,
    ServerSilent,
    StoreError,
    StoreFull,
)
from tui_mail.model.safe_text import safe_text
from tui_mail.model.sync import Traffic
from tui_mail.net.auth import without
from tui_mail.net.tls import where

IN_FLIGHT = 4
"""Commands whose answers may be outstanding."""
UNASKED_LIMIT = 100_000
"""Responses nobody asked for, from one tagged reply to the next."""
UNASKED_WEIGHT = 1024
"""Octets of a line that weigh as much as one more response."""
CHUNK = 64 * 1024
"""Octets of a file that are read and sent at once."""


class Connection(asyncio.Protocol):
    """The line itself; `on_response` is handed every untagged response that no command took."""

    def __init__(
        self,
        server: Server,
        limits: Limits,
        open_sink: Callable[[], BinaryIO],
        on_response: Callable[[Response], bool],
    ) -> None:
        self.where = where(server)
        self.error: MailError | None = None
        """Why the line ended; None while it stands."""
        self.without_waiting = -1
        """Size up to which literals go unasked."""
        self.secrets: tuple[str, ...] = ()
        """What no error repeats, even if the server does: secrets in each form in which they are sent."""
        self.limits = limits
        self._loop = asyncio.get_running_loop()
        self.greeting: asyncio.Future[Status] = self._loop.create_future()
        self.greeting.add_done_callback(seen)
        self._splitter = Splitter(open_sink)
        self._on_response = on_response
        self._transport: asyncio.Transport | None = None
        self._commands: dict[bytes, Command] = {}
        self._go_on: asyncio.Future[bytes] | None = None
        self._tags = itertools.count(1)
        self._slots = asyncio.Semaphore(IN_FLIGHT)
        self._queue = asyncio.Lock()
        self._writing = asyncio.Lock()
        self._writable = asyncio.Event()
        self._writable.set()
        self._watch: asyncio.TimerHandle | None = None
        self._halted = False
        self._unasked = 0
        self._received = 0
        self._sent = 0
        self._deflate: Deflate | None = None
        self._rest = b""
        self._answered = 0
        self._unsent = 0
        self._heard = self._loop.time()
        self._farewell = ""

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Take bytes, and act on every line that they complete."""
        if self.error is not None:
            return
        self._received += len(data)
        if self._halted:
            self._fail(self._tampered())
            return
        try:
            self._take_in(data)
        except ProtocolError as error:
            self._fail(ProtocolError(f"{self.where} sent something that is not IMAP: {error}"))
        except OSError as error:
            self._fail(StoreFull(f"A letter cannot be kept on the disk: {error.strerror}"))
        self._heard = self._loop.time()  # the time that reading takes is not the server's

    def pause_writing(self) -> None:
        """Let files wait: the line takes no more for now."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Let files go on."""
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell everyone who waits."""
        if self._farewell:
            self._fail(ServerBusy(f"{self.where} ended the connection: “{self._farewell}”"))
        elif exc is None:
            self._fail(NetworkError(f"{self.where} closed the connection"))
        else:
            self._fail(NetworkError(f"The line to {self.where} broke"))

    # What sessions call.

    async def run(
        self,
        *pieces: Piece | Making,
        doing: str,
        collect: Collector | None = None,
        dialogue: Answering | None = None,
        alone: bool = False,
        then: Then = Then.GO_ON,
        silence: float | None = None,
    ) -> Status:
        """Send a command and return its OK; NO and BAD are raised.

        Before each piece but the first the server must say to go on; what it says behind the last one goes
        to `dialogue`. `alone` waits until nothing else is in flight and keeps it so.
        """
        async with self._turn(IN_FLIGHT if alone else 1):
            self._raise_if_over()
            command = self._command(doing, collect, then, silence)
            try:
                async with self._writing:
                    await self._send(command, pieces, asked_further=dialogue is not None)
                    if dialogue is not None:
                        await self._converse(command, dialogue)
                reply = await command.reply
            except BaseException:  # a command half sent leaves a line that nobody can use
                self.abort()
                raise
            finally:
                self._commands.pop(command.tag, None)
        return judged(reply, self.where, doing)

    def resume(self, transport: asyncio.Transport) -> None:
        """Go on reading, over TLS now."""
        self._transport = transport
        self._halted = False

    def abort(self) -> None:
        """End the line at once."""
        self._fail(NetworkError(f"The connection to {self.where} was ended"))

    @property
    def traffic(self) -> Traffic:
        """What went over the line so far: compressed where it is, TLS not counted."""
        return Traffic(self._received, self._sent, self._answered)

    @property
    def transport(self) -> asyncio.Transport:
        """What carries the line."""
        self._raise_if_over()
        assert self._transport is not None
        return self._transport

    # Reading.

    def _take_in(self, data: bytes) -> None:
        for piece in self._deflate.inflate(data) if self._deflate else (data,):
            self._splitter.feed(piece)
            while self.error is None and not self._halted and (line := self._splitter.next_line()):
                self._take(line)
            if self.error is not None:
                return
        if self._rest:  # compression began within these octets
            rest, self._rest = self._rest, b""
            self._take_in(rest)

    def _take(self, line: Line) -> None:
        response = read_response(line)
        if self.secrets and isinstance(response, Status):
            response = replace(response, text=safe_text(without(self.secrets, response.text)))
        if not self.greeting.done():
            self._greet(response)
        elif isinstance(response, GoOn):
            if self._go_on is not None and not self._go_on.done():
                self._go_on.set_result(response.text)
            else:
                self._count_unasked(line)
        elif isinstance(response, Status) and response.tag != b"*":
            self._finish(response)
        else:
            taken = self._hand_out(response)
            if not taken:
                self._count_unasked(line)
            if not taken or isinstance(response, Unreadable):
                for sink in line.sinks:
                    sink.close()

    def _greet(self, response: Response) -> None:
        if not isinstance(response, Status) or response.tag != b"*" or response.kind in ("NO", "BAD"):
            raise ProtocolError("it does not greet")
        self.greeting.set_result(response)

    def _finish(self, reply: Status) -> None:
        command = self._commands.get(reply.tag)
        if command is None or command.reply.done():
            raise ProtocolError("it answers what nobody asked")
        self._unasked = 0
        self._answered += 1
        self._halted = command.then is Then.HALT
        if self._halted and self._splitter.behind:
            self._fail(self._tampered())
            return
        if command.then is Then.COMPRESS and reply.kind == "OK":
            self._deflate = Deflate()
            self._rest = self._splitter.take_rest()
        self._on_response(reply)
        command.reply.set_result(reply)

    def _hand_out(self, response: Response) -> bool:
        """Give a response to the command that asked for it; False if none did."""
        if isinstance(response, Status) and response.kind == "BYE":
            self._farewell = response.text or "BYE"
        if isinstance(response, Found) and response.tag and response.tag not in self._commands:
            raise ProtocolError("it answers a search that nobody made")
        for command in self._commands.values():
            if command.collects(response):
                return True
        self._on_response(response)
        return False

    def _count_unasked(self, line: Line) -> None:
        self._unasked += 1 + len(line.data) // UNASKED_WEIGHT
        if self._unasked > UNASKED_LIMIT:
            raise ProtocolError(f"it sent {UNASKED_LIMIT:,} responses that nobody asked for")

    def _tampered(self) -> CertificateError:
        return CertificateError(
            f"Something came behind the STARTTLS reply of {self.where}: the line may be tampered with",
            hint='Nothing secret was sent. Use security "tls" if the server offers it, and another network',
        )

    # Writing.

    @asynccontextmanager
    async def _turn(self, slots: int) -> AsyncIterator[None]:
        taken = 0
        try:
            async with self._queue:  # whoever needs all the slots keeps later commands behind it
                while taken < slots:
                    await self._slots.acquire()
                    taken += 1
            yield
        finally:
            for _ in range(taken):
                self._slots.release()

    def _command(self, doing: str, collect: Collector | None, then: Then, silence: float | None) -> Command:
        tag = b"t%d" % next(self._tags)
        limit = self.limits.silence if silence is None else silence
        command = Command(tag, doing, collect, then, limit, self._loop.time(), self._moved)
        command.reply.add_done_callback(seen)
        self._commands[tag] = command
        self._arm()
        return command

    async def _send(self, command: Command, pieces: Sequence[Piece | Making], *, asked_further: bool) -> None:
        for number, piece in enumerate(pieces):
            more = number + 1 < len(pieces) or asked_further
            self._go_on = self._loop.create_future() if more else None
            if isinstance(piece, Stream):
                await self._stream(piece)
            else:
                octets = piece if isinstance(piece, bytes) else await self._made(command, piece)
                if command.reply.done():
                    return
                self._write(octets if number else command.tag + b" " + octets)
            if self._go_on is not None:
                await asyncio.wait((self._go_on, command.reply), return_when=asyncio.FIRST_COMPLETED)
                if command.reply.done():
                    return

    async def _converse(self, command: Command, dialogue: Answering) -> None:
        while self._go_on is not None and not command.reply.done():
            octets = await self._made(command, partial(dialogue, self._go_on.result()))
            if command.reply.done():
                return
            self._go_on = self._loop.create_future()
            self._write(octets)
            await asyncio.wait((self._go_on, command.reply), return_when=asyncio.FIRST_COMPLETED)

    def _write(self, octets: bytes) -> None:
        if self._deflate is not None:
            octets = self._deflate.deflate(octets)
        self._sent += len(octets)
        self.transport.write(octets)

    async def _stream(self, stream: Stream) -> None:
        """Send a file no faster than the line takes it; whatever the server says, it counts these octets."""
        left = stream.size
        while left:
            try:
                chunk = stream.file.read(min(left, CHUNK))
            except OSError as error:
                raise StoreError(f"A letter cannot be read from the disk: {error.strerror}") from error
            if not chunk:
                raise StoreError("A letter became shorter while it was being sent")
            self._write(chunk)
            left -= len(chunk)
            await self._writable.wait()
        self._write(stream.behind)

    async def _made(self, command: Command, make: Making) -> bytes:
        made = asyncio.ensure_future(make())
        command.resting = True
        try:
            await asyncio.wait((made, command.reply), return_when=asyncio.FIRST_COMPLETED)
            return made.result() if made.done() else b""
        finally:
            made.cancel()
            command.resting = False
            command.since, command.moved = self._loop.time(), self._moved
            self._arm()

    # Ending.

    @property
    def _moved(self) -> int:
        return self._received + self._sent

    def _raise_if_over(self) -> None:
        if self.error is not None:
            raise type(self.error)(str(self.error), hint=self.error.hint)

    def _fail(self, error: MailError) -> None:
        if self.error is not None:
            return
        self.error = error
        if self._transport is not None:
            self._transport.abort()
        if self._watch is not None:
            self._watch.cancel()
        self._splitter.close()
        self._writable.set()
        waiting: list[asyncio.Future[Status]] = [self.greeting, *(c.reply for c in self._commands.values())]
        for future in waiting:
            if not future.done():
                future.set_exception(type(error)(str(error), hint=error.hint))

    def _arm(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        tick = min(5.0, self.limits.silence / 10, self.limits.farewell / 10)
        self._watch = self._loop.call_later(tick, self._look_at_the_clock)

    def _look_at_the_clock(self) -> None:
        self._watch = None
        if self.error is not None or self._transport is None:
            return
        unsent = self._transport.get_write_buffer_size()
        if unsent != self._unsent:  # octets that leave are a sign of life too
            self._unsent, self._heard = unsent, self._loop.time()
        now = self._loop.time()
        for command in self._commands.values():
            if words := command.overdue(self.limits, now, self._heard, self._moved):
                self._fail(ServerSilent(f"{self.where} {words}"))
                return
        if any(not command.resting for command in self._commands.values()):
            self._arm()

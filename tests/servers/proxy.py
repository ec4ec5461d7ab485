"""A TCP proxy on loopback before any server, which breaks connections in the ways that a test asks for.

Each connection takes the next *plan*, a list of faults; without one it passes everything on. The proxy keeps
what arrived and what it passed on, why each connection ended, and how often each fault really struck: a fault
test asserts on that count, for one that never strikes proves nothing. Everything is bounded: connections,
octets that are kept, seconds that a connection lives.
"""

import asyncio
import contextlib
import socket
import struct
import threading
from collections import Counter, deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, TypeVar

from tests.servers.faults import (
    Close,
    Delay,
    Direction,
    Fault,
    HalfClose,
    HalfWrite,
    Hang,
    Latency,
    Reset,
    Segments,
    Step,
    Stream,
    Throttle,
)

HOST = "127.0.0.1"
HOLD = 0.2
"""Seconds that the beginning of a match is held back for its rest."""
LINGER = 0.5
"""Seconds that both sides have to close after an end in good order."""
CONNECTIONS = 20_000
"""Connections that one proxy serves in all."""
LIFE = 120.0
"""Seconds that one connection lives."""
KEPT = 16 * 1024 * 1024
"""Octets of each direction that are kept of one connection; more are only counted."""

_CHUNK = 64 * 1024
_QUEUED = 256
_TICK = 0.05

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Plan:
    """What one connection meets."""

    faults: tuple[Fault, ...] = ()
    late: float = 0.0
    """Seconds until the server is called; the client is connected and hears nothing meanwhile."""
    refuse: bool = False
    """Reset it at once."""


@dataclass(eq=False)
class Record:
    """What became of one connection."""

    plan: Plan
    arrived: dict[Direction, bytearray] = field(
        default_factory=lambda: {way: bytearray() for way in Direction}
    )
    """What each side sent."""
    passed: dict[Direction, bytearray] = field(
        default_factory=lambda: {way: bytearray() for way in Direction}
    )
    """What of it, and of what faults made of it, was handed on."""
    total: Counter[Direction] = field(default_factory=Counter)
    """Octets that each side sent; those of an unbroken run are the points to cut at."""
    fired: list[Fault] = field(default_factory=list)
    """The faults that struck, in order."""
    ended: str = ""
    """Why it ended; empty while it lives."""


class _EndOfLineError(Exception):
    """The connection ends now; the text says why."""

    def __init__(self, why: str, reset: bool) -> None:
        super().__init__(why)
        self.reset = reset


@dataclass(eq=False)
class _Way:
    """One direction of a connection: reads as fast as octets come, writes as the faults allow."""

    direction: Direction
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    record: Record
    proxy: "FaultProxy"
    latency: float = 0.0
    rate: int = 0
    size: int = 0
    hung: bool = False
    half_closed: bool = False

    def __post_init__(self) -> None:
        self._stream = Stream(
            [fault for fault in self.record.plan.faults if fault.direction is self.direction]
        )
        self._queue: asyncio.Queue[tuple[float, Step | None]] = asyncio.Queue(_QUEUED)

    async def read(self) -> None:
        """Take what comes, until this side says that it is finished."""
        await self._put(self._stream.feed(b""))
        while True:
            try:
                async with asyncio.timeout(HOLD if self._stream.holds else None):
                    data = await self.reader.read(_CHUNK)
            except TimeoutError:
                await self._put(self._stream.release())
                continue
            except ConnectionError:
                raise _EndOfLineError(f"{self._side} reset it", reset=True) from None
            if not data:
                break
            self._note(self.record.arrived[self.direction], data)
            self.record.total[self.direction] += len(data)
            await self._put(self._stream.feed(data))
        await self._put(self._stream.release())
        await self._queue.put((asyncio.get_running_loop().time(), None))

    async def write(self) -> None:
        """Hand on what was taken, and carry out the faults in their places."""
        while True:
            since, step = await self._queue.get()
            await self._until(since + self.latency)
            await self.proxy.is_up.wait()
            try:
                if isinstance(step, bytes):
                    await self._send(step)
                elif step is not None:
                    await self._strike(step)
                else:
                    return self._finish()
            except ConnectionError:
                raise _EndOfLineError(f"nobody took what {self._side} sent", reset=True) from None

    @property
    def _side(self) -> str:
        return "the client" if self.direction is Direction.UP else "the server"

    def _note(self, log: bytearray, data: bytes) -> None:
        log += data[: max(0, KEPT - len(log))]

    async def _put(self, steps: list[Step]) -> None:
        now = asyncio.get_running_loop().time()
        for step in steps:
            await self._queue.put((now, step))

    async def _until(self, moment: float) -> None:
        await asyncio.sleep(max(0.0, moment - asyncio.get_running_loop().time()))

    async def _send(self, octets: bytes) -> None:
        size = self.size or len(octets)
        if self.rate:
            size = min(size, max(1, int(self.rate * _TICK)))
        for start in range(0, len(octets), size or 1):
            piece = octets[start : start + size]
            self.writer.write(piece)
            await self.writer.drain()
            self._note(self.record.passed[self.direction], piece)
            if self.rate:
                await asyncio.sleep(len(piece) / self.rate)
            elif self.size:
                await asyncio.sleep(0)

    def _finish(self) -> None:
        """Hand on that this side is finished; a line that hangs cannot, and nobody else would ever end it."""
        if self.hung:
            raise _EndOfLineError(f"{self._side} closed it", reset=False)
        if not self.half_closed:
            self.writer.write_eof()

    async def _strike(self, fault: Fault) -> None:
        self.record.fired.append(fault)
        self.proxy.fired[fault] += 1
        match fault.action:
            case Close() | HalfWrite():
                raise _EndOfLineError("a fault closed it", reset=False)
            case Reset():
                raise _EndOfLineError("a fault reset it", reset=True)
            case HalfClose():
                self.half_closed = True
                self.writer.write_eof()
            case Hang():
                self.hung = True
            case Delay(seconds):
                await asyncio.sleep(seconds)
            case Latency(seconds):
                self.latency = seconds
            case Throttle(rate):
                self.rate = rate
            case Segments(size):
                self.size = size


class FaultProxy:
    """A proxy on the running loop; an async context manager, or `start` and `stop`."""

    host = HOST

    def __init__(
        self,
        port: int,
        host: str = HOST,
        *,
        listen: int = 0,
        on_end: Callable[[Record], None] | None = None,
    ) -> None:
        self.port = listen
        """Where clients connect (0: a free one from `start` on); it stays while connections are refused."""
        self.target = (host, port)
        self.plans: deque[Plan] = deque()
        """Taken by the connections to come, one each."""
        self.always: tuple[Fault, ...] = ()
        """What every connection meets beside its plan."""
        self.records: list[Record] = []
        """Every connection, in order."""
        self.fired: Counter[Fault] = Counter()
        """How often each fault struck."""
        self.is_up = asyncio.Event()
        """Cleared while the network is down."""
        self._on_end = on_end
        self._holder: socket.socket | None = None
        self._server: asyncio.Server | None = None
        self._tasks: dict[asyncio.Task[None], Record] = {}

    async def __aenter__(self) -> "FaultProxy":
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def plan(self, *faults: Fault, late: float = 0.0, refuse: bool = False) -> None:
        """Lay out what the next connection without a plan meets."""
        self.plans.append(Plan(faults, late, refuse))

    @property
    def fired_in_all(self) -> int:
        """How often any fault struck."""
        return sum(self.fired.values())

    async def start(self) -> None:
        """Take the port and serve it."""
        # A socket that is bound and never listens keeps the port while nobody serves it.
        self._holder = _bound(self.port)
        self.port = self._holder.getsockname()[1]
        self.is_up.set()
        await self.admit()

    async def stop(self) -> None:
        """End every connection and give the port back."""
        await self.refuse()
        await self.drop_all("the proxy stopped")
        if self._holder is not None:
            self._holder.close()

    async def refuse(self) -> None:
        """Refuse new connections from now on."""
        if self._server is not None:
            self._server.close()
            self._server = None

    async def admit(self) -> None:
        """Take connections again."""
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, sock=_bound(self.port))

    async def network_down(self) -> None:
        """Let nothing pass any more, without a word to either side; new connections meet silence."""
        self.is_up.clear()

    async def network_up(self) -> None:
        """Pass on what waited, and everything to come."""
        self.is_up.set()

    async def drop_all(self, why: str = "all were dropped") -> None:
        """Reset every connection that stands."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel(why)
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        plan = self.plans.popleft() if self.plans else Plan()
        plan = replace(plan, faults=(*plan.faults, *self.always))
        record = Record(plan)
        self.records.append(record)
        self._tasks[task] = record
        streams = [(reader, writer)]
        end = _EndOfLineError("", reset=True)
        try:
            async with asyncio.timeout(LIFE):
                end = await self._joined(record, streams)
        except asyncio.CancelledError as error:
            end = _EndOfLineError(str(error) or "all were dropped", reset=True)
        except TimeoutError:
            end = _EndOfLineError(f"it lived for {LIFE:g} s", reset=True)
        finally:
            with contextlib.suppress(asyncio.CancelledError):
                await _finish(streams, end.reset)
            record.ended = str(end)
            del self._tasks[task]
            if self._on_end is not None:
                self._on_end(record)

    async def _joined(
        self, record: Record, streams: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
    ) -> _EndOfLineError:
        """Call the server and pass octets both ways; why that ended."""
        if record.plan.refuse or len(self.records) > CONNECTIONS:
            return _EndOfLineError("it was refused", reset=True)
        await asyncio.sleep(record.plan.late)
        await self.is_up.wait()
        try:
            streams.append(await asyncio.open_connection(*self.target))
        except OSError:
            return _EndOfLineError("the server cannot be reached", reset=True)
        (from_client, to_client), (from_server, to_server) = streams
        for _, writer in streams:
            writer.transport.set_write_buffer_limits(0)
        ways = (
            _Way(Direction.UP, from_client, to_server, record, self),
            _Way(Direction.DOWN, from_server, to_client, record, self),
        )
        tasks = [asyncio.ensure_future(work) for way in ways for work in (way.read(), way.write())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            for task in tasks:
                task.cancel()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, _EndOfLineError):
                return outcome
            if isinstance(outcome, Exception):
                raise outcome
        return _EndOfLineError("both sides closed it", reset=False)


class ThreadedProxy:
    """A fault proxy with a loop and a thread of its own, for tests without a loop."""

    def __init__(self, port: int, host: str = HOST) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.proxy = FaultProxy(port, host)

    def __enter__(self) -> "ThreadedProxy":
        self._thread.start()
        self.do(self.proxy.start())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.do(self.proxy.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Carry out something on the proxy's loop, such as `proxy.drop_all()`, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(LIFE)


def _bound(port: int) -> socket.socket:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sock.bind((HOST, port))
    sock.setblocking(False)
    return sock


async def _finish(streams: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]], reset: bool) -> None:
    """End both sides in the same way."""
    try:
        if not reset:
            await asyncio.gather(*(_say_goodbye(*stream) for stream in streams))
    finally:
        for _, writer in streams:
            if reset:
                sock = writer.get_extra_info("socket")
                with contextlib.suppress(OSError):
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
    for _, writer in streams:
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _say_goodbye(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say "end" and hear this side out: octets left unread would turn the end into a reset."""
    with contextlib.suppress(OSError, TimeoutError):
        if not writer.is_closing():
            writer.write_eof()
        async with asyncio.timeout(LINGER):
            while await reader.read(_CHUNK):
                pass

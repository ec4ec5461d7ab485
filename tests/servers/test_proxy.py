"""The fault proxy does to an echo server exactly what it was told, and counts it."""

import asyncio
import json
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.servers import proxy as proxies
from tests.servers.faults import (
    Action,
    AfterBytes,
    AfterPattern,
    BeforeLine,
    BeforePattern,
    Close,
    Delay,
    Direction,
    Drop,
    Duplicate,
    Fault,
    Flip,
    HalfClose,
    HalfWrite,
    Hang,
    Insert,
    Latency,
    Place,
    Replace,
    Reset,
    Segments,
    Stream,
    Throttle,
)
from tests.servers.plans import read_plan
from tests.servers.proxy import FaultProxy, ThreadedProxy

ROOT = Path(__file__).parents[2]
UP, DOWN = Direction.UP, Direction.DOWN
TEXT = b"one\r\ntwo\r\nthree\r\nfour\r\n"


def outcome(stream: Stream, pieces: list[bytes]) -> tuple[bytes, int]:
    """What passes of a text in pieces, and how many faults struck."""
    steps = stream.feed(b"")
    for piece in pieces:
        steps += stream.feed(piece)
    steps += stream.release()
    return b"".join(step for step in steps if isinstance(step, bytes)), len(steps) - sum(
        isinstance(step, bytes) for step in steps
    )


CUTS = [
    (AfterBytes(0), b""),
    (AfterBytes(7), TEXT[:7]),
    (AfterBytes(len(TEXT)), TEXT),
    (BeforePattern(b"t", 1), b"one\r\n"),
    (BeforePattern(b"\r\nt", 2), b"one\r\ntwo"),
    (AfterPattern(b"\r\n", 2), b"one\r\ntwo\r\n"),
    (AfterPattern(b"three"), b"one\r\ntwo\r\nthree"),
    (BeforeLine(1), b""),
    (BeforeLine(4), b"one\r\ntwo\r\nthree\r\n"),
]
EDITS: list[tuple[Place, Action, bytes]] = [
    (AfterBytes(4), Flip(), b"one\r\x0btwo\r\nthree\r\nfour\r\n"),
    (BeforePattern(b"two"), Replace(b"2", 3), b"one\r\n2\r\nthree\r\nfour\r\n"),
    (BeforeLine(2), Replace(b"2\r\n"), b"one\r\n2\r\nthree\r\nfour\r\n"),
    (AfterPattern(b"thr"), Insert(b"***"), b"one\r\ntwo\r\nthr***ee\r\nfour\r\n"),
    (BeforeLine(3), Drop(), b"one\r\ntwo\r\nfour\r\n"),
    (AfterBytes(1), Drop(4), b"otwo\r\nthree\r\nfour\r\n"),
    (BeforeLine(4), Duplicate(), TEXT + b"four\r\n"),
    (AfterBytes(3), Duplicate(2), b"one\r\n\r\ntwo\r\nthree\r\nfour\r\n"),
    (BeforeLine(3), HalfWrite(), b"one\r\ntwo\r\nthr"),
]


@given(st.lists(st.integers(0, len(TEXT)), max_size=len(TEXT)))
@pytest.mark.parametrize(
    ("place", "action", "passed"), [*((place, Close(), passed) for place, passed in CUTS), *EDITS]
)
def test_a_place_holds_whatever_the_segmentation(
    place: Place, action: Action, passed: bytes, borders: list[int]
) -> None:
    edges = [0, *sorted(borders), len(TEXT)]
    pieces = [TEXT[start:end] for start, end in pairwise(edges)]
    assert outcome(Stream([Fault(UP, place, action)]), pieces) == (passed, 1)


@pytest.mark.parametrize(
    "place", [AfterBytes(len(TEXT) + 1), BeforePattern(b"five"), AfterPattern(b"\r\n", 5), BeforeLine(5)]
)
def test_a_place_that_never_comes_strikes_nothing(place: Place) -> None:
    assert outcome(Stream([Fault(UP, place, Close())]), [TEXT]) == (TEXT, 0)


def test_several_faults_strike_in_the_order_of_their_places() -> None:
    faults = [
        Fault(UP, BeforeLine(3), Close()),
        Fault(UP, BeforeLine(2), Drop()),
        Fault(UP, AfterBytes(0), Insert(b">")),
    ]
    assert outcome(Stream(faults), [TEXT]) == (b">one\r\n", 3)


def test_what_was_let_go_is_not_stopped_any_more() -> None:
    stream = Stream([Fault(UP, BeforePattern(b"two"), Close())])
    assert stream.feed(b"one\r\ntw") == [b"one\r\n"]
    assert stream.holds
    assert stream.release() == [b"tw"]
    assert stream.feed(b"o\r\n") == [b"o\r\n"]
    assert not stream.holds


def test_a_long_stream_is_not_kept() -> None:
    stream = Stream([Fault(UP, AfterPattern(b"end"), Close())])
    for _ in range(100):
        stream.feed(bytes(10_000))
    assert len(stream._data) < 20


@pytest.fixture
async def echo() -> AsyncIterator[int]:
    """A server that says everything back; its port."""

    async def say_back(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(say_back, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


@pytest.fixture
async def proxy(echo: int) -> AsyncIterator[FaultProxy]:
    """A fault proxy before the echo."""
    async with FaultProxy(echo) as proxy:
        yield proxy


async def talk(proxy: FaultProxy, text: bytes = TEXT, finish: bool = True) -> tuple[bytes, str]:
    """Say a text, and hear what comes back until the end and how it came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    heard = bytearray()
    try:
        writer.write(text)
        if finish:
            writer.write_eof()
        async with asyncio.timeout(10):
            while data := await reader.read(65536):
                heard += data
        end = "closed"
    except ConnectionError:
        end = "reset"
    writer.close()
    return bytes(heard), end


async def ended(proxy: FaultProxy) -> list[str]:
    """Wait until no connection stands; why each ended."""
    async with asyncio.timeout(10):
        while proxy._tasks:
            await asyncio.wait(list(proxy._tasks))
    return [record.ended for record in proxy.records]


async def test_without_a_plan_everything_passes(proxy: FaultProxy) -> None:
    assert await talk(proxy) == (TEXT, "closed")
    assert await ended(proxy) == ["both sides closed it"]
    record = proxy.records[0]
    assert record.arrived == record.passed == {UP: TEXT, DOWN: TEXT}
    assert record.total == {UP: len(TEXT), DOWN: len(TEXT)}
    assert proxy.fired_in_all == 0


@pytest.mark.parametrize("action", [Close(), Reset()])
@pytest.mark.parametrize("direction", [UP, DOWN])
async def test_an_echo_is_cut_at_every_octet(proxy: FaultProxy, direction: Direction, action: Action) -> None:
    for count in range(len(TEXT) + 1):
        proxy.plan(fault := Fault(direction, AfterBytes(count), action))
        heard, end = await talk(proxy, finish=False)
        (*_, record) = proxy.records
        assert record.passed[direction] == TEXT[:count]
        assert record.fired == [fault]
        assert TEXT.startswith(heard)
        if isinstance(action, Close):
            assert end == "closed"
            assert heard == record.passed[DOWN]
        else:
            assert end == "reset"
    assert set(await ended(proxy)) == {"a fault closed it" if action == Close() else "a fault reset it"}
    assert proxy.fired_in_all == len(TEXT) + 1


@pytest.mark.parametrize("direction", [UP, DOWN])
@pytest.mark.parametrize(("place", "action", "passed"), EDITS)
async def test_an_edit_reaches_the_other_side(
    proxy: FaultProxy, direction: Direction, place: Place, action: Action, passed: bytes
) -> None:
    proxy.plan(fault := Fault(direction, place, action))
    heard, _ = await talk(proxy)
    assert (proxy.records[0].passed[direction], proxy.fired) == (passed, {fault: 1})
    if direction is DOWN:
        assert heard == passed


@pytest.mark.parametrize("direction", [UP, DOWN])
async def test_half_a_close_leaves_the_other_way_open(proxy: FaultProxy, direction: Direction) -> None:
    proxy.plan(fault := Fault(direction, AfterBytes(5), HalfClose()))
    assert await talk(proxy) == (TEXT[:5], "closed")
    await ended(proxy)
    assert proxy.records[0].arrived[UP] == TEXT
    assert proxy.fired == {fault: 1}


@pytest.mark.parametrize("direction", [UP, DOWN])
async def test_a_hang_stays_open_and_says_nothing(proxy: FaultProxy, direction: Direction) -> None:
    proxy.plan(fault := Fault(direction, BeforeLine(2), Hang()))
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(TEXT)
    assert await reader.readline() == b"one\r\n"
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await reader.read(1)
    writer.close()
    assert await ended(proxy) == ["the client closed it" if direction is UP else "the server closed it"]
    assert proxy.fired == {fault: 1}


@pytest.mark.parametrize(
    ("action", "least"), [(Delay(0.2), 0.2), (Latency(0.1), 0.1), (Throttle(100), 0.2), (Segments(1), 0.0)]
)
@pytest.mark.parametrize("direction", [UP, DOWN])
async def test_what_is_slow_still_arrives_whole(
    proxy: FaultProxy, direction: Direction, action: Action, least: float
) -> None:
    proxy.plan(fault := Fault(direction, AfterBytes(2), action))
    since = time.monotonic()
    assert await talk(proxy) == (TEXT, "closed")
    assert time.monotonic() - since >= least  # a least time: a busy machine only makes it longer
    assert proxy.fired == {fault: 1}


async def test_each_connection_takes_the_next_plan(proxy: FaultProxy) -> None:
    proxy.plan(Fault(UP, BeforeLine(2), Drop()))
    proxy.plan()
    proxy.plan(refuse=True)
    proxy.plan(late=0.05)
    assert (await talk(proxy))[0] == TEXT.replace(b"two\r\n", b"")
    assert await talk(proxy) == (TEXT, "closed")
    assert await talk(proxy) == (b"", "reset")
    assert await talk(proxy) == (TEXT, "closed")
    assert (await ended(proxy))[2] == "it was refused"


async def test_what_is_always_met_comes_beside_each_plan(proxy: FaultProxy) -> None:
    proxy.always = (Fault(UP, BeforeLine(1), Drop()),)
    proxy.plan(Fault(UP, BeforeLine(2), Drop()))
    assert (await talk(proxy))[0] == b"three\r\nfour\r\n"
    assert (await talk(proxy))[0] == b"two\r\nthree\r\nfour\r\n"


async def test_refused_connections_keep_the_port(proxy: FaultProxy) -> None:
    await proxy.refuse()
    with pytest.raises(ConnectionRefusedError):
        await talk(proxy)
    await proxy.admit()
    assert await talk(proxy) == (TEXT, "closed")


async def test_while_the_network_is_down_nothing_passes_and_nothing_is_lost(proxy: FaultProxy) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(b"before")
    assert await reader.readexactly(6) == b"before"
    await proxy.network_down()
    writer.write(b"after")
    late = asyncio.create_task(talk(proxy))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await reader.read(1)
    assert not late.done()
    await proxy.network_up()
    assert await reader.readexactly(5) == b"after"
    assert await late == (TEXT, "closed")
    writer.close()


async def test_all_connections_can_be_dropped_at_once(proxy: FaultProxy) -> None:
    lines = [await asyncio.open_connection("127.0.0.1", proxy.port) for _ in range(3)]
    for reader, writer in lines:
        writer.write(TEXT)
        assert await reader.readexactly(len(TEXT)) == TEXT
    await proxy.drop_all()
    for reader, writer in lines:
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()
    assert await ended(proxy) == ["all were dropped"] * 3


async def test_a_server_that_is_gone_is_a_reset_and_said(proxy: FaultProxy) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        proxy.target = taken.getsockname()
        assert (await talk(proxy))[1] == "reset"
    assert await ended(proxy) == ["the server cannot be reached"]


async def test_a_connection_lives_no_longer_than_it_may(
    proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxies, "LIFE", 0.1)
    assert (await talk(proxy, finish=False))[1] == "reset"
    assert await ended(proxy) == ["it lived for 0.1 s"]


async def test_no_more_is_kept_than_may_be(proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxies, "KEPT", 6)
    assert (await talk(proxy))[0] == TEXT
    record = proxy.records[0]
    assert (record.arrived[UP], record.passed[DOWN], record.total[UP]) == (TEXT[:6], TEXT[:6], len(TEXT))


@pytest.fixture
def threaded_echo() -> Iterator[int]:
    class Echo(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            with suppress(ConnectionError):
                for line in self.rfile:
                    self.wfile.write(line)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_it_runs_in_a_thread_for_those_without_a_loop(threaded_echo: int) -> None:
    with ThreadedProxy(threaded_echo) as threaded:
        threaded.proxy.plan(Fault(DOWN, BeforeLine(2), Drop()))
        with socket.create_connection(("127.0.0.1", threaded.proxy.port), 10) as line:
            line.sendall(TEXT)
            with line.makefile("rb") as lines:
                assert [lines.readline() for _ in range(3)] == [b"one\r\n", b"three\r\n", b"four\r\n"]
                threaded.do(threaded.proxy.drop_all())
                with pytest.raises(ConnectionResetError):
                    lines.read()
        assert threaded.proxy.fired_in_all == 1


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("down bytes 100 reset", Fault(DOWN, AfterBytes(100), Reset())),
        ("up before 'UID MOVE' close", Fault(UP, BeforePattern(b"UID MOVE"), Close())),
        ("up after '\\r\\n' 3 drop 5", Fault(UP, AfterPattern(b"\r\n", 3), Drop(5))),
        ("down line 4 hang", Fault(DOWN, BeforeLine(4), Hang())),
        ("down line 1 half-write", Fault(DOWN, BeforeLine(1), HalfWrite())),
        ("down bytes 0 delay 0.5", Fault(DOWN, AfterBytes(0), Delay(0.5))),
        ("down bytes 0 insert '* BYE\\r\\n'", Fault(DOWN, AfterBytes(0), Insert(b"* BYE\r\n"))),
        ("down before x replace y 1", Fault(DOWN, BeforePattern(b"x"), Replace(b"y", 1))),
        ("up line 2 duplicate", Fault(UP, BeforeLine(2), Duplicate())),
    ],
)
def test_a_plan_can_be_said_in_words(words: str, fault: Fault) -> None:
    assert read_plan(words) == (fault,)
    assert read_plan(f"{words}; {words}") == (fault, fault)


@pytest.mark.parametrize(
    "words",
    ["", "down", "sideways bytes 1 close", "up bytes x close", "up bytes 1 explode", "up line 1 close 2"],
)
def test_words_that_are_no_plan_are_refused(words: str) -> None:
    with pytest.raises(ValueError, match="is no fault"):
        read_plan(words)


def test_it_is_started_by_hand_and_says_what_it_did(threaded_echo: int) -> None:
    command = [
        sys.executable,
        "-m",
        "tests.servers",
        "proxy",
        str(threaded_echo),
        "--plan",
        "down line 2 drop",
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        where = json.loads(process.stdout.readline())
        with socket.create_connection(("127.0.0.1", where["port"]), 10) as line:
            line.sendall(b"one\ntwo\n")
            line.shutdown(socket.SHUT_WR)
            with line.makefile("rb") as heard:
                assert heard.read() == b"one\n"
        assert json.loads(process.stdout.readline())["fired"] == ["down line 2 drop"]
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0

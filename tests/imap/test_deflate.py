"""A compressed connection: cut anywhere, damaged, swollen, and spoken with a real Dovecot."""

import asyncio
import random
import tracemalloc
import zlib
from collections import deque
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.imap.conftest import PATIENT, Serve, Talk, letter
from tests.servers.faults import Direction
from tests.servers.mailbox import Mailbox
from tests.servers.proxy import FaultProxy
from tui_mail.imap.deflate import GRACE, STEP, Deflate
from tui_mail.imap.session import Session
from tui_mail.imap.wire import Splitter
from tui_mail.model.account import Compression, Security, Server
from tui_mail.model.errors import ProtocolError
from tui_mail.model.message import Flag
from tui_mail.net.tls import client_context

MAIL = b"".join(letter(number, number * 50) for number in range(40)) + random.Random(7).randbytes(3000)


class Compressed:
    """The other side of a compressed connection."""

    def __init__(self) -> None:
        self._out = zlib.compressobj(9, zlib.DEFLATED, -15)
        self.into = zlib.decompressobj(-15)

    def said(self, data: bytes) -> bytes:
        return self._out.compress(data) + self._out.flush(zlib.Z_SYNC_FLUSH)


@pytest.mark.parametrize("size", [0, 1, STEP - 1, STEP, STEP + 1, 2 * STEP, 5 * STEP])
@pytest.mark.parametrize("filling", [b"\0", b"ab", None])
def test_every_octet_comes_back_in_pieces_of_bounded_size(size: int, filling: bytes | None) -> None:
    data = random.Random(size).randbytes(size) if filling is None else (filling * size)[:size]
    pieces = list(Deflate().inflate(Deflate().deflate(data)))
    assert b"".join(pieces) == data
    assert all(0 < len(piece) <= STEP for piece in pieces)


def test_what_was_sent_can_be_read_at_once_without_what_comes_next() -> None:
    ours, theirs = Deflate(), Deflate()
    for line in (b"t1 NOOP\r\n", b"t2 SELECT INBOX\r\n", b"\r\n", MAIL):
        assert b"".join(theirs.inflate(ours.deflate(line))) == line


def test_a_stream_cut_at_any_octet_is_read_the_same() -> None:
    stream = Compressed().said(MAIL)
    for place in range(len(stream) + 1):
        deflate = Deflate()
        assert b"".join([*deflate.inflate(stream[:place]), *deflate.inflate(stream[place:])]) == MAIL


@pytest.mark.parametrize("filling", [b"\0", b"ab"])
def test_nothing_that_can_be_read_is_held_back(filling: bytes) -> None:
    stream = Compressed().said(filling * (3 * STEP // len(filling)))
    for place in range(len(stream) + 1):
        held = zlib.decompressobj(-15).decompress(stream[:place])
        assert b"".join(Deflate().inflate(stream[:place])) == held


@given(st.binary(max_size=2000), st.lists(st.integers(1, 50), max_size=30))
def test_a_stream_in_any_pieces_is_read_the_same(data: bytes, cuts: list[int]) -> None:
    stream, deflate, found = Compressed().said(data), Deflate(), b""
    for cut in (*cuts, len(stream)):
        piece, stream = stream[:cut], stream[cut:]
        found += b"".join(deflate.inflate(piece))
    assert found == data


@given(st.binary(max_size=300), st.integers(0, 299), st.integers(1, 255))
def test_a_damaged_stream_raises_nothing_but_a_protocol_error(data: bytes, place: int, flip: int) -> None:
    stream = bytearray(Compressed().said(data))
    stream[place % len(stream)] ^= flip
    with suppress(ProtocolError):
        list(Deflate().inflate(bytes(stream)))


def test_a_stream_that_ends_is_no_connection() -> None:
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    with pytest.raises(ProtocolError, match="ends"):
        list(Deflate().inflate(compressor.compress(b"x") + compressor.flush()))


def bomb(octets: int) -> Iterator[bytes]:
    """Zeros without end, a thousand times smaller than they are."""
    other = Compressed()
    for _ in range(octets // 2**20):
        yield other.said(bytes(2**20))


def test_a_bomb_is_noticed_and_costs_no_memory() -> None:
    deflate = Deflate()
    stream = list(bomb(2 * GRACE))
    tracemalloc.start()
    inflated = (piece for data in stream for piece in deflate.inflate(data))
    with pytest.raises(ProtocolError, match="swells"):
        deque(inflated, maxlen=0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1024 * 1024


def test_a_large_attachment_of_zeros_is_no_bomb() -> None:
    deflate = Deflate()
    assert sum(len(piece) for data in bomb(GRACE) for piece in deflate.inflate(data)) == GRACE


def test_what_follows_a_line_can_be_taken_out_of_the_splitter() -> None:
    splitter = Splitter(lambda: pytest.fail("no literal here"))
    splitter.feed(b"* OK one\r\nt1 OK two\r\nthe rest")
    assert [line.data for _ in range(2) if (line := splitter.next_line())] == [b"* OK one", b"t1 OK two"]
    assert splitter.take_rest() == b"the rest"
    assert not splitter.behind
    splitter.feed(b"t2 OK three\r\n")
    line = splitter.next_line()
    assert line is not None
    assert line.data == b"t2 OK three"


# On a connection.


async def begins(talk: Talk, behind: bytes = b"", kind: bytes = b"OK active") -> Compressed:
    """Let the client in and begin to compress; `behind` comes compressed in the segment of the OK."""
    await talk.signs_in(b"IMAP4rev1 COMPRESS=DEFLATE")
    other = Compressed()
    tag = await talk.expects(b"COMPRESS DEFLATE")
    await talk.says(tag + b" " + kind + b"\r\n" + (other.said(behind) if behind else b""))
    return other


async def hears(talk: Talk, other: Compressed, word: bytes) -> bytes:
    """Wait for a compressed command and return its tag."""
    line = b""
    while not line.endswith(b"\r\n"):
        data = await talk.reader.read(65536)
        if not data:
            raise ConnectionError
        line += other.into.decompress(data)
    assert word in line
    return line.split(b" ")[0]


async def compressing(server: Server, compress: Compression = Compression.ON) -> Session:
    session = await Session.connect(server, None, PATIENT, compress)
    await session.sign_in("bob", "secret")
    return session


async def test_what_comes_right_behind_the_ok_is_compressed_already(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        other = await begins(talk, b"* OK [CAPABILITY IMAP4rev1 MOVE] hello\r\n")
        tag = await hears(talk, other, b"NOOP")
        for octet in other.said(tag + b" OK done\r\n"):
            await talk.says(bytes((octet,)))

    session = await compressing(await serve(script))
    await session.noop()
    assert session.capabilities == {"IMAP4REV1", "MOVE"}
    assert session.traffic.received < 350
    session.abort()


@pytest.mark.parametrize(
    ("behind", "words"),
    [
        (b"\xff\xff\xff\xff", "damaged"),
        (b"* OK not compressed\r\n", "damaged"),
        (b"\x03\x00", "ends"),
    ],
)
async def test_what_is_not_compressed_as_it_should_be_ends_the_session(
    serve: Serve, behind: bytes, words: str
) -> None:
    async def script(talk: Talk) -> None:
        other = await begins(talk)
        await hears(talk, other, b"NOOP")
        await talk.says(behind)
        await talk.hangs()

    session = await compressing(await serve(script))
    with pytest.raises(ProtocolError, match=words):
        await session.noop()
    assert session.closed


async def test_a_bomb_ends_the_session_before_it_fills_anything(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        other = await begins(talk)
        await hears(talk, other, b"FETCH")
        await talk.says(other.said(b"* 1 FETCH (UID 1 BODY[] {250000000}\r\n"))
        for _ in range(250):
            await talk.says(other.said(bytes(1_000_000)))
            await asyncio.sleep(0)

    session = await compressing(await serve(script))
    tracemalloc.start()
    with pytest.raises(ProtocolError, match="swells"):
        await session.fetch("1", "BODY.PEEK[]")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert session.closed
    assert peak < 8 * 1024 * 1024


async def test_a_server_that_refuses_to_compress_is_spoken_to_plainly(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        await begins(talk, kind=b"NO [COMPRESSIONACTIVE] by TLS")
        await talk.answers(b"NOOP")

    session = await compressing(await serve(script))
    await session.noop()
    session.abort()


@pytest.mark.parametrize("compress", [Compression.AUTO, Compression.OFF])
async def test_nothing_is_compressed_within_this_machine_unless_it_is_wanted(
    serve: Serve, compress: Compression
) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in(b"IMAP4rev1 COMPRESS=DEFLATE")
        await talk.answers(b"NOOP")

    session = await compressing(await serve(script), compress)
    await session.noop()
    session.abort()


async def test_a_real_server_is_spoken_to_compressed(mailbox: Mailbox) -> None:
    mailbox.fill("INBOX", [letter(number, 20_000) for number in range(1, 41)])
    large = letter(99, 300_000)
    async with FaultProxy(mailbox.dovecot.imap_plain) as proxy:
        for compress in (Compression.ON, Compression.OFF):
            server = Server("127.0.0.1", proxy.port, Security.NONE)
            session = await Session.connect(server, None, compress=compress)
            await session.sign_in(mailbox.username, mailbox.password)
            await session.append(b"Sent", large, Flag.SEEN)
            await session.select(b"INBOX")
            bodies = await asyncio.gather(*(session.fetch_bodies([uid, uid + 20]) for uid in range(1, 21)))
            found = {uid: body for part in bodies for uid, body in part.items()}
            assert found == {uid: letter(uid, 20_000) for uid in range(1, 41)}
            wake = asyncio.Event()
            wake.set()
            await session.idle(wake)
            place = await session.select(b"Sent")
            with await session.fetch_body((place.uidnext or 0) - 1) as body:
                assert body.read() == large
            told = session.traffic
            await session.logout()
            record = proxy.records[-1]
            assert told.received <= record.total[Direction.DOWN]
            assert told.sent <= record.total[Direction.UP]
            if compress is Compression.ON:
                assert told.received < 100_000
                assert told.sent < 10_000
            else:
                assert told.received > 1_000_000
                assert told.sent > 300_000


async def test_compression_goes_inside_tls(mailbox: Mailbox) -> None:
    mailbox.fill("INBOX", [letter(number) for number in range(1, 11)])
    trusted = client_context(mailbox.dovecot.ca_file)
    session = await Session.connect(mailbox.server(), trusted, compress=Compression.ON)
    await session.sign_in(mailbox.username, mailbox.password)
    await session.select(b"INBOX")
    assert len(await session.fetch_bodies(range(1, 11))) == 10
    session.abort()
    await asyncio.sleep(0)

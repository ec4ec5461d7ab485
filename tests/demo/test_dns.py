"""Names on loopback: octets from anywhere, the zone, and the look-up of who takes mail."""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.demo.dns.lookup import Lookup, MailHost, NoAnswerError, NoMailError
from tui_mail.demo.dns.messages import (
    Address,
    Code,
    Data,
    DnsError,
    Exchanger,
    Kind,
    Message,
    Service,
    decode,
    encode,
)
from tui_mail.demo.dns.zone import HOST, Zone, ZoneServer

LABELS = st.text("abcz09_", min_size=1, max_size=12)
NAMES = st.lists(LABELS, min_size=1, max_size=5).map(".".join)
NUMBERS = st.integers(0, 0xFFFF)
DATA: dict[Kind, st.SearchStrategy[Data]] = {
    Kind.A: st.builds(Address, st.ip_addresses(v=4).map(str)),
    Kind.MX: st.builds(Exchanger, NUMBERS, NAMES),
    Kind.SRV: st.builds(Service, NUMBERS, NUMBERS, NUMBERS, NAMES),
}
MESSAGES = st.sampled_from(list(Kind)).flatmap(
    lambda kind: st.builds(
        Message,
        NUMBERS,
        NAMES,
        st.just(kind),
        st.just(True),
        st.sampled_from(list(Code)),
        st.lists(DATA[kind], max_size=2).map(tuple),
    )
)
QUERY = encode(Message(7, "mail.aldane.example", Kind.MX))


def readable(data: bytes) -> bool:
    try:
        decode(data)
    except DnsError:
        return False
    return True


@given(MESSAGES)
def test_what_is_written_is_read(message: Message) -> None:
    assert decode(encode(message)) == message


@given(st.binary(max_size=600))
def test_no_octets_raise_anything_but_the_declared_error(data: bytes) -> None:
    readable(data)


@given(MESSAGES, st.data())
def test_no_damage_to_a_message_raises_anything_else(message: Message, data: st.DataObject) -> None:
    octets = bytearray(encode(message))
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    readable(bytes(octets))


def test_a_message_cut_anywhere_is_no_message() -> None:
    whole = encode(Message(1, "a.example", Kind.MX, True, answers=(Exchanger(10, "mx.a.example"),)))
    assert readable(whole)
    assert not any(readable(whole[:size]) for size in range(len(whole)))


@pytest.mark.parametrize("target", [12, 14, 40, 0x3FFF])
def test_a_name_that_points_at_itself_or_forward_is_refused(target: int) -> None:
    header = struct.pack(">HHHHHH", 1, 0, 1, 0, 0, 0)
    assert not readable(header + struct.pack(">HHH", 0xC000 | target, Kind.MX, 1) + b"\0" * 40)


def test_an_answer_may_point_back_to_the_question() -> None:
    answer = struct.pack(">HHHIHHH", 0xC00C, Kind.MX, 1, 60, 4, 10, 0xC00C)
    data = QUERY[:2] + b"\x84\0\0\1\0\1" + QUERY[8:] + answer
    assert decode(data).answers == (Exchanger(10, "mail.aldane.example"),)


@pytest.mark.parametrize(
    "name",
    ["a" * 64 + ".example", ".".join(["abcdefg"] * 40), "a..example", "ä.example", "a b.example", "-a"],
)
def test_a_name_that_cannot_be_is_not_written(name: str) -> None:
    with pytest.raises(DnsError):
        encode(Message(1, name, Kind.A))


def test_more_answers_than_fit_are_left_out_and_said_to_be() -> None:
    many = tuple(Exchanger(n, f"mx{n}.a-long-name-of-a-host.example") for n in range(30))
    read = decode(encode(Message(1, "a.example", Kind.MX, True, answers=many)))
    assert read.is_truncated
    assert read.answers == ()


@pytest.fixture
async def zone() -> AsyncIterator[ZoneServer]:
    zone = Zone()
    zone.add_host("mx1.a.example", HOST, 2525)
    zone.add_host("mx2.a.example", HOST, 2526)
    zone.add_domain("a.example", ["mx1.a.example", "mx2.a.example"])
    zone.add_domain("silent.example", [])
    zone.add_domain("lost.example", ["nowhere.example"])
    server = ZoneServer(zone)
    await server.start()
    yield server
    server.stop()


async def test_the_hosts_of_a_domain_come_in_their_order(zone: ZoneServer) -> None:
    found = await Lookup(HOST, zone.port).hosts("A.Example")
    assert found == [MailHost("mx1.a.example", HOST, 2525), MailHost("mx2.a.example", HOST, 2526)]


async def test_a_host_without_an_mx_record_takes_its_own_mail(zone: ZoneServer) -> None:
    assert [one.port for one in await Lookup(HOST, zone.port).hosts("mx2.a.example")] == [2526]


@pytest.mark.parametrize(
    ("domain", "status"),
    [
        ("b.example", "5.1.2"),
        ("silent.example", "5.1.10"),
        ("lost.example", "5.4.4"),
        ("a..example", "5.1.2"),
        ("x" * 300, "5.1.2"),
    ],
)
async def test_a_domain_that_takes_no_mail_is_given_up(zone: ZoneServer, domain: str, status: str) -> None:
    with pytest.raises(NoMailError) as caught:
        await Lookup(HOST, zone.port).hosts(domain)
    assert caught.value.status == status


class Liar(asyncio.DatagramProtocol):
    """A name server that answers as it was told."""

    def __init__(self, answers: Callable[[Message], list[bytes]]) -> None:
        self.asked = 0
        self._answers = answers

    async def open(self) -> int:
        loop = asyncio.get_running_loop()
        self.transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(HOST, 0))
        port: int = self.transport.get_extra_info("sockname")[1]
        return port

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.asked += 1
        for answer in self._answers(decode(data)):
            self.transport.sendto(answer, addr)


def forged(query: Message) -> list[bytes]:
    """Answers of somebody who guesses, and rubbish."""
    lie = (Exchanger(1, "mx.thief.example"),)
    return [
        encode(Message(query.id ^ 1, query.name, query.kind, True, answers=lie)),
        encode(Message(query.id, "other.example", query.kind, True, answers=lie)),
        encode(Message(query.id, query.name, query.kind, False)),
        b"\0" * 7,
    ]


async def test_only_the_answer_to_the_question_counts() -> None:
    def answers(query: Message) -> list[bytes]:
        true = Message(query.id, query.name, query.kind, True, answers=(Exchanger(1, "mx.a.example"),))
        return [*forged(query), encode(true)]

    liar = Liar(answers)
    port = await liar.open()
    assert await Lookup(HOST, port).ask("a.example", Kind.MX) == (Exchanger(1, "mx.a.example"),)
    liar.transport.close()


@pytest.mark.parametrize("answers", [lambda _: [], forged], ids=["silence", "lies"])
async def test_a_server_that_does_not_answer_is_asked_twice(
    answers: Callable[[Message], list[bytes]],
) -> None:
    liar = Liar(answers)
    port = await liar.open()
    with pytest.raises(NoAnswerError):
        await Lookup(HOST, port, patience=0.05).hosts("a.example")
    assert liar.asked == 2
    liar.transport.close()


async def test_a_name_server_that_is_not_there_is_no_word_about_the_domain() -> None:
    liar = Liar(forged)
    port = await liar.open()
    liar.transport.close()
    await asyncio.sleep(0)  # the socket closes in the loop's next turn
    with pytest.raises(NoAnswerError):
        await Lookup(HOST, port, patience=0.05).hosts("a.example")


async def test_a_query_that_cannot_be_read_is_refused_and_the_next_is_answered(zone: ZoneServer) -> None:
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    class Ear(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, _: tuple[str, int]) -> None:
            heard.put_nowait(data)

    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        Ear, remote_addr=(HOST, zone.port)
    )
    for rubbish in (b"", b"\1\2\3", QUERY[:-3], QUERY[:2] + b"\x84" + QUERY[3:]):
        transport.sendto(rubbish)
    transport.sendto(QUERY)
    refused = await asyncio.wait_for(heard.get(), 20)
    assert refused[:2] == QUERY[:2]
    assert refused[3] & 15 == Code.BAD_FORM
    assert decode(await asyncio.wait_for(heard.get(), 20)).code == Code.NO_SUCH_NAME
    transport.close()

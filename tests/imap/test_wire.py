"""What comes over the wire is put together and taken apart without loss, whatever the pieces."""

import io
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.imap.wire import (
    LITERAL_LIMIT,
    SINK_FROM,
    Cursor,
    Line,
    Literal,
    Splitter,
    astring,
    decode_name,
    encode_name,
    expanded,
    format_set,
    parse_set,
    segments,
    split_sets,
    string,
    tokens,
)
from tui_mail.model.errors import ProtocolError

BIG = b"Subject: big\r\n\r\n" + b"x" * SINK_FROM

STREAM = (
    b"* OK [CAPABILITY IMAP4rev1 {5}] ready {5}\r\n"
    b"* 12 FETCH (UID 12 FLAGS (\\Seen $Fwd) BODY[HEADER.FIELDS (DATE FROM)] {9}\r\nFrom: a\r\n X NIL)\r\n"
    b'* LIST (\\HasNoChildren) "/" {3}\r\nA"b\r\n'
    b'* 13 FETCH (BODYSTRUCTURE ("text" "pl\\"ain{5}" NIL ({3}\r\n(\r\n {0}\r\n)) UID 13)\r\n'
    b"* 14 FETCH (UID 14 BODY[]<0> ~{4}\r\n\x00\r\n) BODY[] {%d}\r\n%b)\r\n"
    b"+ idling {7}\r\n"
    b"a1 OK done\r\n" % (len(BIG), BIG)
)


def lines_of(*chunks: bytes) -> list[tuple[bytes, list[bytes]]]:
    splitter = Splitter(io.BytesIO)
    found = []
    for chunk in chunks:
        splitter.feed(chunk)
        while (line := splitter.next_line()) is not None:
            found.append((line.data, [sink.read() for sink in line.sinks]))
    assert not splitter.behind
    return found


def line(data: bytes, *sinks: BinaryIO) -> Line:
    return Line(data, sinks)


def test_a_stream_is_split_into_its_lines() -> None:
    found = lines_of(STREAM)
    assert [data.split(b" ")[0] for data, _ in found] == [b"*"] * 5 + [b"+", b"a1"]
    assert found[4][1] == [BIG]
    assert b"x" * 100 not in found[4][0]


def test_a_stream_cut_anywhere_is_put_together_again() -> None:
    whole = lines_of(STREAM)
    small = STREAM.index(BIG) + 40
    cuts = [*range(small), *range(small, len(STREAM) - 60, 997), *range(len(STREAM) - 60, len(STREAM))]
    for cut in cuts:
        assert lines_of(STREAM[:cut], STREAM[cut:]) == whole, cut


def test_a_stream_that_comes_byte_by_byte_is_put_together_again() -> None:
    assert lines_of(*(STREAM[i : i + 1] for i in range(len(STREAM)))) == lines_of(STREAM)


def test_tokens_keep_text_and_absence_apart() -> None:
    found = tokens(line(b'* (NIL "NIL" nil atom "a\\"b\\\\" "" {3}\r\nNIL ~{2}\r\n\x00)) ()'))
    assert found == [b"*", [None, b"NIL", None, b"atom", b'a"b\\', b"", b"NIL", b"\x00)"], []]


def test_a_section_is_one_word() -> None:
    found = tokens(line(b"BODY[HEADER.FIELDS (DATE FROM)]<0> [Gmail]/All [odd (1)"))
    assert found == [b"BODY[HEADER.FIELDS (DATE FROM)]<0>", b"[Gmail]/All", b"[odd", [b"1"]]


def test_a_large_literal_is_the_file_it_was_written_to() -> None:
    splitter = Splitter(io.BytesIO)
    splitter.feed(b"* 1 FETCH (BODY[] {%d}\r\n%b UID 5)\r\n" % (len(BIG), BIG))
    whole = splitter.next_line()
    assert whole is not None
    _, _, _, items = tokens(whole)
    assert isinstance(items, list)
    assert items[0] == b"BODY[]"
    assert items[1] is whole.sinks[0]
    assert items[2:] == [b"UID", b"5"]


def test_a_raw_value_is_the_slice_of_the_wire_however_deep() -> None:
    deep = b"(" * 5000 + b'"a)" {2}\r\n)) ' + b")" * 5000
    cursor = Cursor(line(b" " + deep + b' "x\\"y" 7'))
    assert cursor.raw() == deep
    assert cursor.raw() == b'"x\\"y"'
    assert cursor.raw() == b"7"
    assert cursor.at_end


@pytest.mark.parametrize(
    "data",
    [
        b"(",
        b")",
        b"(()",
        b'"abc',
        b'"a\r\nb"',
        b"{5}\r\nabc",
        b"a\x00b",
        b"{",
        b"a {3}",
        b"(" * 200 + b")" * 200,
    ],
)
def test_a_broken_line_is_a_protocol_error(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        tokens(line(data))


def test_a_missing_large_literal_is_a_protocol_error() -> None:
    with pytest.raises(ProtocolError):
        tokens(line(b"{70000}\r\n"))


@pytest.mark.parametrize(
    "flood",
    [
        b"x" * 70_000,
        b"* OK " + b"x" * 70_000 + b"\r\n",
        b"* 1 FETCH (" + b"x" * (9 * 1024 * 1024),
        b"* 1 FETCH (BODY[] {%d}\r\n" % (LITERAL_LIMIT + 1),
        b"* 1 FETCH (BODY[] {9999999999999999999}\r\n",
        b"* 1 FETCH (" + (b"X {60000}\r\n" + b"y" * 60_000) * 150,
    ],
)
def test_what_the_other_side_may_choose_has_a_cap(flood: bytes) -> None:
    splitter = Splitter(io.BytesIO)
    splitter.feed(flood)
    with pytest.raises(ProtocolError):
        splitter.next_line()


def test_a_line_of_too_many_words_is_refused() -> None:
    with pytest.raises(ProtocolError, match="words"):
        tokens(line(b"()" * 200_000))


def test_lists_may_be_long() -> None:
    uids = b"* SEARCH" + b"".join(b" %d" % uid for uid in range(1_000_000, 1_200_000))
    assert len(uids) > 1_000_000
    assert lines_of(uids + b"\r\n") == [(uids, [])]


def test_a_server_learns_once_that_a_client_waits() -> None:
    splitter = Splitter(io.BytesIO)
    splitter.feed(b"a1 LOGIN {3}\r\n")
    assert splitter.next_line() is None
    assert splitter.take_announced() == 3
    assert splitter.take_announced() is None
    splitter.feed(b"bob {4+}\r\n")
    assert splitter.next_line() is None
    assert splitter.take_announced() is None
    splitter.feed(b"pass\r\nDONE\r\n")
    whole = splitter.next_line()
    assert whole is not None
    assert tokens(whole) == [b"a1", b"LOGIN", b"bob", b"pass"]
    assert splitter.behind
    assert splitter.next_line() == Line(b"DONE")


@given(st.binary())
def test_any_bytes_raise_at_most_a_protocol_error(data: bytes) -> None:
    splitter = Splitter(io.BytesIO)
    try:
        splitter.feed(data + b"\r\n")
        while (whole := splitter.next_line()) is not None:
            tokens(whole)
    except ProtocolError:
        pass


@given(
    st.lists(
        st.sampled_from(
            [
                b"(",
                b")",
                b'"',
                b"\\",
                b"{3}\r\n",
                b"{70000}",
                b"abc",
                b"[",
                b"]",
                b" ",
                b"\r",
                b"\n",
                b"NIL",
                b"* 1 FETCH ",
            ]
        )
    )
)
def test_any_sequence_of_marks_raises_at_most_a_protocol_error(marks: list[bytes]) -> None:
    splitter = Splitter(io.BytesIO)
    try:
        splitter.feed(b"".join(marks) + b"\r\n")
        while (whole := splitter.next_line()) is not None:
            Cursor(whole).raw()
            tokens(whole)
    except ProtocolError:
        pass


@given(st.binary(max_size=200))
def test_an_argument_comes_back_as_it_was_or_is_refused(value: bytes) -> None:
    if any(byte in value for byte in b"\x00\r\n"):
        for write in (astring, string):
            with pytest.raises(ProtocolError):
                write(value)
        return
    for write in (astring, string):
        pieces = segments([b"a1 CMD ", write(value), b" end"], without_waiting=-1)
        assert tokens(line(b"".join(pieces))) == [b"a1", b"CMD", value, b"end"]
        ((whole, _),) = lines_of(b"".join(pieces) + b"\r\n")
        assert whole == b"".join(pieces)


def test_the_shortest_safe_form_is_written() -> None:
    assert astring(b"INBOX") == b"INBOX"
    assert astring(b"nil") == b'"nil"'
    assert astring(b"") == b'""'
    assert astring(b'a "b" \\c') == b'"a \\"b\\" \\\\c"'
    assert astring("é".encode()) == Literal("é".encode())
    assert Literal(b"ab").wire == b"{2}\r\nab"


def test_a_command_waits_only_where_the_server_wants_it_to() -> None:
    parts = [b"a1 LOGIN ", Literal(b"x" * 10), b" ", Literal(b"y" * 5000)]
    assert len(segments(parts, without_waiting=-1)) == 3
    assert len(segments(parts, without_waiting=4096)) == 2
    assert len(segments(parts, without_waiting=2**63)) == 1


@pytest.mark.parametrize(
    ("wire", "name"),
    [
        (b"INBOX", "INBOX"),
        (b"R&-D", "R&D"),
        (b"Entw&APw-rfe", "Entwürfe"),
        (b"~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語"),
        (b"&2D3eAA-", "😀"),
    ],
)
def test_mailbox_names_are_read_and_written(wire: bytes, name: str) -> None:
    assert decode_name(wire) == name
    assert encode_name(name) == wire


@pytest.mark.parametrize(
    "wire", [b"R&D", b"&&&", b"&AA-", b"&2D0-", b"&====-", b"caf\xc3\xa9", b"\xff", b"&", b"a&-"]
)
def test_a_broken_mailbox_name_is_shown_all_the_same(wire: bytes) -> None:
    assert decode_name(wire)


@given(st.text())
def test_every_typed_name_comes_back(name: str) -> None:
    if not any("\ud800" <= letter <= "\udfff" for letter in name):
        assert decode_name(encode_name(name)) == name


@given(st.binary())
def test_no_name_raises(wire: bytes) -> None:
    decode_name(wire)


@given(st.sets(st.integers(1, 500)))
def test_a_set_of_numbers_comes_back(numbers: set[int]) -> None:
    if numbers:
        assert expanded(parse_set(format_set(numbers).encode())) == sorted(numbers)
    assert [n for part in split_sets(numbers, 7) for n in expanded(parse_set(part.encode()))] == sorted(
        numbers
    )


def test_sets_are_compact_and_lines_stay_short() -> None:
    assert format_set([7, 1, 2, 3, 3]) == "1:3,7"
    parts = list(split_sets(range(4_000_000_000, 4_000_003_000, 2)))
    assert all(len(part) < 8_000 and part.count(",") < 500 for part in parts)


def test_a_star_is_the_largest_number() -> None:
    assert parse_set(b"5:*,*", largest=9) == [(5, 9), (9, 9)]
    assert parse_set(b"9:5") == [(5, 9)]


@pytest.mark.parametrize("text", [b"", b",", b"1,", b"0", b"1:", b"4294967296", b"a", b"1:2:3", b"-1", b" 1"])
def test_a_broken_set_is_a_protocol_error(text: bytes) -> None:
    with pytest.raises(ProtocolError):
        parse_set(text)


def test_a_set_cannot_grow_without_bound() -> None:
    with pytest.raises(ProtocolError):
        expanded(parse_set(b"1:*"))

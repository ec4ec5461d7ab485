"""Borders of parts, against the standard library's parser and against nonsense."""

from email import message_from_bytes

from hypothesis import given
from hypothesis import strategies as st

from tests.demo.conftest import NOON
from tui_mail.demo.imap.answers import body_structure, envelope
from tui_mail.demo.imap.structure import parse
from tui_mail.demo.post_office import stock
from tui_mail.imap.wire import Line, tokens

PIECES = (
    b"Content-Type: multipart/mixed; boundary=x",
    b"Content-Type: message/rfc822",
    b'Content-Disposition: attachment; filename="a\\"b"',
    b"Subject: \xff =?utf-8?q?",
    b"From: <a@b",
    b"--x",
    b"--x--",
    b"\r\n",
    b"\n",
    b" ",
    b"\0",
)


def test_every_part_of_every_letter_is_where_the_standard_library_finds_it() -> None:
    for letter in stock(7, NOON):
        raw = letter.octets()
        ours = [f"{part.media.decode()}/{part.subtype.decode()}" for part in parse(raw).walk()]
        assert ours == [part.get_content_type() for part in message_from_bytes(raw).walk()]


def test_numbers_lead_through_a_letter_within_a_letter() -> None:
    (raw,) = [letter.octets() for letter in stock(7, NOON) if "lightship\n" in letter.sheet.raw]
    message = parse(raw)
    inner = message.numbered((2, 1))
    assert inner is not None
    assert inner.body.startswith(b"Dear Ms Aldane,")
    assert message.numbered((3,)) is None
    assert message.numbered((2, 1, 1, 2)) is None


def test_an_empty_part_is_a_part() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\n--x\r\n\r\nb\r\n--x--\r\n"
    assert [part.body for part in parse(raw).children] == [b"", b"b"]


@given(st.lists(st.sampled_from(PIECES), max_size=40))
def test_nonsense_has_a_structure_that_can_be_written_and_read(pieces: list[bytes]) -> None:
    for glue in (b"", b"\r\n"):
        message = parse(glue.join(pieces))
        tokens(Line(b" ".join((body_structure(message), envelope(message)))))

"""List data is read alike however a server orders it, and whichever way it is read."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.imap import fetched, structure
from tui_mail.imap.fetched import Fetched, Unreadable
from tui_mail.imap.responses import read_response
from tui_mail.imap.structure import has_attachment
from tui_mail.imap.wire import Line

NEVER = re.compile(rb"(?!)")
WORD = st.text('abcAZ09\\"(){}[]%* \r\n\0é', max_size=12).map(str.encode)
TEXTS = (
    b'("text" "plain" ("charset" "utf-8") NIL NIL "8bit" 44 1 NIL NIL NIL NIL)',
    b'("text" "html" () NIL NIL "7bit" 44 1)',
    b'("text" "plain" NIL NIL NIL "7bit" 44 1 NIL ("attachment" NIL) NIL NIL)',
    b'("text" "plain" ("charset" "name*\r") NIL NIL "7bit" 44 1 NIL NIL NIL NIL)',
    b'("text" "calendar" ("charset" "utf-8" "name" "a.ics") NIL NIL "7bit" 44 1 NIL NIL NIL NIL)',
    b'(("text" "plain" ("charset" "utf-8") NIL NIL "7bit" 4 1)("image" "png" NIL NIL NIL "8bit" 9) "a")',
    b"(((((deep)))))",
    b"{4}\r\n(())",
)
HEADERS = (b"", b"Subject: a\r\n\r\n", b"Subject: )\r\n* 1 FETCH (\r\n", b"x" * 40)
FIELDS = b"BODY[HEADER.FIELDS (DATE FROM)]"


def read(data: bytes) -> Fetched | Unreadable:
    response = read_response(Line(data))
    assert isinstance(response, Fetched | Unreadable)
    return response


def by_items(data: bytes) -> Fetched | Unreadable:
    with pytest.MonkeyPatch.context() as without:
        without.setattr(fetched, "_IN_ORDER", NEVER)
        without.setattr(structure, "_TEXT_ALONE", NEVER)
        return read(data)


@st.composite
def list_data(draw: st.DrawFn) -> bytes:
    """A response as servers send it to a list, or a little different."""
    number = st.integers(0, 2**33)
    header = draw(st.sampled_from(HEADERS))
    length = len(header) + draw(st.sampled_from((0, 0, 0, 0, -1, 1, 90_000)))
    date = draw(st.sampled_from((b"10-Dec-2024 18:00:00 +0000", b" 1-jan-1970 00:00:00 -0730", b"31-Feb-24")))
    items = [
        b"UID %d" % draw(number),
        b"FLAGS (%b)" % draw(st.sampled_from((b"", b"\\Seen $Forwarded", b"\\Recent a a", b"\x80"))),
        b'INTERNALDATE "%b"' % date,
        b"RFC822.SIZE %d" % draw(number),
        *draw(st.sampled_from(([], [b"MODSEQ (%d)" % draw(number)]))),
        b"BODYSTRUCTURE " + draw(st.sampled_from(TEXTS)),
        FIELDS + b" {%d}\r\n%b" % (max(length, 0), header),
    ]
    if draw(st.booleans()):
        items.insert(draw(st.integers(0, len(items))), draw(WORD))
    return b"* 7 FETCH (" + b" ".join(items) + draw(st.sampled_from((b")", b")", b") ", b"", b" X 1)")))


@given(list_data(), st.data())
def test_a_pattern_reads_what_the_tokens_say(data: bytes, chance: st.DataObject):
    if chance.draw(st.booleans()):
        at = chance.draw(st.integers(11, len(data)))
        data = data[:at] + chance.draw(WORD) + data[at + chance.draw(st.integers(0, 3)) :]
    assert read(data) == by_items(data)


def test_what_servers_mostly_send_is_read_by_one_pattern():
    data = (
        b'* 7 FETCH (UID 9 FLAGS (\\Seen) INTERNALDATE "10-Dec-2024 18:00:00 +0000" RFC822.SIZE 5'
        b" MODSEQ (2) BODYSTRUCTURE %b %b {12}\r\nSubject: a\r\n)" % (TEXTS[0], FIELDS)
    )
    assert fetched._read_in_order(data, 10) == by_items(data)
    assert read(data.replace(b"UID 9 ", b"").replace(b"\r\n)", b"\r\n UID 9)")) == read(data)


@pytest.mark.parametrize("told", TEXTS)
def test_a_text_alone_has_nothing_to_save_by_either_way(told: bytes):
    quick = has_attachment(told)
    with pytest.MonkeyPatch.context() as without:
        without.setattr(structure, "_TEXT_ALONE", NEVER)
        assert has_attachment(told) == quick

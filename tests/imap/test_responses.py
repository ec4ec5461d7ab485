"""What a server says becomes typed values, and nothing but a ProtocolError if it cannot."""

import io
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tui_mail.imap.fetched import Fetched, read_date, read_flags
from tui_mail.imap.gathering import Gathering
from tui_mail.imap.news import FolderNews
from tui_mail.imap.responses import (
    Count,
    FolderStatus,
    Found,
    GoOn,
    ListedFolder,
    Namespace,
    Namespaces,
    Other,
    Status,
    StatusOf,
    SubscribedName,
    Unreadable,
    Vanished,
    Words,
    read_append_uid,
    read_copy_uid,
    read_response,
)
from tui_mail.imap.structure import has_attachment
from tui_mail.imap.wire import Line, Splitter
from tui_mail.model.errors import ProtocolError
from tui_mail.model.message import Flag

LISTED = (
    b'* 12 FETCH (UID 7 FLAGS (\\Seen $Forwarded \\Recent Work) INTERNALDATE "17-Jul-1996 02:44:25 -0700" '
    b'RFC822.SIZE 4286 MODSEQ (65402) BODYSTRUCTURE ("text" "plain" NIL NIL NIL "7bit" 3028 92) '
    b"BODY[HEADER.FIELDS (DATE SUBJECT)] {18}\r\nSubject: hi (there))"
)


def test_list_data_is_read_whole() -> None:
    assert read_response(Line(LISTED)) == Fetched(
        uid=7,
        flags=Flag.SEEN | Flag.FORWARDED,
        keywords=("Work",),
        internal_date=837596665,
        size=4286,
        modseq=65402,
        header=b"Subject: hi (there",
        structure=b'("text" "plain" NIL NIL NIL "7bit" 3028 92)',
        attachment=False,
    )


QUOTED = st.sampled_from([b'"a"', b'"(b)"', b'"\\\\"', b'""', b"NIL", b"7", b"{3}\r\nx)y"])
STRUCTURES = st.recursive(
    QUOTED, lambda inner: st.lists(inner, max_size=4).map(lambda items: b"(" + b" ".join(items) + b")")
)
ITEMS = st.one_of(
    st.integers(1, 2**32 - 1).map(lambda uid: b"UID %d" % uid),
    st.sampled_from([b"()", b"(\\Seen)", b"(\\Seen Work $Forwarded)"]).map(lambda flags: b"FLAGS " + flags),
    st.sampled_from([b'"17-Jul-1996 02:44:25 -0700"', b'"never"']).map(lambda date: b"INTERNALDATE " + date),
    st.integers(0, 2**40).map(lambda size: b"RFC822.SIZE %d" % size),
    st.integers(0, 2**62).map(lambda modseq: b"MODSEQ (%d)" % modseq),
    STRUCTURES.map(lambda structure: b"BODYSTRUCTURE " + structure),
    st.binary(max_size=30).map(
        lambda head: b"BODY[HEADER.FIELDS (DATE SUBJECT)] {%d}\r\n%b" % (len(head), head)
    ),
)


@given(st.lists(ITEMS, max_size=8))
@example([b'BODYSTRUCTURE ("text" {4}\r\nx) y ("b"))', b"UID 7"])
@example([b"BODYSTRUCTURE " + b"(" * 9 + b'"("' + b")" * 9, b"UID 7"])
def test_items_written_plainly_are_read_as_any_other(items: list[bytes]) -> None:
    plain = read_response(Line(b"* 1 FETCH (" + b" ".join(items) + b")"))
    names = [item.partition(b" ")[0] for item in items]
    lower = [name.lower() + item[len(name) :] for name, item in zip(names, items, strict=True)]
    assert read_response(Line(b"* 1 FETCH (" + b" ".join(lower) + b")")) == plain


@pytest.mark.parametrize(
    ("items", "uid"),
    [
        (b"UID", 0),
        (b"(UID", 0),
        (b"(UID x)", 0),
        (b"(UID 0)", 0),
        (b"(UID 4294967296)", 0),
        (b"(FLAGS NIL)", 0),
        (b"(FLAGS NIL UID 7)", 0),
        (b"(UID 7 FLAGS NIL)", 7),
        (b"(UID 7 MODSEQ (1 2))", 7),
        (b"(UID 7 BODY[] (1))", 7),
        (b"(UID 7 BODY[HEADER.FIELDS (A)] (1))", 7),
        (b'(UID 7 BODYSTRUCTURE ("a" "b)', 7),
        (b"(UID 7 BODYSTRUCTURE " + b"(" * 1000, 7),
    ],
)
def test_an_answer_that_cannot_be_read_still_says_whose_it_is(items: bytes, uid: int) -> None:
    assert read_response(Line(b"* 12 FETCH " + items)) == Unreadable(12, uid)


def test_items_nobody_knows_are_passed_over() -> None:
    line = Line(b'* 1 FETCH (X-GM-MSGID 5 ENVELOPE ("a" (NIL) "b") UID 3 RFC822 "x" EMAILID (M1))')
    assert read_response(line) == Fetched(uid=3)


def test_a_large_body_stays_in_its_file() -> None:
    sink = io.BytesIO(b"x" * 70_000)
    found = read_response(Line(b"* 1 FETCH (BODY[] {70000}\r\n UID 3)", (sink,)))
    assert isinstance(found, Fetched)
    assert found.body is sink


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"* 23 EXISTS", Count("EXISTS", 23)),
        (b"* 3 expunge", Count("EXPUNGE", 3)),
        (b"* 3 RECENT", Other("RECENT")),
        (b"+ idling", GoOn(b"idling")),
        (b"+", GoOn()),
        (b"* CAPABILITY IMAP4rev1 Idle", Words("CAPABILITY", frozenset({"IMAP4REV1", "IDLE"}))),
        (b"* ENABLED QRESYNC", Words("ENABLED", frozenset({"QRESYNC"}))),
        (b"* ENABLED", Words("ENABLED", frozenset())),
        (b"* FLAGS (\\Seen Work)", Words("FLAGS", frozenset({"\\seen", "work"}))),
        (b"* SEARCH 2 3 4 9 (MODSEQ 917)", Found([(2, 4), (9, 9)])),
        (b"* SEARCH", Found([])),
        (b"* SEARCH ", Found([])),
        (b'* ESEARCH (TAG "t1") UID ALL 2,10:11', Found([(2, 2), (10, 11)], b"t1")),
        (b'* ESEARCH (TAG "t1") UID', Found([], b"t1")),
        (b"* ESEARCH (TAG {2}\r\nt1) UID ALL 2", Found([(2, 2)], b"t1")),
        (b"* ESEARCH (x (y)) UID ALL 2", Found([(2, 2)])),
        (b'* LSUB (\\Noselect) "." INBOX.x', SubscribedName(b"INBOX.x")),
        (
            b'* NAMESPACE (("INBOX." ".")("#mh/" "/" "X-PARAM" ("a" "b"))) NIL ((x NIL))',
            Namespaces((Namespace(b"INBOX.", "."), Namespace(b"#mh/", "/")), (), (Namespace(b"x", ""),)),
        ),
        (b"* NAMESPACE NIL NIL NIL", Namespaces()),
        (
            b'* 1 FETCH (UID 3 BODY[1.2.MIME] "a: b" body[]<1024> {2}\r\nxy BODY[7] NIL)',
            Fetched(uid=3, sections=(("BODY[1.2.MIME]", b"a: b"), ("BODY[]<1024>", b"xy"), ("BODY[7]", b""))),
        ),
        (b"* ESEARCH UID COUNT 5 ALL 4:6 MODSEQ 9", Found([(4, 6)])),
        (b"* VANISHED (EARLIER) 41,43:116", Vanished([(41, 41), (43, 116)], earlier=True)),
        (b"* VANISHED 405", Vanished([(405, 405)], earlier=False)),
        (b"* X-STRANGE (1 2", Other("X-STRANGE")),
        (b"* OK [UIDNEXT 4392] Predicted", Status(b"*", "OK", "UIDNEXT", b"4392", "Predicted")),
        (b"* BYE", Status(b"*", "BYE", "", b"", "")),
        (b"t1 no [TRYCREATE] x]y", Status(b"t1", "NO", "TRYCREATE", b"", "x]y")),
        (b"t1 OK [open text", Status(b"t1", "OK", "", b"", "[open text")),
        (
            b'* LIST (\\Noselect \\Sent) "/" "a b"',
            ListedFolder(b"a b", "a b", "/", frozenset({"\\noselect", "\\sent"})),
        ),
        (b"* LIST () NIL NIL", ListedFolder(b"NIL", "NIL", "", frozenset())),
        (b'* LIST () "." {5}\r\nR&-D. ', ListedFolder(b"R&-D.", "R&D.", ".", frozenset())),
        (b'* LIST () "/" x ("CHILDINFO" ("SUBSCRIBED"))', ListedFolder(b"x", "x", "/", frozenset())),
        (
            b"* STATUS blurdy (MESSAGES 231 UIDNEXT 44292 UIDVALIDITY 9 HIGHESTMODSEQ 7 X-NEW y)",
            StatusOf(b"blurdy", FolderStatus(231, 44292, 9, None, 7)),
        ),
    ],
)
def test_each_response_has_its_type(data: bytes, expected: object) -> None:
    assert read_response(Line(data)) == expected


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"*",
        b"* ",
        b"* SEARCH 1 x",
        b"* VANISHED",
        b"* VANISHED 0",
        b"* LIST x",
        b"* LIST () (",
        b"* STATUS x y",
        b"* ESEARCH ALL 1,,2",
        b"* NAMESPACE x NIL NIL",
        b"* NAMESPACE NIL",
    ],
)
def test_what_cannot_be_read_is_a_protocol_error(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        read_response(Line(data))


def test_sentences_are_safe_and_short() -> None:
    found = read_response(Line(b"* OK [ALERT] \x1b]52;c;x\x07" + b"!" * 500))
    assert isinstance(found, Status)
    assert len(found.text) == 300
    assert not {"\x1b", "\x07"} & set(found.text)


RECORDED = b"".join(
    [
        LISTED + b"\r\n",
        b'* 2 EXISTS\r\n* LIST (\\Marked) "/" {2}\r\nab\r\n',
        b"* 3 FETCH (UID 9 BODY[] ~{70000}\r\n" + b"y" * 70_000 + b" FLAGS ())\r\n",
        b'* ESEARCH (TAG "t1") UID ALL 2,10:11\r\nt1 OK [COPYUID 1 2:3 4:5] done\r\n',
    ]
)


def told(*chunks: bytes) -> list[object]:
    splitter, found = Splitter(io.BytesIO), []
    for chunk in chunks:
        splitter.feed(chunk)
        while (line := splitter.next_line()) is not None:
            response = read_response(line)
            if isinstance(response, Fetched) and isinstance(response.body, io.BytesIO):
                assert response.body.read() == b"y" * 70_000
                found.append((response.uid, response.flags))
            else:
                found.append(response)
    return found


def test_a_recorded_session_cut_at_every_byte_says_the_same() -> None:
    whole = told(RECORDED)
    assert len(whole) == 6
    body = RECORDED.index(b"yyy")
    cuts = [*range(body + 10), *range(body + 69_990, len(RECORDED))]
    assert all(told(RECORDED[:cut], RECORDED[cut:]) == whole for cut in cuts)


WORDS = [
    b"* ",
    b"1 ",
    b"FETCH ",
    b"(",
    b")",
    b"UID ",
    b"FLAGS ",
    b"BODYSTRUCTURE ",
    b"BODY[] ",
    b"NIL ",
    b'"x" ',
]
WORDS += [
    b"LIST ",
    b"STATUS ",
    b"SEARCH ",
    b"ESEARCH ",
    b"VANISHED ",
    b"MODSEQ ",
    b"{1}\r\n",
    b"5:9 ",
    b"\\Seen ",
]
WORDS += [b"OK ", b"[", b"]", b"ALL ", b"INTERNALDATE ", b"BODY[HEADER] ", b"\xff", b"\x00", b"99999999999 "]


@given(st.lists(st.sampled_from(WORDS)))
def test_any_words_raise_at_most_a_protocol_error(words: list[bytes]) -> None:
    with suppress(ProtocolError):
        read_response(Line(b"".join(words)))


@given(st.binary())
def test_any_bytes_raise_at_most_a_protocol_error(data: bytes) -> None:
    for start in (b"", b"* ", b"* 1 FETCH (", b"* LIST ", b"* 1 FETCH (BODYSTRUCTURE (", b"t1 OK ["):
        with suppress(ProtocolError):
            read_response(Line(start + data))
    has_attachment(b"(" + data)
    read_date(data)
    read_copy_uid(data)
    read_append_uid(data)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        (b"17-Jul-1996 02:44:25 -0700", 837596665),
        (b" 1-jan-1970 00:00:00 +0000", 0),
        (b"01-Jan-1970 01:00:00 +0100", 0),
        (b"31-Xyz-2000 00:00:00 +0000", None),
        (b"99-Jan-2000 00:00:00 +0000", None),
        (b"yesterday", None),
        (b"", None),
    ],
)
def test_an_internal_date_is_a_moment_or_nothing(text: bytes, moment: int | None) -> None:
    assert read_date(text) == moment


def test_flags_are_told_from_keywords() -> None:
    assert read_flags(b"(\\SEEN \\flagged $forwarded Work work \\X-Odd Work)") == (
        Flag.SEEN | Flag.FLAGGED | Flag.FORWARDED,
        ("Work", "work"),
    )
    assert read_flags(b"()") == (Flag.NONE, ())
    many = b"(" + b" ".join(b"k%d" % n for n in range(1000)) + b")"
    assert len(read_flags(many)[1]) == 1000


TEXT = b'("text" "plain" ("charset" "utf-8") NIL NIL "7bit" 10 1 NIL NIL NIL NIL)'
HTML = b'("text" "html" NIL NIL NIL "7bit" 10 1 NIL NIL NIL NIL)'
PDF = b'("application" "pdf" ("name" "a.pdf") NIL NIL "base64" 99 NIL ("attachment" NIL) NIL NIL)'
SHOWN = b'("image" "png" NIL "<1@x>" NIL "base64" 99 NIL ("inline" ("filename" "a.png")) NIL NIL)'
PICTURE = b'("image" "png" NIL NIL NIL "base64" 99 NIL NIL NIL NIL)'
SIGNATURE = (
    b'("application" "pgp-signature" NIL NIL NIL "7bit" 99 NIL ("attachment" ("filename" "s.asc")) NIL NIL)'
)
FORWARDED = b'("message" "rfc822" NIL NIL NIL "7bit" 99 NIL ' + TEXT + b" 5 NIL NIL NIL NIL)"
CALENDAR = b'("text" "calendar" ("name" "i.ics") NIL NIL "7bit" 10 1 NIL NIL NIL NIL)'
ATTACHED_TEXT = b'("text" "plain" NIL NIL NIL "7bit" 10 1 NIL ("attachment" NIL) NIL NIL)'


@pytest.mark.parametrize(
    ("structure", "expected"),
    [
        (TEXT, False),
        (PDF, True),
        (b"(" + TEXT + HTML + b' "alternative" ("boundary" "x") NIL NIL NIL)', False),
        (b"(" + TEXT + PDF + b' "mixed" ("boundary" "application") NIL NIL NIL)', True),
        (b"((" + TEXT + HTML + b' "alternative")' + SHOWN + b' "related")', False),
        (b"(" + TEXT + PICTURE + b' "mixed")', True),
        (b"(" + TEXT + SIGNATURE + b' "signed")', False),
        (b"(" + TEXT + FORWARDED + b' "mixed")', True),
        (b"(" + TEXT + CALENDAR + b' "mixed")', True),
        (ATTACHED_TEXT, True),
        (b'("TEXT" "PLAIN" ("NAME" {4}\r\n.(pd) NIL NIL "7BIT" 10 1)', False),
        (b'("application"', None),
        (b"(" * 500 + PDF + b")" * 500, None),
        (b'("message" "rfc822")', True),
        (b"()", False),
    ],
)
def test_a_structure_tells_of_attachments(structure: bytes, expected: bool | None) -> None:
    assert has_attachment(structure) is expected


def test_new_uids_of_copies_are_paired() -> None:
    found = read_copy_uid(b"38505 304,319:320 3956:3958")
    assert found is not None
    assert (found.uidvalidity, found.pairs) == (38505, ((304, 3956), (319, 3957), (320, 3958)))
    assert read_copy_uid(b"38505 1:2 3") is None
    assert read_copy_uid(b"nonsense") is None
    assert read_append_uid(b"38505 3955") == (38505, 3955)
    assert read_append_uid(b"38505") is None


def test_news_are_taken_once() -> None:
    news = FolderNews()
    for data in (
        b"* 9 EXISTS",
        b"* 2 EXPUNGE",
        b"* VANISHED 4:5",
        b"* VANISHED (EARLIER) 1",
        b"* 1 FETCH (FLAGS ())",
    ):
        assert news.add(read_response(Line(data)))
    assert news.add(read_response(Line(b"* 1 FETCH (UID 8 FLAGS (\\Seen a) MODSEQ (6))")))
    assert not news.add(read_response(Line(b"* 1 FETCH (UID 8 MODSEQ (7))")))
    assert not news.add(read_response(Line(b"* OK hi")))
    assert news
    taken = news.take()
    assert (taken.exists, taken.vanished) == (6, [(4, 5), (1, 1)])
    assert taken.arrived
    assert taken.expunged
    assert taken.stirred
    assert taken.flags == {8: (Flag.SEEN, ("a",), 6)}
    assert not news
    assert news.exists == 6


def test_a_response_finds_the_command_that_asked_for_it() -> None:
    heads = Gathering("1:5", "FLAGS RFC822.SIZE", FolderNews())
    bodies = Gathering("3:4", "BODY.PEEK[]", FolderNews())
    body = Fetched(3, body=b"x")
    assert not heads.collect(body)
    assert bodies.collect(body)
    assert heads.collect(Fetched(3, flags=Flag.SEEN, size=9))
    assert not heads.collect(Fetched(6, flags=Flag.SEEN, size=9))
    assert not bodies.collect(Fetched(5, body=b"x"))
    assert not bodies.collect(Fetched(3, body=b"again"))
    assert bodies.answers == {3: body}


def test_an_answer_in_two_pieces_is_put_together() -> None:
    gathering = Gathering("1", "RFC822.SIZE INTERNALDATE", FolderNews())
    assert gathering.collect(Fetched(1, size=9))
    assert gathering.collect(Fetched(1, internal_date=5))
    assert gathering.answers == {1: Fetched(1, size=9, internal_date=5)}


def test_flags_that_come_beside_a_body_are_news_too() -> None:
    news = FolderNews()
    gathering = Gathering("1", "BODY.PEEK[]", news)
    assert gathering.collect(Fetched(1, flags=Flag.SEEN, body=b"x"))
    assert gathering.answers[1].body == b"x"
    assert news.flags == {1: (Flag.SEEN, (), None)}

"""mbox: what was written is read again octet for octet, and every dialect in use is understood."""

import io
import mailbox
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.mime.mbox import Entry, is_mbox, read, resting, travelling, written
from tui_mail.model.message import Flag

MOST = 1 << 20
HEAD = b"Subject: x\nMessage-ID: <1@example.org>\n\n"
STAMP = b"From ada@example.org Tue May 12 12:02:00 2026\n"


class Slow(io.RawIOBase):
    """A file that gives at most `step` octets at a time."""

    def __init__(self, content: bytes, step: int) -> None:
        super().__init__()
        self._rest, self._step = content, step

    def read(self, size: int = -1) -> bytes:
        step = self._step if size < 0 else min(size, self._step)
        given, self._rest = self._rest[:step], self._rest[step:]
        return given


def entries(content: bytes, step: int = 1 << 20, most: int = MOST) -> list[Entry]:
    return list(read(Slow(content, step), most))  # type: ignore[arg-type]  # it reads, and that is all


def bodies(content: bytes, step: int = 1 << 20) -> list[bytes | None]:
    return [entry.raw for entry in entries(content, step)]


pieces = st.sampled_from(
    [
        b"From ",
        b">From ",
        b">>From ada Tue May 12 12:02:00 2026",
        b"From ada Tue May 12 12:02:00 2026",
        b"\r\n",
        b"\n",
        b"\r",
        b"\0",
        b"Subject: x",
        b"Status: RO\n",
        b"X-Status: F\n",
        b"Content-Length: 7\r\n",
        b"text",
        b"\xff\xe4",
        b" ",
    ]
)
messages = st.lists(pieces | st.binary(max_size=5), max_size=12).map(b"".join)
flags = st.integers(0, 63).map(Flag)


@given(st.lists(st.tuples(messages, flags, st.integers(0, 4_000_000_000)), max_size=5), st.integers(1, 50))
def test_what_was_written_is_read_again(written_ones: list[tuple[bytes, Flag, int]], step: int) -> None:
    content = b"".join(written(raw, "ada@example.org", date, mark) for raw, mark, date in written_ones)
    assert entries(content, step) == [
        Entry(number, travelling(raw), mark, False, date)
        for number, (raw, mark, date) in enumerate(written_ones, 1)
    ]


@given(messages.map(travelling))
def test_a_message_that_travels_is_given_back_exactly(raw: bytes) -> None:
    assert travelling(raw) == raw
    assert travelling(resting(raw)) == raw
    assert bodies(written(raw, "", 0, Flag.NONE)) == [raw]


@given(st.binary(max_size=300), st.integers(1, 40))
def test_no_file_makes_it_fail_or_lose_its_end(content: bytes, step: int) -> None:
    found = entries(b"From x\n" + content, step)
    assert found
    assert sum(len(entry.raw or b"") for entry in found) <= 2 * len(content)


def test_others_read_what_is_written(tmp_path: Path) -> None:
    raw = b"Subject: one\r\n\r\nFrom here\r\nto there\r\n"
    place = tmp_path / "box"
    place.write_bytes(b"".join(written(raw, "ada@example.org", 0, Flag.SEEN | Flag.FLAGGED) for _ in "ab"))
    with_box = mailbox.mbox(place)
    try:
        first, second = list(with_box)
        assert first.get_flags() == "ROF"
        assert second.get_payload() == ">From here\nto there\n"
    finally:
        with_box.close()


def test_the_date_and_the_sender_stand_in_the_separating_line() -> None:
    line = written(b"x", "ada@example.org", 1_778_587_320, Flag.NONE).split(b"\n")[0]
    assert line == b"From ada@example.org Tue May 12 12:02:00 2026"
    assert written(b"x", "a b", 0, Flag.NONE).startswith(b"From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n")


@pytest.mark.parametrize(
    ("line", "date"),
    [
        (b"From ada@example.org Tue May 12 12:02:00 2026", 1_778_587_320),
        (b"From - Tue May 12 12:02:00 2026", 1_778_587_320),
        (b"From ada@example.org  Tue May 12 14:02:00 +0200 2026", 1_778_587_320),
        (b"From ada@example.org Tue May 12 14:02:00 2026 +0200", 1_778_587_320),
        (b"From ada at example.org  Tue May 12 12:02 CEST 2026", 1_778_587_320),
        (b"From 1234@xxx Tue May 12 12:02:00 +0000 2026", 1_778_587_320),
        (b"From ada@example.org", None),
        (b"From ada@example.org Tue Foo 12 12:02:00 2026", None),
    ],
)
def test_dates_of_separating_lines_are_understood(line: bytes, date: int | None) -> None:
    assert [entry.date for entry in entries(line + b"\n" + HEAD + b"text\n")] == [date]


def test_an_mbox_of_others_is_parted_and_unquoted() -> None:
    content = STAMP + HEAD + b">From here\n>>From there\n\n" + STAMP + HEAD + b"two\n\n"
    assert bodies(content) == [
        travelling(HEAD + b"From here\n>From there\n"),
        travelling(HEAD + b"two\n"),
    ]


def test_messages_without_empty_lines_between_them_keep_their_last_line() -> None:
    content = STAMP + HEAD + b"one\n" + STAMP + HEAD + b"two\n"
    assert bodies(content) == [travelling(HEAD + b"one\n"), travelling(HEAD + b"two\n")]


def test_a_sentence_that_begins_with_from_separates_nothing() -> None:
    text = b"one\n\nFrom here on it is easy\nFrom 10:30 on\n\nFrom now on: yes\n"
    assert bodies(STAMP + HEAD + text + b"\n" + STAMP + HEAD + b"two\n") == [
        travelling(HEAD + text),
        travelling(HEAD + b"two\n"),
    ]


def test_a_separator_without_a_date_is_known_by_what_stands_around_it() -> None:
    content = b"From ada\n" + HEAD + b"one\n\nFrom bob\n" + HEAD + b"two\n"
    assert bodies(content) == [travelling(HEAD + b"one\n"), travelling(HEAD + b"two\n")]


def test_content_length_counts_where_it_is_sound() -> None:
    text = b"one\n\n" + STAMP + b"Subject: forwarded\n\n>From here\n"
    head = b"Subject: x\nContent-Length: %d\n\n" % len(text)
    content = STAMP + head + text + b"\n" + STAMP + HEAD + b"two\n"
    for step in (1, 7, 1 << 20):
        assert bodies(content, step) == [travelling(head + text), travelling(HEAD + b"two\n")]


@pytest.mark.parametrize("length", [b"3", b"5", b"99999999999", b"x"])
def test_content_length_is_passed_over_where_it_is_not(length: bytes) -> None:
    head = b"Subject: x\nContent-Length: " + length + b"\n\n"
    content = STAMP + head + b"one two\n\n" + STAMP + HEAD + b"two\n"
    assert bodies(content) == [travelling(head + b"one two\n"), travelling(HEAD + b"two\n")]


def test_a_file_with_crlf_is_read_too() -> None:
    content = travelling(STAMP + HEAD + b">From here\n\n" + STAMP + HEAD + b"two\n\n")
    assert bodies(content) == [travelling(HEAD + b"From here\n"), travelling(HEAD + b"two\n")]


@pytest.mark.parametrize(
    ("field", "mark"),
    [
        (b"Status: RO\n", Flag.SEEN),
        (b"Status: O\nX-Status: AF\n", Flag.ANSWERED | Flag.FLAGGED),
        (b"X-Mozilla-Status: 0001\n", Flag.SEEN),
        (b"X-Mozilla-Status: 1006\n", Flag.ANSWERED | Flag.FLAGGED | Flag.FORWARDED),
    ],
)
def test_flags_of_others_are_read_and_their_fields_stay(field: bytes, mark: Flag) -> None:
    (entry,) = entries(STAMP + b"Subject: x\n" + field + b"\nStatus: RO\n")
    assert (entry.flags, entry.raw) == (mark, travelling(b"Subject: x\n" + field + b"\nStatus: RO\n"))


def test_what_thunderbird_removed_and_left_in_the_file_is_known() -> None:
    content = b"".join(STAMP + b"X-Mozilla-Status: %s\n\ntext\n\n" % bits for bits in (b"0001", b"0009"))
    assert [(entry.flags, entry.removed) for entry in entries(content)] == [
        (Flag.SEEN, False),
        (Flag.SEEN, True),
    ]


@pytest.mark.parametrize("step", [1, 1000, 1 << 20])
def test_a_message_that_is_too_large_is_passed_over_and_the_next_is_not(step: int) -> None:
    large = HEAD + b"x" * 50_000 + b"\n"
    content = STAMP + HEAD + b"one\n\n" + STAMP + large + b"\n" + STAMP + HEAD + b"two\n"
    assert [entry.raw for entry in entries(content, step, most=10_000)] == [
        travelling(HEAD + b"one\n"),
        None,
        travelling(HEAD + b"two\n"),
    ]


def test_only_what_begins_with_a_separator_is_an_mbox() -> None:
    assert is_mbox(STAMP)
    assert is_mbox(b"\r\n\n" + STAMP)
    assert not is_mbox(HEAD)
    assert entries(b"") == []

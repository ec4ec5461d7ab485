"""What leaves is what was queued, its dots doubled, wherever it is cut; and never half a line end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.model.errors import MailError
from tui_mail.smtp.stuffing import LINE_LIMIT, stuffed

lines = st.lists(
    st.binary(max_size=8).map(lambda line: line.translate(None, b"\r\n\0"))
    | st.sampled_from([b".", b"..", b"", b".x", b"x" * LINE_LIMIT]),
    max_size=12,
)


def cut(raw: bytes, size: int) -> list[bytes]:
    return [raw[at : at + size] for at in range(0, len(raw), size)]


def unstuffed(wire: bytes) -> bytes:
    """What a server makes of it, read as RFC 5321 says."""
    *whole, end = wire.split(b"\r\n")
    assert end == b""
    assert whole.pop() == b"."
    assert b"." not in whole
    return b"".join(line[line.startswith(b".") :] + b"\r\n" for line in whole)


@given(lines, st.integers(1, 40), st.booleans())
def test_the_server_reads_the_letter_that_was_queued(some: list[bytes], size: int, open_end: bool) -> None:
    raw = b"\r\n".join([b"Subject: x", *some, b"end"]) + (b"" if open_end else b"\r\n")
    sent = list(stuffed(cut(raw, size)))
    wire = b"".join(octets for octets, _ in sent) + b"\r\n.\r\n"
    assert unstuffed(wire) == raw.removesuffix(b"\r\n") + b"\r\n"
    assert sent[-1][1] == len(raw)


@given(lines, st.sampled_from([b"\r", b"\n", b"\0", b"\r\r\n", b"\n\n", b"x" * 999]), st.integers(1, 40))
def test_half_a_line_end_never_leaves(some: list[bytes], bad: bytes, size: int) -> None:
    raw = b"\r\n".join([*some, b"<!" + bad + b"!>", *some]) + b"\r\n"
    left: list[bytes] = []
    with pytest.raises(MailError, match="was not sent"):
        left.extend(octets for octets, _ in stuffed(cut(raw, size)))
    wire = b"".join(left)
    assert b"<!" not in wire
    assert wire.count(b"\r") == wire.count(b"\n") == wire.count(b"\r\n")

"""A message comes apart at its boundaries, in one pass, and no bomb makes that long or deep."""

import pytest

from tests.mime.letters import message, multipart, oddity, part
from tui_mail.mime.tree import DEPTH_LIMIT, PARTS_LIMIT, Part, tree


def outline(root: Part) -> list[tuple[str, str]]:
    return [(one.path, one.media_type) for one in root.walk()]


def contents(raw: bytes) -> dict[str, bytes]:
    return {one.path: one.content(raw) for one in tree(raw).walk() if not one.children}


def test_parts_are_numbered_as_imap_numbers_them() -> None:
    inner = multipart("alternative", part("text/plain", "a"), part("text/html", "b"), boundary="in")
    raw = message(multipart("mixed", inner, part("image/png", "c")).partition("\r\n\r\n")[2],
                  'Content-Type: multipart/mixed; boundary="=b"')  # fmt: skip
    assert outline(tree(raw)) == [
        ("", "multipart/mixed"),
        ("1", "multipart/alternative"),
        ("1.1", "text/plain"),
        ("1.2", "text/html"),
        ("2", "image/png"),
    ]
    assert contents(raw) == {"1.1": b"a", "1.2": b"b", "2": b"c"}


def test_a_message_of_one_part_is_part_one() -> None:
    raw = message("hello", "Subject: x")
    assert contents(raw) == {"1": b"hello"}


def test_the_line_end_before_a_boundary_belongs_to_the_boundary() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nlast line\n\n--b--\n"
    assert contents(raw) == {"1": b"last line\n"}


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_any_line_end_will_do(line_end: bytes) -> None:
    header = line_end.join([b"Content-Type: multipart/mixed; boundary=b", b"", b"--b", b"A: 1"])
    raw = line_end.join([header, b"", b"x", b"--b--"])
    assert contents(raw) == {"1": b"x"}


def test_a_boundary_never_closed_ends_with_the_message() -> None:
    assert contents(oddity("boundary_never_closed"))["2"] == b"07:10,08:25\r\n"


def test_an_inner_boundary_never_closed_ends_with_its_parent() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=out\n\n"
        b"--out\nContent-Type: multipart/mixed; boundary=in\n\n"
        b"--in\n\none\n--out\n\ntwo\n--out--\nepilogue\n"
    )
    assert contents(raw) == {"1.1": b"one", "2": b"two"}


def test_one_boundary_may_begin_with_another() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=b-b\n\n"
        b"--b-b\n\none\n--b-b--\n--b\n\ntwo\n--b--\n"
    )
    assert contents(raw) == {"1.1": b"one", "2": b"two"}


def test_words_after_a_boundary_are_ignored() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n--b  and so on\n\none\n--b-- the end\nepilogue"
    assert contents(raw) == {"1": b"one"}


def test_a_boundary_with_spaces_in_it_is_found() -> None:
    raw = b'Content-Type: multipart/mixed; boundary="a  b"\n\n--a  b\n\none\n--a  b--\n'
    assert contents(raw) == {"1": b"one"}


@pytest.mark.parametrize("announced", ["", "; boundary=wrong"])
def test_a_boundary_announced_wrongly_is_found_in_use(announced: str) -> None:
    raw = f"Content-Type: multipart/mixed{announced}\n\n--right\n\none\n--right\n\ntwo\n--right--\n".encode()
    assert contents(raw) == {"1": b"one", "2": b"two"}


def test_a_missing_blank_line_loses_no_part() -> None:
    found = contents(oddity("no_blank_line_before_the_first_part"))
    assert b"here at last" in found.values()


def test_a_message_without_a_header_is_all_text() -> None:
    assert contents(b"just words\n\nand more") == {"1": b"just words\n\nand more"}


def test_blank_lines_before_the_header_are_passed_over() -> None:
    assert contents(b"\r\n\nSubject: x\n\nbody") == {"1": b"body"}


def test_a_digest_holds_messages() -> None:
    raw = b"Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: inner\n\nx\n--b--\n"
    assert outline(tree(raw))[1] == ("1", "message/rfc822")


def test_an_inner_message_is_one_part() -> None:
    inner = "Content-Type: multipart/mixed; boundary=in\r\n\r\n--in\r\n\r\nx\r\n--in--"
    raw = message(multipart("mixed", part("message/rfc822", inner)).partition("\r\n\r\n")[2],
                  'Content-Type: multipart/mixed; boundary="=b"')  # fmt: skip
    assert contents(raw) == {"1": inner.encode()}


def test_ten_thousand_levels_are_fifty() -> None:
    levels = b"".join(
        b"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n" % (level, level + 1)
        for level in range(10_000)
    )
    root = tree(b"Content-Type: multipart/mixed; boundary=b0\n\n" + levels)
    assert max(one.path.count(".") for one in root.walk()) == DEPTH_LIMIT - 1


def test_a_million_parts_are_a_thousand_and_the_rest_is_one() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 1_000_000
    parts = list(tree(raw).walk())
    assert len(parts) == PARTS_LIMIT + 1
    assert parts[-1].media_type == "application/octet-stream"
    assert parts[-1].end == len(raw)

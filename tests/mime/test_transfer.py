"""Transfer encodings come off, however they were damaged."""

import base64
import binascii

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.mime.transfer import from_base64, undone


@pytest.mark.parametrize(
    ("encoded", "octets"),
    [
        (b"aGVsbG8=", b"hello"),
        (b"aGVsbG8", b"hello"),
        (b"aGVs\r\nbG8=\r\n", b"hello"),
        (b"aGVs*bG8=!", b"hello"),
        (b"aGVsbG8=aGVsbG8=", b"hellohello"),
        (b"aGVsbG8==\n--junk", b"hello\xfb\xe8\xa7\xb9"[:5] + from_base64(b"junk")),
        (b"a", b""),
        (b"====", b""),
        (b"", b""),
    ],
)
def test_base64_is_read_leniently(encoded: bytes, octets: bytes) -> None:
    assert from_base64(encoded) == octets


def test_quoted_printable_keeps_what_it_cannot_read() -> None:
    assert undone(b"a=3D=\r\nb=ZZ=", "quoted-printable") == b"a=b=ZZ"


def test_uuencoded_text_is_read() -> None:
    lines = [binascii.b2a_uu(b"a quiet word" * 3), binascii.b2a_uu(b"more").rstrip() + b"xx\n"]
    assert (
        undone(b"preface\nbegin 644 a.txt\n" + b"".join(lines) + b"`\nend\n", "x-uuencode")
        == b"a quiet word" * 3 + b"more"
    )
    assert undone(b"no beginning", "x-uuencode") == b"no beginning"


def test_an_unknown_encoding_changes_nothing() -> None:
    assert undone(b"=41", "x-rot13") == b"=41"


@given(st.binary())
def test_no_octets_raise(data: bytes) -> None:
    for encoding in ("base64", "quoted-printable", "x-uuencode"):
        undone(data, encoding)
        undone(b"begin 644 x\n" + data, encoding)


@given(st.binary())
def test_what_was_encoded_comes_back(data: bytes) -> None:
    assert undone(base64.encodebytes(data), "base64") == data
    assert undone(binascii.b2a_qp(data, istext=False), "quoted-printable") == data

"""Text is read in the charset it is in, whatever its label says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.mime.charsets import decoded

LABELS = st.sampled_from(["utf-7", "hz", "gb18030", "big5", "euc-kr", "iso-2022-kr", "cp1255", "utf-16"])


@pytest.mark.parametrize(
    ("octets", "label", "text"),
    [
        ("Grüße".encode(), "utf-8", "Grüße"),
        ("Grüße".encode(), "", "Grüße"),
        ("Grüße".encode(), "us-ascii", "Grüße"),
        ("Grüße".encode("latin-1"), "utf-8", "Grüße"),
        ("Grüße".encode("latin-1"), "", "Grüße"),
        ("Grüße".encode("latin-1"), "us-ascii", "Grüße"),
        ("“quoted”".encode("cp1252"), "iso-8859-1", "“quoted”"),
        ("Łódź".encode("iso-8859-2"), "ISO-8859-2", "Łódź"),
        ("Привет".encode("koi8-r"), "koi8r", "Привет"),
        ("Привет".encode("cp1251"), "windows1251", "Привет"),
        ("Привет".encode("cp1251"), "x-cp1251", "Привет"),
        ("中文".encode("gbk"), "gb2312", "中文"),
        ("한글".encode("cp949"), "ks_c_5601-1987", "한글"),
        ("日本".encode("iso-2022-jp"), "", "日本"),
        ("日本".encode("shift_jis"), "x-sjis", "日本"),
        ("naïve, naïve, naïve".encode()[:-3], "utf-8", "naïve, naïve, na\ufffd"),
        (b"\x81\x8d", "", "\x81\x8d"),
        (b"+2AA-", "utf-7", "\ufffd"),
        ("Grüße".encode("utf-16"), "utf-16", "Grüße"),
        ("Grüße".encode(), 'utf-8"; junk', "Grüße"),
        ("Grüße".encode(), "x" * 10_000, "Grüße"),
        ("Grüße".encode(), "hex", "Grüße"),
        ("Grüße".encode(), "\x00", "Grüße"),
    ],
)
def test_octets_become_text(octets: bytes, label: str, text: str) -> None:
    assert decoded(octets, label) == text


@given(
    st.binary(),
    LABELS,
)
def test_no_octets_raise_or_leave_a_lone_surrogate(octets: bytes, label: str) -> None:
    decoded(octets, label).encode()


@given(st.binary(), st.text(st.characters(codec=None)))
def test_no_label_raises(octets: bytes, label: str) -> None:
    decoded(octets, label).encode()

"""Whatever comes from outside, what passes the one door cannot drive a terminal or hide from the reader."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.model.safe_text import (
    LINE_LIMIT,
    MARKS_IN_A_ROW,
    joined,
    safe_body,
    safe_identity,
    safe_text,
)

SCOPES = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
NAUGHTY = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(
            f"\x00\x07\x08\t\n\r\x1b\x7f\x85\x9b\x9d\u2028\ud800\ufeff\u200b\u200d\u200e{SCOPES}"
        ),
        st.sampled_from("\u0301\u0489\u05b0\u0e34\u1dc0\u20dd\U000e0041\U000e0101a[]"),
    ),
    max_size=200,
)


def stack_height(text: str) -> int:
    highest = height = 0
    for char in text:
        if unicodedata.category(char) in ("Mn", "Me"):
            height += 1
        elif unicodedata.category(char) != "Cf":
            height = 0
        highest = max(highest, height)
    return highest


def forbidden(text: str) -> list[str]:
    return [char for char in text if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") or char in SCOPES]


@pytest.mark.parametrize(
    ("outside", "shown"),
    [
        ("\x1b]52;c;cm0gLXJm\x07", "␛]52;c;cm0gLXJm␇"),
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("\x9b31mred", "⟨009B⟩31mred"),
        ("\x90q\x9c", "⟨0090⟩q⟨009C⟩"),
        ("nul\x00del\x7f", "nul␀del␡"),
        ("two\r\nlines\tand a tab", "two  lines and a tab"),
        ("line\u2028paragraph\u2029", "line⟨2028⟩paragraph⟨2029⟩"),
        ("half\ud83d", "half\ufffd"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("a\u2067b\u2069c", "abc"),
        ("\ufeffsoft\u00adhy\u200bphen\u2060", "softhyphen"),
        ("tag\U000e0041", "tag⟨E0041⟩"),
        ("葛\U000e0100城", "葛城"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d👧", "👩\u200d👧"),
        ("❤\ufe0f", "❤\ufe0f"),
        ("שלום\u200f!", "שלום\u200f!"),
        ("[/b] plan [@click=app.quit]x[/]", "[/b] plan [@click=app.quit]x[/]"),
        ("Grüße aus 東京", "Grüße aus 東京"),
        ("", ""),
    ],
)
def test_a_line_is_shown_without_its_teeth(outside: str, shown: str) -> None:
    assert safe_text(outside) == shown


@pytest.mark.parametrize(
    ("outside", "shown"),
    [
        ("jo\u202e@example.org", "jo⟨202E⟩@example.org"),
        ("jo\u200e@example.org", "jo⟨200E⟩@example.org"),
        ("jo\u061c\u2066@example.org", "jo⟨061C⟩⟨2066⟩@example.org"),
        ("bank\u00ad@example.org", "bank⟨00AD⟩@example.org"),
        ("ba\u200dnk@exa\u200bmple.org", "ba⟨200D⟩nk@exa⟨200B⟩mple.org"),
        ("گزارش\u200cها.pdf", "گزارش\u200cها.pdf"),
        ("plain@example.org", "plain@example.org"),
        ("a\nb\x1b", "a b␛"),
    ],
)
def test_an_identity_hides_nothing(outside: str, shown: str) -> None:
    assert safe_identity(outside) == shown


def test_a_body_keeps_its_lines_and_its_columns() -> None:
    assert safe_body("a\tb\r\nlonger\tc\rend\x0c") == "a       b\nlonger  c\nend␌"


def test_a_long_line_is_cut_and_says_so() -> None:
    assert len(safe_text("x" * (LINE_LIMIT + 1))) == LINE_LIMIT
    assert safe_text("x" * (LINE_LIMIT + 1)).endswith("x…")
    assert safe_text("x" * LINE_LIMIT) == "x" * LINE_LIMIT
    assert safe_identity("abcdef", 4) == "abc…"


@pytest.mark.parametrize(
    "mark", ["\u0301", "\u0489", "\u05b0", "\u064e", "\u0730", "\u0e34", "\u0eb4", "\u3099"]
)
@pytest.mark.parametrize("between", ["", "\u200b", "\u200d", "\u034f", "\u200e", "\ufe00"])
def test_marks_do_not_pile_up_whatever_stands_between(mark: str, between: str) -> None:
    tower = "a" + (mark * MARKS_IN_A_ROW + between) * 5 + "b"
    for shown in (safe_text(tower), safe_body(tower)):
        assert stack_height(shown) == MARKS_IN_A_ROW
        assert shown[0] == "a"
        assert shown[-1] == "b"


def test_marks_do_not_pile_up_where_texts_are_joined() -> None:
    pieces = [safe_text("a" + "\u0301" * 8), safe_text("\u0301" * 8)]
    assert stack_height(joined(pieces)) == MARKS_IN_A_ROW
    assert joined([safe_text("a"), safe_text("b")], ", ") == "a, b"


def test_honest_marks_stay() -> None:
    for honest in ("é", "שָׁלוֹם", "مُحَمَّد", "กิ่ง", "Việt Nam", "हिन्दी", "…!?—«»“”…!?—"):
        for text in (honest, unicodedata.normalize("NFD", honest)):
            assert safe_text(text) == text


def test_every_control_and_every_mark_of_unicode_passes_only_harmless() -> None:
    for code in range(0x110000):
        char = chr(code)
        if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp", "Cf", "Mn", "Me"):
            shown = safe_text(f"a{char * 20}b")
            assert not forbidden(shown), hex(code)
            assert stack_height(shown) <= MARKS_IN_A_ROW, hex(code)


@given(NAUGHTY)
def test_no_text_at_all_gets_through_with_teeth(text: str) -> None:
    for shown in (safe_text(text), safe_identity(text)):
        assert not forbidden(shown)
        assert stack_height(shown) <= MARKS_IN_A_ROW
    body = safe_body(text)
    assert not forbidden(body.replace("\n", ""))
    assert stack_height(body) <= MARKS_IN_A_ROW


@given(NAUGHTY)
def test_what_passed_once_passes_unchanged(text: str) -> None:
    assert safe_text(safe_text(text)) == safe_text(text)
    assert safe_body(safe_body(text)) == safe_body(text)
    assert safe_identity(safe_identity(text)) == safe_identity(text)

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tui_mail.model.safe_text import safe_body
from tui_mail.ui.breaks import breaks
from tui_mail.ui.format import cells, steady


def broken(text: str, width: int) -> list[str]:
    return [text[start:end] for start, end in breaks(text, width)]


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 10, [""]),
        ("one two three", 13, ["one two three"]),
        ("one two three", 9, ["one two", "three"]),
        ("one  two   three", 9, ["one  two", "three"]),
        ("one\n\ntwo", 9, ["one", "", "two"]),
        ("  indented text", 11, ["  indented", "text"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("x abcdefghij y", 4, ["x", "abcd", "efgh", "ij y"]),
        ("https://example.org/one/two", 22, ["https://example.org/", "one/two"]),
        ("日本語のテキスト", 8, ["日本語の", "テキスト"]),
        ("日本語、のテキスト", 6, ["日本", "語、の", "テキス", "ト"]),
        ("see 日本語", 7, ["see 日", "本語"]),
        ("日本", 1, ["日", "本"]),
        ("مرحبا بكم اليوم", 9, ["مرحبا بكم", "اليوم"]),
        ("e\u0301" * 6, 4, ["e\u0301" * 4, "e\u0301" * 2]),
        ("word ", 4, ["word"]),
    ],
)
def test_a_text_breaks_where_a_reader_expects_it(text: str, width: int, lines: list[str]) -> None:
    assert broken(text, width) == lines


@given(st.text(alphabet=st.sampled_from("ab /日、é\u0301👍\n\u00a0م"), max_size=200), st.integers(2, 30))
@example("日" * 40, 3)
def test_no_line_is_wider_than_its_room_and_only_blanks_are_lost(text: str, width: int) -> None:
    text = steady(safe_body(text))
    stretches = list(breaks(text, width))

    assert all(cells(text[start:end]) <= width for start, end in stretches)
    assert all(one[1] <= other[0] for one, other in pairwise(stretches))
    kept = "".join(text[start:end] for start, end in stretches)
    assert kept.replace(" ", "") == text.replace(" ", "").replace("\n", "")

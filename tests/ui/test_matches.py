import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.model.safe_text import safe_text
from tui_mail.ui.matches import folded, parted


@pytest.mark.parametrize(
    ("text", "words", "found"),
    [
        ("Budget for May", ["bud"], ["Bud"]),
        ("Zoë and ZOE", ["zoe"], ["Zoë", "ZOE"]),
        ("subbudget", ["budget"], []),
        ("may, May; maypole", ["may"], ["may", "May", "may"]),
        ("最新的会议", ["会议"], ["会议"]),
        ("one two", ["one", "two"], ["one", "two"]),
        ("ababab", ["ab", "aba"], ["ab", "a"]),
        ("Straße", ["stra"], ["Stra"]),
    ],
)
def test_words_are_found_where_they_begin(text: str, words: list[str], found: list[str]):
    assert [piece for piece, marked in parted(safe_text(text), words) if marked] == found


@given(st.text(), st.lists(st.text(max_size=3), max_size=4))
def test_the_pieces_are_the_text_whatever_is_looked_for(text: str, words: list[str]):
    safe = safe_text(text)
    assert "".join(piece for piece, _ in parted(safe, [folded(word) for word in words])) == safe


@given(st.text())
def test_folding_keeps_the_length(text: str):
    assert len(folded(text)) == len(text)

"""Flowed text: what a reader of RFC 3676 makes of our lines is what was typed."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.mime.flowed import flowed


def unflowed(text: str) -> list[tuple[int, str]]:
    """A reader of its own, after RFC 3676, 4.1 to 4.5, with DelSp=no."""
    paragraphs: list[tuple[int, str]] = []
    open_level: int | None = None
    for line in text.split("\n"):
        level = len(line) - len(line.lstrip(">"))
        content = line[level:]
        content = content[1:] if content[:1] == " " else content
        if content == "-- ":
            paragraphs.append((level, content))
            open_level = None
            continue
        if open_level == level:
            paragraphs[-1] = (level, paragraphs[-1][1] + content)
        else:
            paragraphs.append((level, content))
        open_level = level if content.endswith(" ") else None
    return paragraphs


def meant(text: str) -> Iterator[tuple[int, str]]:
    """What a typed text without soft breaks of its own says, line by line."""
    for line in text.split("\n"):
        marks = re.match(r"(?:> ?)*", line)
        assert marks is not None
        content = line[marks.end() :]
        yield marks[0].count(">"), content if content == "-- " else content.rstrip(" ")


WORDS = st.text("ab>-F ", min_size=1, max_size=30) | st.sampled_from(["-- ", "From here", " ", "x" * 90, "ü"])
LINES = st.lists(WORDS, max_size=12).map("".join).map(lambda line: line.replace("\n", ""))


@given(st.lists(LINES, max_size=8))
def test_a_reader_gets_the_paragraphs_that_were_typed(lines: list[str]) -> None:
    typed = [line.rstrip(" ") if line != "-- " else line for line in lines]
    text = "\n".join(typed)
    assert unflowed(flowed(text)) == list(meant(text))


@given(st.lists(LINES, max_size=8))
def test_lines_are_short_where_words_are_and_no_line_begins_with_from(lines: list[str]) -> None:
    for line in flowed("\n".join(lines)).split("\n"):
        assert not line.startswith("From ")
        longest = max(map(len, re.findall(r"[^ ]+ *|^ +", line)), default=0)
        assert len(line) <= 78 or longest + line.count(">") > 40


def test_a_quote_that_was_broken_for_the_screen_flows_again() -> None:
    words = "word " * 14
    text = f"> {words}\n> {words}\n> end\n>> {words}\n> other"
    assert unflowed(flowed(text)) == [(1, f"{words}{words}end"), (2, words.rstrip()), (1, "other")]


def test_the_mark_of_a_signature_is_neither_joined_nor_broken() -> None:
    assert flowed("Hello \n-- \nJo") == "Hello\n-- \nJo"
    assert flowed("> a \n> -- \n> Jo").split("\n")[1] == "> -- "
    assert "-- " not in flowed("-- " + "x" * 90).split("\n")


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("From me", " From me"),
        ("  indented", "   indented"),
        ("> > two", ">> two"),
        (">one", "> one"),
        (">", ">"),
        ("typed \r\nlines", "typed\nlines"),
        ("   ", ""),
    ],
)
def test_one_line_is_sent(typed: str, sent: str) -> None:
    assert flowed(typed) == sent

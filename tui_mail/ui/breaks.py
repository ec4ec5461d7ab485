"""Where a text breaks into lines of at most so many cells.

A line breaks at a newline, at blanks (which then belong to no line), between wide letters (but never before
their closing punctuation), and within a word only where the word is longer than a whole line: an address
then after one of its own separators where there is one near the end.
"""

import re
from collections.abc import Iterator

from rich.cells import split_graphemes

from tui_mail.ui.format import cells

Stretch = tuple[int, int]
"""Start and end of a line within its text."""

_WIDE = "\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff01-\uff60\U00020000-\U0003fffd"
_CLOSING = "、。，．・：；？！」』）】〕〉》’”…"
_TOKEN = re.compile(rf"\n| +|[{_WIDE}][{_CLOSING}]*|[^\n {_WIDE}]+")
_SEPARATORS = "/?&=-_.,;"


def breaks(text: str, width: int) -> Iterator[Stretch]:
    """Yield the lines of `text`, one at least."""
    width = max(1, width)
    start = 0
    for number, line in enumerate(text.split("\n")):
        start += number > 0
        yield from _of_line(text, start, start + len(line), width)
        start += len(line)


def _of_line(text: str, start: int, end: int, width: int) -> Iterator[Stretch]:
    if end - start <= width and cells(text[start:end]) <= width:
        yield start, end
        return
    last, taken, blanks = start, 0, 0
    for token in _TOKEN.finditer(text, start, end):
        size = cells(token[0])
        if token[0][0] == " ":
            blanks = size
            continue
        if taken + blanks + size <= width:
            taken += blanks + size
        else:
            if last > start:
                yield start, last
            start, taken = token.start(), size
            if size > width:
                for cut in _cuts(token[0], width):
                    yield start, token.start() + cut
                    start = token.start() + cut
                taken = cells(text[start : token.end()])
        last, blanks = token.end(), 0
    yield start, last


def _cuts(word: str, width: int) -> Iterator[int]:
    """Yield where a word is cut that is longer than a line; what is left behind the last cut fits."""
    if not word.isascii():
        taken = 0
        for begin, _, size in split_graphemes(word)[0]:
            if begin and taken + size > width:
                yield begin
                taken = 0
            taken += size
        return
    start = 0
    while len(word) - start > width:
        tail = range(start + width - 1, start + width * 2 // 3, -1)
        start = next((at + 1 for at in tail if word[at] in _SEPARATORS), start + width)
        yield start

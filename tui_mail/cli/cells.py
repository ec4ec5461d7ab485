"""How many columns of a terminal a text takes, without the screen's libraries.

Good enough for lines on stdout: wide and full-width letters (UAX #11) take two columns, combining marks and
format characters none.
"""

import unicodedata
from collections.abc import Iterator

_NONE = frozenset(("Mn", "Me", "Cf"))


def width(text: str) -> int:
    """Return the columns that `text` takes."""
    return len(text) if text.isascii() else sum(_cell(letter) for letter in text)


def cut(text: str, columns: int) -> str:
    """Return the beginning of `text` that fits, with an ellipsis where something was left out."""
    if width(text) <= columns:
        return text
    kept, used = [], 1
    for letter in text:
        used += _cell(letter)
        if used > columns:
            break
        kept.append(letter)
    return "".join(kept) + "…"


def padded(text: str, columns: int) -> str:
    """Return `text` in exactly `columns` columns."""
    text = cut(text, columns)
    return text + " " * (columns - width(text))


def wrapped(text: str, columns: int) -> Iterator[str]:
    """Yield the lines of a paragraph; a word longer than a line stands whole, so that links stay usable."""
    for line in text.split("\n"):
        words: list[str] = []
        used = 0
        for word in line.split(" "):
            needed = width(word) + (1 if words else 0)
            if words and used + needed > columns:
                yield " ".join(words)
                words, used, needed = [], 0, width(word)
            words.append(word)
            used += needed
        yield " ".join(words)


def _cell(letter: str) -> int:
    if unicodedata.category(letter) in _NONE:
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1

"""Text as format=flowed (RFC 3676), DelSp=no: a line that ends with a space goes on in the next one.

A typed line is a paragraph, broken softly at `WIDTH`. A quoted line that ends with a space goes on too, for
so `quoting` breaks long ones, and readers may break them elsewhere. "-- " is never broken softly nor joined.
"""

import re
from collections.abc import Iterator

WIDTH = 76
"""Characters of a line, its space and marks included; 78 are allowed (RFC 3676, 4.2)."""

PARAMETERS = "; format=flowed"

_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_MARKS = re.compile(r"(?:> ?)*+")
_CHUNK = re.compile(r" *[^ ]+ *")
_LEAST = 20
"""Characters that a line has at least beside its marks of quotes."""


def flowed(text: str) -> str:
    """Return a text as format=flowed, lines parted by newlines."""
    return "\n".join(line for level, line in _paragraphs(text) for line in _broken(level, line))


def _paragraphs(text: str) -> Iterator[tuple[int, str]]:
    """Yield each paragraph with its level of quotes."""
    held, held_level = "", 0
    for line in _LINE_ENDS.sub("\n", text).split("\n"):
        marks = _MARKS.match(line)
        assert marks is not None
        level, content = marks[0].count(">"), line[marks.end() :]
        if held and (level != held_level or content == "-- "):
            yield held_level, held
            held = ""
        if level and content.endswith(" ") and content.strip() and content != "-- ":
            held, held_level = held + content, level
        else:
            yield level, held + content
            held = ""
    if held:
        yield held_level, held


def _broken(level: int, content: str) -> Iterator[str]:
    """Yield the lines of a paragraph."""
    marks = ">" * level + (" " if level else "")
    if content != "-- ":
        content = content.rstrip(" ")
    if not content:
        yield marks.rstrip()
        return
    room = max(WIDTH - len(marks) - 1, _LEAST)
    line = ""
    for chunk in _CHUNK.findall(content):
        if line and len(line) + len(chunk) > room and line != "-- ":
            yield marks + _stuffed(line, level)
            line = ""
        line += chunk
    yield marks + _stuffed(line, level)


def _stuffed(line: str, level: int) -> str:
    """Return a line with a space before what would mean something else; a quoted one has its space."""
    stuffed = not level and line.startswith((" ", ">", "From "))
    return f" {line}" if stuffed else line


def unflowed(text: str) -> str:
    """Return flowed text as it was typed: a paragraph of one's own on one line, quotes as they stand."""
    lines: list[str] = []
    goes_on = False
    for line in text.split("\n"):
        quote = line.startswith(">")
        content = line[1:] if line.startswith(" ") else line
        if goes_on and not quote and content != "-- ":
            lines[-1] += content
        else:
            lines.append(line if quote else content)
        goes_on = not quote and content.endswith(" ") and content != "-- "
    return "\n".join(line if line.startswith(">") or line == "-- " else line.rstrip(" ") for line in lines)

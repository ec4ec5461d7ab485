"""The text of a letter as an answer quotes it, and as it is passed on: lines out of what the reader shows.

So an HTML letter is quoted as readably as it is read. Quotes within keep their levels; the sender's own
signature is left out. A quoted line too long for the screen is broken, and ends with a space there, so that
it flows again when the letter leaves (`flowed`).
"""

import unicodedata
from collections.abc import Iterator

from tui_mail.model.document import Block, BlockKind, Document, Run
from tui_mail.model.safe_text import safe_body

WIDTH = 72
"""Columns of a quoted line."""

_LEAST = 24
"""Columns that a quoted line has at least, however deep it lies."""

_RULE = "-" * 20


def quoted(document: Document) -> str:
    """Return a document as a quote, without its own signature."""
    lines = ((block_level, line) for block_level, line in _lines(document, links=False) if block_level >= 0)
    return "\n".join(_marked(level + 1, line) for level, line in _trimmed(lines))


def quoted_text(text: str) -> str:
    """Return a text, such as what was selected, as a quote."""
    return "\n".join(_marked(*_leveled(line)) for line in safe_body(text).strip("\n").split("\n"))


def plain(document: Document) -> str:
    """Return all of a document as text; where a link's target is not its text, it follows."""
    return "\n".join(
        _marks(level) + line if line else _marks(level).rstrip()
        for level, line in ((max(level, 0), line) for level, line in _lines(document, links=True, all=True))
    ).strip("\n")


def _lines(document: Document, *, links: bool, all: bool = False) -> Iterator[tuple[int, str]]:
    """Yield each line with its level of quotes."""
    before: Block | None = None
    for block in document.blocks:
        if block.kind is BlockKind.SIGNATURE and not block.quote and not all:
            continue
        if before is not None and not _close(before, block):
            yield min(before.quote, block.quote), ""
        if block.kind is BlockKind.SIGNATURE and (before is None or before.kind is not BlockKind.SIGNATURE):
            yield block.quote, "-- "
        for line in _text(block, document, links=links).split("\n"):
            yield block.quote, line
        before = block


def _close(before: Block, block: Block) -> bool:
    """Tell whether no blank line stands between two blocks."""
    items = before.kind is block.kind is BlockKind.ITEM
    return block.tight or (items and before.quote == block.quote)


def _text(block: Block, document: Document, *, links: bool) -> str:
    if block.kind is BlockKind.RULE:
        return _RULE
    text = "".join(_run(run, block, document, links=links) for run in block.runs)
    if block.kind is BlockKind.ITEM:
        indent = "  " * max(block.level - 1, 0)
        marker = f"{block.marker} " if block.marker else "  "
        return indent + marker + text.replace("\n", f"\n{indent}{' ' * len(marker)}")
    return text


def _run(run: Run, block: Block, document: Document, *, links: bool) -> str:
    """Return a run, followed by the target of its link where it is the link's last and does not say it."""
    if not links or not run.link:
        return run.text
    at = next(n for n, one in enumerate(block.runs) if one is run)
    follows = block.runs[at + 1].link if at + 1 < len(block.runs) else 0
    target = document.links[run.link - 1]
    said = "".join(one.text for one in block.runs if one.link == run.link)
    if follows == run.link or target.removeprefix("mailto:").rstrip("/") in said:
        return run.text
    return f"{run.text} <{target}>"


def _trimmed(lines: Iterator[tuple[int, str]]) -> list[tuple[int, str]]:
    """Return lines without blank ones at either end."""
    kept = list(lines)
    while kept and not kept[0][1].strip():
        kept.pop(0)
    while kept and not kept[-1][1].strip():
        kept.pop()
    return kept


def _leveled(line: str) -> tuple[int, str]:
    content = line.lstrip("> ") if line.startswith(">") else line
    return line[: len(line) - len(content)].count(">") + 1, content


def _marked(level: int, line: str) -> str:
    """Return a line as quote, on as many lines as it needs."""
    marks = _marks(level)
    if not line.strip():
        return marks.rstrip()
    return "\n".join(marks + piece for piece in broken(line, max(WIDTH - len(marks), _LEAST)))


def _marks(level: int) -> str:
    return ">" * level + (" " if level else "")


def broken(line: str, width: int) -> Iterator[str]:
    """Yield the pieces of a line, none wider than `width` columns unless a word is, with their spaces."""
    if len(line) <= width and line.isascii():
        yield line.rstrip()
        return
    piece, columns = "", 0
    for word in _words(line.rstrip()):
        wide = sum(map(_columns, word))
        if piece and columns + sum(map(_columns, word.rstrip())) > width:
            yield piece
            piece, columns = "", 0
        piece, columns = piece + word, columns + wide
    yield piece


def _words(line: str) -> Iterator[str]:
    """Yield what a line may be broken behind: words with their spaces, and each wide character."""
    word = ""
    for char in line:
        starts = word[-1:] == " " and char != " " and word.strip()
        if word and char != " " and (starts or _columns(char) == 2):
            yield word
            word = ""
        word += char
    if word:
        yield word


def _columns(char: str) -> int:
    if char < "\u0300":
        return 1
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1

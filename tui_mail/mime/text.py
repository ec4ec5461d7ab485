"""Plain text as blocks: quotes, signature, flowed paragraphs (RFC 3676), code and tables as they stand."""

import re
from collections.abc import Iterable, Iterator, Sequence

from tui_mail.mime.links import Links, linked
from tui_mail.model.document import Block, BlockKind, Document
from tui_mail.model.safe_text import safe_body, safe_text

TEXT_LIMIT = 1 << 20
"""Characters of a text that are shown."""

QUOTE_LIMIT = 50
"""Levels of quotes that are told apart."""

_QUOTE = re.compile(r"(?:> ?)++")
_FLOWED_QUOTE = re.compile(r">+")
_AS_IT_STANDS = re.compile(
    r"^(?: {4}|@@ |diff --git |\|.*\|$|\+[-=+]{3,})|\S {3,}\S|[\u2500-\u257f]{3}", re.MULTILINE
)
_RULE = re.compile(r"[-=_*~]{5,}|(?:[-*_] ){4,}[-*_]?")


def document_from_text(text: str, flowed: bool = False, delsp: bool = False) -> Document:
    """Lay out a plain text; `flowed` and `delsp` are the parameters of its Content-Type."""
    cut = len(text) > TEXT_LIMIT
    notice = safe_text(f"Only the first {TEXT_LIMIT >> 20} MB of the text are shown" if cut else "")
    lines = safe_body(text[:TEXT_LIMIT]).split("\n")
    links = Links()
    blocks = tuple(_blocks(_unflowed(lines, delsp) if flowed else map(_quoted, lines), links))
    return Document(blocks, links.targets(), notice=notice)


def _quoted(line: str) -> tuple[int, str]:
    """Return the level of quotes of a line, and the line without their marks."""
    if not line.startswith(">"):
        return 0, line
    found = _QUOTE.match(line)
    assert found is not None
    return min(found[0].count(">"), QUOTE_LIMIT), line[found.end() :]


def _unflowed(lines: Iterable[str], delsp: bool) -> Iterator[tuple[int, str]]:
    """Join the lines that a sender broke softly, by a space at their end (RFC 3676, 4)."""
    held: list[str] = []
    held_level = 0
    for line in lines:
        found = _FLOWED_QUOTE.match(line)
        level = min(found.end(), QUOTE_LIMIT) if found else 0
        content = line[found.end() if found else 0 :]
        content = content[1:] if content.startswith(" ") else content
        if held and (level != held_level or content == "-- "):  # a soft break never crosses a level
            yield held_level, "".join(held)
            held = []
        held_level = level
        if content.endswith(" ") and content != "-- ":
            held.append(content[:-1] if delsp else content)
        else:
            yield level, "".join([*held, content])
            held = []
    if held:
        yield held_level, "".join(held)


def _blocks(lines: Iterable[tuple[int, str]], links: Links) -> Iterator[Block]:
    """Group lines into paragraphs: one ends at a blank line, at a rule, and where the quote level changes."""
    paragraph: list[str] = []
    level, tight, signed = 0, False, False

    def finished() -> Iterator[Block]:
        nonlocal paragraph, tight
        if paragraph:
            yield _block(paragraph, level, tight, signed, links)
            paragraph, tight = [], True

    for next_level, line in lines:
        stripped = line.rstrip()
        if next_level != level:
            yield from finished()
            level, signed = next_level, False
        if not stripped:
            yield from finished()
            tight = False
        elif stripped == "--" and line.startswith("--") and not signed:
            yield from finished()
            tight, signed = False, True
        elif _RULE.fullmatch(stripped) and not paragraph and not signed:
            yield Block(BlockKind.RULE, quote=level, tight=tight)
            tight = True
        else:
            paragraph.append(stripped)
    yield from finished()


def _block(paragraph: Sequence[str], level: int, tight: bool, signed: bool, links: Links) -> Block:
    text = safe_body("\n".join(paragraph))
    kind = BlockKind.PARAGRAPH
    if signed:
        kind = BlockKind.SIGNATURE
    elif _AS_IT_STANDS.search(text):
        kind = BlockKind.PREFORMATTED
    return Block(kind, tuple(linked(text, links)), quote=level, tight=tight)

"""The first own words of a letter, for the list: without quotes, signature, and the hints of newsletters."""

import re
from collections.abc import Iterator, Sequence

from tui_mail.model.document import Block, BlockKind, Document, Style

SNIPPET_LIMIT = 200
"""Characters."""

_SPACE = re.compile(r"\s+")
_BROWSER = re.compile(
    r"\b(?:view|read|open|see|trouble|problems?)\b.*\b(?:browser|online)|\bim browser\b|navigateur",
    re.IGNORECASE,
)
_BROWSER_LIMIT = 120
_SILENT = (BlockKind.SIGNATURE, BlockKind.RULE)


def snippet(document: Document) -> str:
    """Return the first own words of a text on one line; of a mere quote, those of the quote."""
    return _first_words(_own(document.blocks)) or _first_words(iter(document.blocks))


def _own(blocks: Sequence[Block]) -> Iterator[Block]:
    for index, block in enumerate(blocks):
        introduces = index + 1 < len(blocks) and blocks[index + 1].quote > 0
        if block.quote == 0 and not (introduces and _text(block).endswith(":")):
            yield block


def _first_words(blocks: Iterator[Block]) -> str:
    words = ""
    for block in blocks:
        if block.kind in _SILENT:
            continue
        text = _text(block)
        if len(text) < _BROWSER_LIMIT and _BROWSER.search(text):
            continue
        words = f"{words} {text}".strip()
        if len(words) >= SNIPPET_LIMIT:
            break
    return words if len(words) <= SNIPPET_LIMIT else words[: SNIPPET_LIMIT - 1].rstrip() + "…"


def _text(block: Block) -> str:
    """Return the words of a block on one line, without the names of pictures."""
    text = ""
    for run in block.runs:
        if not run.style & Style.DIM:
            text += run.text[: 2 * SNIPPET_LIMIT]
        if len(text) > 2 * SNIPPET_LIMIT:
            break
    return _SPACE.sub(" ", text).strip()

"""A letter's text as plain lines."""

from collections.abc import Iterator

from tui_mail.cli.cells import width, wrapped
from tui_mail.model.document import Block, BlockKind, Document, Run

NARROW, WIDE = 78, 100
"""Least and most columns a text is laid out in."""


def lines(document: Document, columns: int) -> Iterator[str]:
    """Yield the lines of a document; links are numbered in the text and listed at its end."""
    before: Block | None = None
    for block in document.blocks:
        if before is not None and _apart(before, block):
            yield ("> " * min(before.quote, block.quote)).rstrip()
        yield from _block(document, block, columns)
        before = block
    shown = {run.link for block in document.blocks for run in block.runs if _numbered(document, run)}
    if shown:
        yield ""
        for number in sorted(shown):
            yield f"[{number}] {document.links[number - 1]}"
    if document.notice:
        yield ""
        yield f"({document.notice})"


def _apart(before: Block, block: Block) -> bool:
    return not block.tight and not (before.kind is block.kind is BlockKind.ITEM)


def _block(document: Document, block: Block, columns: int) -> Iterator[str]:
    quote = "> " * block.quote
    if block.kind is BlockKind.RULE:
        yield quote + "-" * (columns - len(quote))
        return
    first = rest = quote
    if block.kind is BlockKind.ITEM:
        indent = "  " * (block.level - 1)
        first += f"{indent}{block.marker} " if block.marker else f"{indent}  "
        rest += indent + " " * (width(block.marker) + 1 if block.marker else 2)
    text = "".join(_run(document, run) for run in block.runs)
    if block.kind is BlockKind.PREFORMATTED:
        laid_out: Iterator[str] = iter(text.split("\n"))
    else:
        laid_out = wrapped(text, max(columns - width(rest), 20))
    for number, line in enumerate(laid_out):
        yield ((rest if number else first) + line).rstrip()


def _run(document: Document, run: Run) -> str:
    return f"{run.text}[{run.link}]" if _numbered(document, run) else run.text


def _numbered(document: Document, run: Run) -> bool:
    """Tell whether a run hides where it leads."""
    return run.link > 0 and run.text.strip() not in document.links[run.link - 1]

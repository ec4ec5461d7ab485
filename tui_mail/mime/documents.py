"""Several texts of one message put together as one document."""

from collections.abc import Sequence
from dataclasses import replace

from tui_mail.model.document import Block, Document
from tui_mail.model.safe_text import SafeText, safe_text


def merged(documents: Sequence[Document]) -> Document:
    """Return one document with the blocks of all, in order; equal targets share a number again."""
    if len(documents) == 1:
        return documents[0]
    numbers: dict[SafeText, int] = {}
    blocks: list[Block] = []
    for document in documents:
        renumbered = [0] + [numbers.setdefault(target, len(numbers) + 1) for target in document.links]
        blocks += [_renumbered(block, renumbered) for block in document.blocks]
    notices = dict.fromkeys(document.notice for document in documents if document.notice)
    return Document(
        blocks=tuple(blocks),
        links=tuple(numbers),
        remote_images=sum(document.remote_images for document in documents),
        trackers=sum(document.trackers for document in documents),
        notice=safe_text("; ".join(notices)),
    )


def _renumbered(block: Block, numbers: Sequence[int]) -> Block:
    if not any(run.link for run in block.runs):
        return block
    return replace(block, runs=tuple(replace(run, link=numbers[run.link]) for run in block.runs))

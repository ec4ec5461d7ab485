"""Small messages for the tests of this folder, and a plain way to look at documents."""

from pathlib import Path

from tui_mail.model.document import BlockKind, Document

CORPUS = Path(__file__).parent.parent / "corpus"


def oddity(name: str) -> bytes:
    """Return a message of the corpus."""
    return (CORPUS / f"{name}.eml").read_bytes()


def message(body: str, *fields: str) -> bytes:
    """Return a message with these header fields."""
    return ("\r\n".join([*fields, "", body])).encode()


def multipart(kind: str, *parts: str, boundary: str = "=b") -> str:
    """Return the text of a multipart entity, its own Content-Type first."""
    pieces = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts)
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n{pieces}--{boundary}--\r\n'


def part(media_type: str, content: str, *fields: str) -> str:
    """Return the text of one part."""
    return "\r\n".join([f"Content-Type: {media_type}", *fields, "", content])


def lines(document: Document) -> list[str]:
    """Return a document as lines: quotes as ">", markers, "" between blocks with a blank line."""
    shown: list[str] = []
    for number, block in enumerate(document.blocks):
        items = number > 0 and block.kind is document.blocks[number - 1].kind is BlockKind.ITEM
        if number and not block.tight and not items:
            shown.append("")
        text = "".join(run.text for run in block.runs)
        mark = ">" * block.quote + (" " if block.quote else "")
        lead = {BlockKind.RULE: "---", BlockKind.HEADING: "#" * block.level + " "}.get(block.kind, "")
        if block.kind is BlockKind.ITEM:
            lead = "  " * (block.level - 1) + (f"{block.marker} " if block.marker else "  ")
        shown += [f"{mark}{lead}{line}" for line in text.split("\n")]
    return shown

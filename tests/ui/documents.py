"""Letters for the reader, made without mail."""

from datetime import UTC, datetime
from typing import Any

from tui_mail.model.document import Block, BlockKind, Document, Run, Style
from tui_mail.model.message import Address, Flag, Letter
from tui_mail.model.part import Attachment
from tui_mail.model.safe_text import safe_body, safe_identity, safe_text

NOW = datetime(2026, 5, 14, 16, 0, tzinfo=UTC).timestamp()
WRITTEN = int(datetime(2026, 5, 12, 14, 2, tzinfo=UTC).timestamp())
LONG = "https://example.org/photos/of/the/harbour/at/night/" + "a" * 120


def run(text: str, style: Style = Style.PLAIN, link: int = 0) -> Run:
    return Run(safe_body(text), style, link)


def block(kind: BlockKind, *runs: Run | str, **more: Any) -> Block:
    return Block(kind, tuple(run(r) if isinstance(r, str) else r for r in runs), **more)


def paragraph(*runs: Run | str, **more: Any) -> Block:
    return block(BlockKind.PARAGRAPH, *runs, **more)


def item(*runs: Run | str, level: int = 1, marker: str = "•", **more: Any) -> Block:
    return block(BlockKind.ITEM, *runs, level=level, marker=safe_text(marker), **more)


def document(*blocks: Block, links: tuple[str, ...] = (), **more: Any) -> Document:
    return Document(blocks, tuple(safe_identity(link) for link in links), **more)


def address(name: str, addr: str) -> Address:
    return Address(safe_text(name), safe_identity(addr))


def attachment(name: str, size: int = 48_000) -> Attachment:
    return Attachment("2", safe_identity(name), "application/octet-stream", size)


FULL = document(
    paragraph("Hello all,"),
    paragraph(
        "the figures you asked for are in the sheet: see ",
        run("the second tab", link=1),
        ". I have kept ",
        run("both years", Style.BOLD),
        " side by side, and ",
        run("the raw numbers", Style.ITALIC),
        " are in column F.",
    ),
    paragraph("Ravi wrote on Monday:"),
    paragraph("could we have both years side by side? It would help on Monday.", quote=1, tight=True),
    paragraph("They asked for it twice already.", quote=2, tight=True),
    paragraph("Yes, see above."),
    *(paragraph(f"Line {n} of an older letter.", quote=1) for n in range(1, 7)),
    block(BlockKind.HEADING, "What changed", level=2),
    item("The rent is listed by quarter now, so that the sums of both sheets agree at last."),
    item("Travel"),
    item("trains: ", run("booking.example.com/travel", link=2), level=2, marker="1."),
    item("the bus, which went up by a tenth in April and will go up again.", level=2, marker="2."),
    item("Sundries"),
    paragraph("To check it, run ", run("sum --by quarter", Style.CODE), ", or read this:"),
    block(BlockKind.PREFORMATTED, "quarter   rent\n1        4,200\n2        4,350"),
    block(BlockKind.RULE),
    paragraph("Photos: ", run(LONG, link=3)),
    paragraph("مرحبا بكم. 日本語のテキストもここにあります。 e\u0301te\u0301 and 👨\u200d👩\u200d👧 back."),
    block(BlockKind.SIGNATURE, "Anna Weber\nHarbour Office, Quay 4"),
    links=("https://example.org/sheet", "https://click.tracker.test/x?u=1", LONG),
    remote_images=3,
    trackers=1,
)


def letter(**more: Any) -> Letter:
    """A letter with everything, and what a test wants otherwise."""
    facts: dict[str, Any] = {
        "id": 1,
        "account": 1,
        "folder": 1,
        "flags": Flag.NONE,
        "date": WRITTEN,
        "size": 48_000,
        "subject": safe_text("Budget for May"),
        "sender": (address("Anna Weber", "anna@example.org"),),
        "reply_to": (),
        "to": (address("Me", "me@example.net"), address("Lena Fuchs", "lena@example.org")),
        "cc": (address("Ravi", "ravi@example.org"),),
        "fields": ((safe_text("From"), safe_text("Anna Weber <anna@example.org>")),),
        "attachments": (attachment("may.xlsx"), attachment("notes.pdf", 1_200_000)),
        "document": FULL,
        "message_id": safe_text("<1@example.org>"),
    }
    return Letter(**{**facts, **more})

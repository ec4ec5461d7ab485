"""A message read back into what a composer edits: a draft of a server, or a letter to be written anew."""

from collections.abc import Sequence
from dataclasses import dataclass

from tui_mail.mime.addresses import addresses
from tui_mail.mime.answering import typed
from tui_mail.mime.charsets import decoded
from tui_mail.mime.fields import clean
from tui_mail.mime.flowed import unflowed
from tui_mail.mime.headers import decode_field, first_value, references
from tui_mail.mime.parse import read
from tui_mail.mime.quoting import plain
from tui_mail.mime.tree import Part, tree
from tui_mail.model.draft import Draft, Origin


@dataclass(frozen=True, slots=True)
class Resumed:
    """What a message holds for a composer."""

    draft: Draft
    """Without account, sender as it stands, and without enclosures."""
    files: tuple[tuple[str, str, bytes], ...]
    """What is attached: name, media type, octets."""


def resumed(raw: bytes) -> Resumed:
    """Read a message back; of HTML alone the words stay."""
    root = tree(raw)
    content = read(raw)
    found = root.fields
    sender = next((address for _, address in addresses(first_value(found, "from"))), "")
    text = _own_text(root, raw)
    alternative = any(part.media_type == "text/html" for part in root.walk())
    draft = Draft(
        account=0,
        sender=clean(sender),
        to=_people(found, "to"),
        cc=_people(found, "cc"),
        bcc=_people(found, "bcc"),
        subject=clean(decode_field(first_value(found, "subject"))),
        text=plain(content.document) if text is None else text,
        origin=Origin.REPLY if first_value(found, "in-reply-to") else Origin.NEW,
        in_reply_to=next(iter(_ids(first_value(found, "in-reply-to"))), ""),
        references=tuple(_ids(first_value(found, "references"))),
        markdown=alternative and text is not None,
        changed_at=content.date or 0,
    )
    by_path = {part.path: part for part in root.walk()}
    files = tuple((one.name, one.media_type, by_path[one.path].content(raw)) for one in content.attachments)
    return Resumed(draft, files)


def _own_text(root: Part, raw: bytes) -> str | None:
    """Return the plain text as it was typed; None where there is none."""
    for part in root.walk():
        if part.media_type == "text/plain" and part.disposition != "attachment" and not part.children:
            text = decoded(part.content(raw), part.parameters.get("charset", ""))
            text = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")
            flowed = part.parameters.get("format", "").lower() == "flowed"
            return unflowed(text) if flowed else text
    return None


def _people(found: Sequence[tuple[str, str]], wanted: str) -> str:
    """Return an address field as a person would type it, unfinished addresses too."""
    values = [value for name, value in found if name.lower() == wanted]
    people = [one for value in values for one in addresses(value)]
    return ", ".join(typed((name, address)) if address else clean(name) for name, address in people)


def _ids(value: str) -> list[str]:
    return [one.strip("<>") for one in references(value).split()]

"""Which parts of a message are its text, and which are offered for saving (RFC 2046, 5.1; 2183; 2387).

Of alternatives the HTML is shown, unless nothing is left of it and there is a plain text. Texts of a mixed
message follow one another. Inner messages, named parts and everything that is no text are offered.
"""

import re
from dataclasses import dataclass, field

from tui_mail.mime.charsets import decoded
from tui_mail.mime.text import document_from_text
from tui_mail.mime.tree import Part
from tui_mail.model.document import Document, Style

SHOWN_LIMIT = 8 << 20
"""Octets of the texts of one message, as they arrived, that are decoded."""

_NO_TEXT = {"calendar", "x-vcard", "vcard", "directory", "rfc822-headers", "css", "x-amp-html", "javascript"}
_QUIET = {
    "application/pgp-signature",
    "application/pgp-encrypted",
    "application/pkcs7-signature",
    "application/x-pkcs7-signature",
    "message/delivery-status",
    "text/rfc822-headers",
}
"""Parts that machines add; nobody would call them attachments."""

_META_CHARSET = re.compile(
    rb"<meta[^>]{0,200}?charset\s{0,9}=\s{0,9}[\"']?\s{0,9}([\w.:-]{2,40})", re.IGNORECASE
)
_META_WITHIN = 4_096


@dataclass(slots=True)
class Choice:
    """What the walk over the parts has found so far."""

    raw: bytes
    texts: list[Document] = field(default_factory=list)
    offered: list[Part] = field(default_factory=list)
    counted: int = 0
    """How many of `offered` a person would call attachments."""
    octets: int = 0
    """How much of `SHOWN_LIMIT` is used up."""
    encrypted: bool = False

    def add(self, part: Part, inline: bool = False) -> None:
        """Take in a part and all below it; `inline` = it belongs to the text beside it."""
        if part.children:
            self._add_multipart(part)
        elif self._is_text(part):
            self.texts.append(self._document(part))
        else:
            self.offered.append(part)
            quiet = part.media_type in _QUIET or (inline and part.disposition != "attachment")
            self.counted += not quiet

    def _add_multipart(self, part: Part) -> None:
        children = part.children
        kind = part.media_type.removeprefix("multipart/")
        if kind == "alternative":
            self._add_alternative(children)
            return
        self.encrypted = self.encrypted or kind == "encrypted"
        root = _root_of_related(part) if kind == "related" else None
        for child in children:
            self.add(child, inline=root is not None and child is not root)

    def _add_alternative(self, children: list[Part]) -> None:
        html = next((child for child in reversed(children) if _holds(child, "text/html")), None)
        plain = next((child for child in reversed(children) if _holds(child, "text/plain")), None)
        chosen = html or plain
        if html is not None and plain is not None and html is not plain:
            trial = Choice(self.raw, octets=self.octets)
            trial.add(html)
            if _is_empty(trial.texts):
                chosen = plain
            else:
                self._take(trial)
                chosen = None
        if chosen is not None:
            self.add(chosen)
        for child in children:
            if child is not html and child is not plain and not child.children:
                self.add(child)

    def _take(self, trial: "Choice") -> None:
        self.texts += trial.texts
        self.offered += trial.offered
        self.counted += trial.counted
        self.octets = trial.octets

    def _is_text(self, part: Part) -> bool:
        main, _, sub = part.media_type.partition("/")
        if part.disposition == "attachment" or (part.file_name and self.texts):
            return False
        return (main == "text" and sub not in _NO_TEXT) or main == "multipart"

    def _document(self, part: Part) -> Document:
        room = max(SHOWN_LIMIT - self.octets, 0)
        self.octets += part.end - part.start
        content = part.content(self.raw, room)
        charset = part.parameters.get("charset", "")
        if part.media_type == "text/html":
            # Imported here: selectolax costs 12.5 ms at start, and the first list needs no HTML.
            from tui_mail.mime.html import document_from_html

            return document_from_html(decoded(content, charset or _declared_within(content)))
        flowed = part.parameters.get("format", "").lower() == "flowed"
        delsp = part.parameters.get("delsp", "").lower() == "yes"
        return document_from_text(decoded(content, charset), flowed, delsp)


def _declared_within(html: bytes) -> str:
    """Return the charset that a page names itself, or ""."""
    found = _META_CHARSET.search(html, 0, _META_WITHIN)
    return found[1].decode("ascii", "replace") if found else ""


def _root_of_related(part: Part) -> Part:
    """Return what a multipart/related shows: the part named by `start`, else its first (RFC 2387, 3.2)."""
    start = part.parameters.get("start", "").strip()
    for child in part.children:
        if start and any(name.lower() == "content-id" and value == start for name, value in child.fields):
            return child
    return part.children[0]


def _holds(part: Part, media_type: str) -> bool:
    return any(one.media_type == media_type and one.disposition != "attachment" for one in part.walk())


def _is_empty(texts: list[Document]) -> bool:
    """Tell whether documents hold no word: names of pictures, which are dim, count for nothing."""
    runs = (run for text in texts for block in text.blocks for run in block.runs)
    return not any(run.text.strip() and not run.style & Style.DIM for run in runs)

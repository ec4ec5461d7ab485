"""The parts of a message (RFC 2046, 5.1) as slices of its bytes, found in one pass over its boundary lines.

Nothing is copied and nothing recurses, so depth and number cost what the caps allow: beyond `DEPTH_LIMIT`
levels or `PARTS_LIMIT` parts, what is left is one opaque part. Inner messages (message/rfc822) are leaves.
A boundary that is never closed ends with its parent or with the message.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tui_mail.mime.headers import BLOCK_LIMIT, fields, first_value
from tui_mail.mime.parameters import media_type, structured
from tui_mail.mime.transfer import undone

DEPTH_LIMIT = 50
"""Multiparts within one another."""

PARTS_LIMIT = 1_000
"""Parts of a message, multiparts included."""

MISSES_LIMIT = 500_000
"""Lines that look like a boundary and are none; after so many, the rest belongs to the part they stand in."""

_BOUNDARY_LINE = re.compile(rb"--(?<![^\r\n]--)([^\r\n]*)(?:\r\n|\n|\r|$)")
_FIRST_BOUNDARY = re.compile(rb"[\r\n]*--([^\s]{1,200})[ \t]*[\r\n]")
_HEADER_END = re.compile(rb"\r\n(?:\r\n|(?=--))|\n(?:\r?\n|(?=--))|\r(?:\r(?!\n)|(?=--))")
_BLANK = re.compile(rb"\r\n|\n|\r")
_FIRST_LINE = re.compile(rb"[!-9;-~]+[ \t]*:|>?From |[ \t]")


@dataclass(slots=True, eq=False)
class Part:
    """One node of the tree."""

    path: str
    """Its IMAP part number (RFC 9051, 6.4.5); "" for a message that is a multipart."""
    fields: list[tuple[str, str]]
    media_type: str
    parameters: Mapping[str, str]
    """Of Content-Type."""
    disposition: str
    """"attachment", "inline", or "" where there is none."""
    file_name: str
    """The name the sender gave, decoded but not safe; "" where there is none."""
    start: int
    """Where its body begins in the message."""
    end: int
    """Where its body ends."""
    children: list["Part"] = field(default_factory=list)

    def content(self, raw: bytes, limit: int | None = None) -> bytes:
        """Return its body without transfer encoding; with `limit`, of its first `limit` octets only."""
        encoding = first_value(self.fields, "content-transfer-encoding").partition(";")[0].strip(' "').lower()
        end = self.end if limit is None else min(self.end, self.start + limit)
        return undone(raw[self.start : end], encoding)

    def walk(self) -> Iterator["Part"]:
        """Yield this part and all below it, in the order of the message."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            yield part
            waiting += reversed(part.children)


def tree(raw: bytes) -> Part:
    """Take a message apart."""
    start = 0
    while blank := _BLANK.match(raw, start):
        start = blank.end()
    root = _part(raw, start, "", "text/plain")
    boundary = _boundary(root)
    if boundary is not None:
        _grow(root, boundary, raw)
    if not root.children and root.media_type.startswith("multipart/"):
        guess = _FIRST_BOUNDARY.match(raw, root.start)
        if guess is not None:  # the boundary announced is not the one in use
            _grow(root, guess[1], raw)
    if not root.children:
        root.path = "1"
    return root


def _grow(root: Part, boundary: bytes, raw: bytes) -> None:
    """Hang the parts of a multipart below it."""
    stack = [(root, boundary)]
    levels = {boundary: 0}
    leaf: Part | None = None
    count, misses = 1, 0
    for line in _BOUNDARY_LINE.finditer(raw, root.start):
        level, closes = _matched(line[1].rstrip(), levels)
        if level is None:
            misses += 1
            if misses > MISSES_LIMIT:
                return
            continue
        kept = level + (not closes)
        _end([part for part, _ in stack[kept:]], leaf, _before_line_end(raw, line.start()))
        del stack[kept:]
        if not stack:
            return
        if closes:
            leaf = None
        else:
            count += 1
            leaf = _child(raw, line.end(), stack[-1][0])
            if count > PARTS_LIMIT:
                leaf.media_type = "application/octet-stream"
                return
            inner = _boundary(leaf)
            if inner is not None and len(stack) < DEPTH_LIMIT:
                stack.append((leaf, inner))
                leaf = None
        levels = {boundary: number for number, (_, boundary) in enumerate(stack)}


def _matched(found: bytes, levels: Mapping[bytes, int]) -> tuple[int | None, bool]:
    """Return the level of the multipart that a line divides, if any, and whether the line closes it.

    What follows the boundary after a space is ignored (RFC 2046, 5.1.1).
    """
    for candidate in (found, found.partition(b" ")[0]):
        if candidate in levels:
            return levels[candidate], False
        if candidate.endswith(b"--") and candidate[:-2] in levels:
            return levels[candidate[:-2]], True
    return None, False


def _end(multiparts: list[Part], leaf: Part | None, end: int) -> None:
    for part in (*multiparts, leaf):
        if part is not None:
            part.end = max(part.start, end)


def _before_line_end(raw: bytes, at: int) -> int:
    """Return where the line before a boundary ends: its line end belongs to the boundary."""
    if raw[at - 2 : at] == b"\r\n":
        return at - 2
    return at - (raw[at - 1 : at] in (b"\n", b"\r"))


def _child(raw: bytes, start: int, parent: Part) -> Part:
    digest = parent.media_type == "multipart/digest"
    number = str(len(parent.children) + 1)
    path = f"{parent.path}.{number}" if parent.path else number
    child = _part(raw, start, path, "message/rfc822" if digest else "text/plain")
    parent.children.append(child)
    return child


def _part(raw: bytes, start: int, path: str, otherwise: str) -> Part:
    """Read the header of the part that begins at `start`; its end is not known yet."""
    block_end, body = _split(raw, start)
    found = fields(raw[start:block_end])
    content = structured(first_value(found, "content-type"))
    disposition = structured(first_value(found, "content-disposition"))
    return Part(
        path=path,
        fields=found,
        media_type=media_type(content.main, otherwise),
        parameters=content.parameters,
        disposition=disposition.main,
        file_name=disposition.parameters.get("filename") or content.parameters.get("name", ""),
        start=body,
        end=len(raw),
    )


def _split(raw: bytes, start: int) -> tuple[int, int]:
    """Return where the header block ends and where the body begins."""
    if blank := _BLANK.match(raw, start):
        return start, blank.end()
    if not _FIRST_LINE.match(raw, start):
        return start, start
    found = _HEADER_END.search(raw, start, start + BLOCK_LIMIT)
    if found is None:
        end = min(len(raw), start + BLOCK_LIMIT)
        return end, end
    return found.start(), found.end()


def _boundary(part: Part) -> bytes | None:
    """Return what divides a multipart, or None for any other part."""
    if not part.media_type.startswith("multipart/"):
        return None
    boundary = part.parameters.get("boundary", "").rstrip()
    return boundary.encode("utf-8", "replace") or None

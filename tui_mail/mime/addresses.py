"""Address fields (RFC 5322, 3.4 and 4.4) as (display name, addr-spec) pairs.

The name is decoded, the addr-spec never is: an encoded word inside an address is shown as it stands, so no
encoding can make one domain look like another. What stands in angle brackets is the address, whatever looks
like one before them. Commas, colons and quotes in names that forgot their quoting are forgiven.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from tui_mail.mime.charsets import whole
from tui_mail.mime.encoded_words import decode_field

ADDRESS_LIMIT = 5_000
"""Addresses kept of one field."""

_LENGTH_LIMIT = 1 << 19
_REMEMBERED = 200
"""Characters of a field up to which it is remembered how it was read."""

_TOKEN = re.compile(
    r"""
      [ \t\r\n]+
    | "(?:[^"\\]|\\.)*+"
    | =\?[^?\s]{1,60}\?[bBqQ]\?[^?]*\?=        # an encoded word, perhaps with a comma in it
    | \\.
    | [^ \t\r\n"()<>,;:\\=]+
    | .                                        # a special, or a quote that is never closed
    """,
    re.VERBOSE | re.DOTALL,
)
_WORD = r"=\?[^?\s]{1,60}\?[bBqQ]\?[^?\x00-\x1f\x7f-\U0010ffff\"(),:;<>\\]*\?="
_PLAIN_NAME = rf"(?:[ \t!#-'*+\--9?A-Z\[\]^-~@]++|{_WORD})*"
_PLAIN_ADDRESS = r"[!#-'*+\--9A-Z^-~]++@[A-Za-z0-9.\-]++"
_PLAIN = re.compile(
    rf'[ \t]*+(?:(?:"([^"\\]*+)"|({_PLAIN_NAME}))[ \t]*<({_PLAIN_ADDRESS})>|({_PLAIN_ADDRESS}))[ \t]*(?:,|\Z)'
)
"""A mailbox as most are written, and its comma: `name <address>`, `"name" <address>`, `address`."""

_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(slots=True)
class _Mailbox:
    """One mailbox while its tokens come in."""

    phrase: list[str] = field(default_factory=list)
    comment: list[str] = field(default_factory=list)
    angle: list[str] = field(default_factory=list)
    has_angle: bool = False

    def keep_earlier_angle(self) -> None:
        """Make what stood in angle brackets so far part of the name: the last pair holds the address."""
        if self.angle:
            self.phrase += ["<", *self.angle, ">", " "]
            self.angle.clear()
        self.has_angle = True

    def is_in_route(self) -> bool:
        """Tell whether the angle brackets hold a source route, the one place for commas in them."""
        return bool(self.angle) and self.angle[0].startswith("@")

    def finished(self) -> tuple[str, str]:
        """Return what the tokens say: name and address."""
        if self.has_angle:
            return _name(self.phrase) or _name(self.comment), _without_route("".join(self.angle))
        chunks = _chunks(self.phrase)
        address = next((chunk for chunk in reversed(chunks) if _has_at(chunk)), None)
        if address is None:
            alone = len(chunks) == 1 and not chunks[0][0].startswith('"')
            return ("", whole(chunks[0][0])) if alone and len(chunks[0]) == 1 else (_name(self.phrase), "")
        if address[0].startswith("@") or address[-1].endswith("@"):  # jo @ example.org
            return _name(self.comment), whole("".join(map("".join, chunks)))
        rest = [token for chunk in chunks if chunk is not address for token in (*chunk, " ")]
        return _name(rest) or _name(self.comment), whole("".join(address))


def addresses(value: str) -> list[tuple[str, str]]:
    """Return (decoded name, undecoded addr-spec) of each mailbox in the field; either may be ""."""
    value = value[:_LENGTH_LIMIT]
    found = _remembered(value) if len(value) <= _REMEMBERED else _plain(value)
    return _taken_apart(value) if found is None else list(found)


def _plain(value: str) -> list[tuple[str, str]] | None:
    """Return the mailboxes of a field in which all are written plainly, else None: a fifth of the work."""
    found: list[tuple[str, str]] = []
    position, end = 0, len(value)
    while position < end and len(found) < ADDRESS_LIMIT:
        match = _PLAIN.match(value, position)
        if match is None:
            return None
        quoted, name, address, alone = match.groups()
        found.append(("", alone) if alone else (_decoded(name if quoted is None else quoted), address))
        position = match.end()
    return found


_remembered = lru_cache(1_024)(_plain)
"""The same few people write most of the mail, and it is always the same one who gets it."""


def _taken_apart(value: str) -> list[tuple[str, str]]:
    """Return the mailboxes of any field, token by token."""
    found: list[tuple[str, str]] = []
    loose = ""
    for mailbox in _mailboxes(value):
        name, address = mailbox.finished()
        if loose and mailbox.has_angle:  # Doe, Jo <jo@example.org>
            found.pop()
            name = f"{loose}, {name}" if name else loose
        if name or address:
            found.append((name, address))
        loose = "" if "@" in address else name or address
        if len(found) == ADDRESS_LIMIT:
            break
    return found


def _mailboxes(value: str) -> Iterator[_Mailbox]:
    """Split a field at its commas and semicolons."""
    mailbox, depth, in_angle = _Mailbox(), 0, False
    last_semicolon = value.rfind(";")
    for match in _TOKEN.finditer(value):
        word = match[0]
        if word == "(":
            mailbox.comment += "(" * (depth > 0)
            depth += 1
        elif depth:
            depth -= word == ")"
            mailbox.comment.append(word if depth else " ")
        elif word in (",", ";") and not (in_angle and mailbox.is_in_route()):
            yield mailbox
            mailbox, in_angle = _Mailbox(), False
        elif word == "<":
            mailbox.keep_earlier_angle()
            in_angle = True
        elif word == ">":
            in_angle = False
        elif in_angle:
            mailbox.angle.append(word)
        elif word == ":" and match.start() < last_semicolon:
            mailbox = _Mailbox()  # what stood before was the name of a group
        else:
            mailbox.phrase.append(word)
    yield mailbox


def _chunks(tokens: list[str]) -> list[list[str]]:
    """Group tokens that have no space between them."""
    chunks: list[list[str]] = [[]]
    for token in tokens:
        if token.isspace():
            chunks.append([])
        else:
            chunks[-1].append(token)
    return [chunk for chunk in chunks if chunk]


def _has_at(chunk: list[str]) -> bool:
    return any("@" in token for token in chunk if not token.startswith('"'))


def _name(tokens: list[str]) -> str:
    """Decode a display name; quotes around its words go, the words in them stay."""
    return _decoded("".join(map(_unquoted, tokens)))


def _decoded(name: str) -> str:
    name = decode_field(name)
    return name.strip('" ') if name.count('"') == 1 else name


def _unquoted(word: str) -> str:
    return _ESCAPED.sub(r"\1", word[1:-1]) if len(word) > 1 and word[0] == '"' else word


def _without_route(angle: str) -> str:
    """Return an addr-spec without a source route (RFC 5322, 4.4)."""
    angle = angle.strip()
    if angle.startswith("@"):
        angle = angle.rpartition(":")[2]
    return whole(angle)

"""Encoded words in header fields (RFC 2047), in the forms that senders really produce.

Beyond the RFC this reads: characters split between two words, base64 split inside a group of four, spaces
and question marks inside a word, words inside quotes or without space around them, unknown charsets, a
language suffix (RFC 2231, 5), and raw 8-bit text. One pass; what is not a word stays as it is.
"""

import binascii
import re

from tui_mail.mime.charsets import decoded
from tui_mail.mime.transfer import from_base64

FIELD_LIMIT = 65_536
"""Characters of a field that are decoded; the rest is cut off."""

_START = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?")
_SPACE = re.compile(r"[ \t\r\n]+")
_UNEVEN = re.compile(r"[\t\r\n]|  ")


def decode_field(value: str) -> str:
    """Return the value of an unstructured field, or a display name, as people read it, on one line."""
    value = value[:FIELD_LIMIT]
    if not value.isascii() or "\x1b$" in value:
        value = _repaired(value)
    if "=?" in value:
        value = _decode_words(value)
    value = value.strip()
    return _SPACE.sub(" ", value) if _UNEVEN.search(value) else value


def _repaired(value: str) -> str:
    """Undo the surrogate escapes that stand for bytes which were not UTF-8."""
    return decoded(value.encode("utf-8", "surrogateescape" if _only_escapes(value) else "replace"))


def _only_escapes(value: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" and not "\udc80" <= char <= "\udcff" for char in value)


def _decode_words(value: str) -> str:
    pieces: list[str] = []
    pending: list[tuple[str, str, str]] = []
    position = 0
    while found := _START.search(value, position):
        end = value.find("?=", found.end())
        if end < 0:
            break
        between = value[position : found.start()]
        if between.strip() or not pending:
            pieces += [_decode_run(pending), between]
            pending = []
        pending.append((found[1], found[2].lower(), value[found.end() : end]))
        position = end + 2
    pieces += [_decode_run(pending), value[position:]]
    return "".join(pieces)


def _decode_run(words: list[tuple[str, str, str]]) -> str:
    """Decode neighbouring words; those of one charset are put together before their characters are read."""
    text = ""
    octets = b""
    unfinished = ""
    for index, (charset, encoding, content) in enumerate(words):
        following = words[index + 1] if index + 1 < len(words) else ("", "", "")
        goes_on = following[0].lower() == charset.lower()
        if encoding == "b":
            content = unfinished + content.strip()
            unfinished = ""
            if goes_on and following[1] == "b" and len(content) % 4:
                unfinished = content
                continue
            octets += from_base64(content.encode("utf-8", "replace"))
        else:
            octets += _from_q(content)
        if not goes_on:
            text += decoded(octets, charset.partition("*")[0])
            octets = b""
    return text


def _from_q(content: str) -> bytes:
    return binascii.a2b_qp(content.encode("utf-8", "replace"), header=True)

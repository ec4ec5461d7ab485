"""Mailbox names: modified UTF-7 (RFC 3501 §5.1.3), both ways.

The bytes on the wire are a mailbox's identity; the decoded name is for people only. So decoding never
raises: what is no modified UTF-7 is shown as it stands, as UTF-8 if it is that.
"""

import binascii
import re

_SHIFTED = re.compile(rb"&([A-Za-z0-9+,]*)-")
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]+|&")


def _decoded(match: re.Match[bytes]) -> str:
    run = match[1]
    if not run:
        return "&"
    try:
        raw = binascii.a2b_base64(run.replace(b",", b"/") + b"=" * (-len(run) % 4))
        return raw.decode("utf-16-be")
    except (binascii.Error, UnicodeDecodeError):
        return match[0].decode("ascii")


def decode_name(wire: bytes) -> str:
    """Return the name for people of a mailbox name as it came over the wire."""
    text: list[str] = []
    end = 0
    for match in _SHIFTED.finditer(wire):
        text += wire[end : match.start()].decode("utf-8", "replace"), _decoded(match)
        end = match.end()
    text.append(wire[end:].decode("utf-8", "replace"))
    return "".join(text)


def _encoded(match: re.Match[str]) -> str:
    if match[0] == "&":
        return "&-"
    raw = match[0].encode("utf-16-be", "surrogatepass")
    return "&" + binascii.b2a_base64(raw, newline=False).decode("ascii").rstrip("=").replace("/", ",") + "-"


def encode_name(name: str) -> bytes:
    """Return the wire form of a name that a person typed."""
    return _UNPRINTABLE.sub(_encoded, name).encode("ascii")

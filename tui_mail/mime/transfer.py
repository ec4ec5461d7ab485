"""Content transfer encodings undone (RFC 2045, 6), however damaged they arrive; linear and without errors."""

import binascii
import re

_NOT_BASE64 = bytes(
    octet
    for octet in range(256)
    if octet not in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
)
_PADDING = re.compile(rb"=+")
_UU_BEGIN = re.compile(rb"^begin [0-7]{3,4} [^\r\n]*\r?\n", re.MULTILINE)


def undone(data: bytes, encoding: str) -> bytes:
    """Return `data` without its transfer encoding; an unknown encoding leaves it as it is."""
    if encoding == "base64":
        return from_base64(data)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(data)
    if encoding in ("x-uuencode", "x-uue", "uuencode"):
        return _from_uuencode(data)
    return data


def from_base64(data: bytes) -> bytes:
    """Decode base64 with junk between, padding missing, or several padded pieces put one after another."""
    cleaned = data.translate(None, _NOT_BASE64)
    pieces = []
    for piece in _PADDING.split(cleaned):
        if len(piece) % 4 == 1:  # six bits make no octet
            piece = piece[:-1]
        pieces.append(binascii.a2b_base64(piece + b"=" * (-len(piece) % 4)))
    return b"".join(pieces)


def _from_uuencode(data: bytes) -> bytes:
    begin = _UU_BEGIN.search(data)
    if begin is None:
        return data
    pieces = []
    for line in data[begin.end() :].splitlines():
        if line.strip() in (b"end", b"`", b""):
            break
        try:
            pieces.append(binascii.a2b_uu(line))
        except binascii.Error:
            octets = (((line[0] - 32) & 63) * 4 + 5) // 3  # trailing junk: count what the line announces
            try:
                pieces.append(binascii.a2b_uu(line[:octets]))
            except binascii.Error:
                continue
    return b"".join(pieces)

"""The one door for text from outside.

Everything that came over a socket or out of a file passes `safe_text` (or its two sisters) before it
reaches a terminal, a widget, a log or stdout: headers, bodies, names of folders, files and people, and
sentences of servers. Only this module makes a `SafeText`.

What it guarantees: no control byte (C0, DEL, C1), no line or paragraph separator, no lone surrogate, no
scope-opening direction mark, no invisible filler, and at most `MARKS_IN_A_ROW` combining marks on one
letter. Controls stay visible as pictures (ESC is shown as ␛), so nothing is hidden from the reader.
"""

import re
from typing import NewType

SafeText = NewType("SafeText", str)
"""Text that cannot drive a terminal. Markup is a different danger: widgets must not parse it."""

MARKS_IN_A_ROW = 8
"""Combining marks kept on one letter; the rest of a stack ("zalgo") is dropped."""

LINE_LIMIT = 2_000
"""Characters kept of a one-line field."""

_SCOPES = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_WEAK_MARKS = "\u200e\u200f\u061c"
_INVISIBLE = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u2065\u206a-\u206f\u3164"
    "\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a"
)
_COMBINING = "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u064b-\u065f\u0e34-\u0e3a\u0e47-\u0e4e\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"

_SUSPECT = re.compile(
    f"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff{_SCOPES}{_INVISIBLE}\U000e0000-\U000e0fff]"
    f"|[{_COMBINING}]{{{MARKS_IN_A_ROW + 1},}}"
)
_SUSPECT_IN_IDENTITY = re.compile(f"[{_WEAK_MARKS}{_SCOPES}]")


def _picture(match: re.Match[str]) -> str:
    found = match[0]
    if len(found) > 1:
        return found[:MARKS_IN_A_ROW]
    code = ord(found)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if 0x80 <= code <= 0x9F or code in (0x2028, 0x2029) or 0xE0000 <= code <= 0xE0FFF:
        return f"⟨{code:04X}⟩"
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    return ""


def _line_picture(match: re.Match[str]) -> str:
    return " " if match[0] in "\t\n\r" else _picture(match)


def _body_picture(match: re.Match[str]) -> str:
    return match[0] if match[0] == "\n" else _picture(match)


def _code_point(match: re.Match[str]) -> str:
    return f"⟨{ord(match[0]):04X}⟩"


def safe_text(text: str, limit: int = LINE_LIMIT) -> SafeText:
    """Return `text` as one safe line of at most `limit` characters; tabs and newlines become spaces."""
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    return SafeText(_SUSPECT.sub(_line_picture, text))


def safe_identity(text: str, limit: int = LINE_LIMIT) -> SafeText:
    """Return an address, host, link or file name as one safe line in which every direction mark is visible."""
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    return SafeText(_SUSPECT.sub(_line_picture, _SUSPECT_IN_IDENTITY.sub(_code_point, text)))


def safe_body(text: str) -> SafeText:
    """Return text of several lines: newlines stay, tabs become spaces up to the next multiple of eight."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\t" in text:
        text = text.expandtabs(8)
    return SafeText(_SUSPECT.sub(_body_picture, text))


def joined(parts: list[SafeText], separator: str = "") -> SafeText:
    """Join safe texts; what is joined stays safe because no rule looks across a border of `separator`."""
    return SafeText(separator.join(parts))

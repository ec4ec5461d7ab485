"""The one door for text from outside.

Everything that came over a socket or out of a file passes `safe_text` (or its two sisters) before it
reaches a terminal, a widget, a log or stdout: headers, bodies, names of folders, files and people, and
sentences of servers. Only this module makes a `SafeText`.

What it guarantees: no control byte (C0, DEL, C1), no line or paragraph separator, no lone surrogate, no
scope-opening direction mark, no invisible filler, and at most `MARKS_IN_A_ROW` combining marks on one
letter. Controls stay visible as pictures (ESC is shown as ␛), so nothing is hidden from the reader.
"""

import re
import unicodedata
from collections.abc import Callable
from typing import NewType

SafeText = NewType("SafeText", str)
"""Text that cannot drive a terminal. Markup is a different danger: widgets must not parse it."""

EMPTY = SafeText("")

MARKS_IN_A_ROW = 8
"""Combining marks kept on one letter; the rest of a stack ("zalgo") is dropped."""

LINE_LIMIT = 2_000
"""Characters kept of a one-line field."""

_SCOPES = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_WEAK_MARKS = "\u200e\u200f\u061c"
_JOINERS = "\u200c\u200d"
_INVISIBLE = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u2065\u206a-\u206f\u3164"
    "\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0100-\U000e01ef"
)
_NEVER_COMBINING = (
    "\\w\\s\x00-\u02ff\u2000-\u200b\u2010-\u20cf\u2100-\u2cee\u2d80-\u2ddf\u2e00-\u3029\u3030-\u3098\u309b-\ua66e\uac00-\ufb1d"
    "\ufb1f-\ufdff\ufe10-\ufe1f\ufe30-\uffff\U0001f000-\U000dffff"
)
"""Letters, digits, space and the blocks without combining marks: a run of anything else may be a stack."""

_ONE = f"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff{_SCOPES}{_INVISIBLE}\U000e0000-\U000e0fff]"
_STACK = re.compile(f"[^{_NEVER_COMBINING}]{{{MARKS_IN_A_ROW + 1},}}")
_SINGLE = re.compile(_ONE)
_SUSPECT = re.compile(f"{_ONE}|{_STACK.pattern}")
_SUSPECT_IN_IDENTITY = re.compile(
    f"[{_WEAK_MARKS}{_SCOPES}{_INVISIBLE}]|(?<=[\x00-\x7f])[{_JOINERS}]|[{_JOINERS}](?=[\x00-\x7f])"
)


def _picture(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if (
        0x80 <= code <= 0x9F
        or code in (0x2028, 0x2029)
        or 0xE0000 <= code <= 0xE00FF
        or 0xE01F0 <= code <= 0xE0FFF
    ):
        return f"⟨{code:04X}⟩"
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    return ""


def _unstacked(match: re.Match[str]) -> str:
    """Drop the combining marks of a run that stand too high on one letter; joiners begin no new letter."""
    kept = []
    height = 0
    for char in match[0]:
        if unicodedata.category(char) in ("Mn", "Me"):
            height += 1
        elif char not in _JOINERS and char not in _WEAK_MARKS:
            height = 0
        if height <= MARKS_IN_A_ROW:
            kept.append(char)
    return "".join(kept)


def _line_picture(match: re.Match[str]) -> str:
    return " " if match[0] in "\t\n\r" else _picture(match)


def _body_picture(match: re.Match[str]) -> str:
    return match[0] if match[0] == "\n" else _picture(match)


def _code_point(match: re.Match[str]) -> str:
    return f"⟨{ord(match[0]):04X}⟩"


def _cleaned(text: str, picture: Callable[[re.Match[str]], str]) -> SafeText:
    if (text.isascii() and text.isprintable()) or _SUSPECT.search(text) is None:
        return SafeText(text)
    return SafeText(_STACK.sub(_unstacked, _SINGLE.sub(picture, text)))


def safe_text(text: str, limit: int = LINE_LIMIT) -> SafeText:
    """Return `text` as one safe line of at most `limit` characters; tabs and newlines become spaces."""
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    return _cleaned(text, _line_picture)


def safe_identity(text: str, limit: int = LINE_LIMIT) -> SafeText:
    """Return an address, host, link or file name as one safe line that hides nothing.

    Direction marks and invisible characters are shown as code points, joiners too beside ASCII: an address
    that only looks like another one must not be shown as that other one.
    """
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    return _cleaned(_SUSPECT_IN_IDENTITY.sub(_code_point, text), _line_picture)


def safe_body(text: str) -> SafeText:
    """Return text of several lines: newlines stay, tabs become spaces up to the next multiple of eight."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\t" in text:
        text = text.expandtabs(8)
    return _cleaned(text, _body_picture)


def joined(parts: list[SafeText], separator: str = "") -> SafeText:
    """Join safe texts into one; marks that pile up where two of them meet are cut like all others."""
    return _cleaned(separator.join(parts), _body_picture)

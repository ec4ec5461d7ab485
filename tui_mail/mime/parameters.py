"""Structured fields with parameters: Content-Type and Content-Disposition (RFC 2045, 5; 2183; 2231)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from tui_mail.mime.charsets import decoded
from tui_mail.mime.encoded_words import decode_field

PARAMETER_LIMIT = 100
"""Parameters of a field that are looked at."""

_LENGTH_LIMIT = 65_536

_PARAMETER = re.compile(
    r"""
    ;[ \t]*+
    ([^=;"\s]+)[ \t]*=[ \t]*                       # its name, perhaps name*0*
    (?: "((?:[^"\\]|\\.)*+)"? | ([^;]*) )           # a quoted value, perhaps never closed; or a bare one
    """,
    re.VERBOSE | re.DOTALL,
)
_SECTION = re.compile(r"(.+?)(?:\*(\d{1,3}))?(\*)?")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_TOKEN = re.compile(r"[a-z0-9!#$&^_.+'-]+/[a-z0-9!#$&^_.+'-]+")


@dataclass(frozen=True, slots=True)
class Value:
    """What a structured field says."""

    main: str
    """What stands before the parameters, in lower case."""
    parameters: Mapping[str, str]
    """Decoded values by lower-case name."""


def structured(value: str) -> Value:
    """Read a field of the form `main; name=value; …`."""
    value = value[:_LENGTH_LIMIT]
    main = value.partition(";")[0].strip().lower()
    sections: dict[str, dict[int, tuple[bool, str]]] = {}
    for count, found in enumerate(_PARAMETER.finditer(value)):
        if count == PARAMETER_LIMIT:
            break
        quoted, bare = found[2], found[3]
        text = _ESCAPED.sub(r"\1", quoted) if bare is None else bare.strip()
        if section := _SECTION.fullmatch(found[1].lower()):
            pieces = sections.setdefault(section[1], {})
            pieces.setdefault(int(section[2] or 0), (section[3] is not None, text))
    return Value(main, {name: _joined(pieces) for name, pieces in sections.items()})


def media_type(main: str, otherwise: str = "text/plain") -> str:
    """Return a media type of the form type/subtype; `otherwise` where it cannot be read (RFC 2045, 5.2)."""
    found = _TOKEN.match(main.replace(" ", ""))
    if found:
        return found[0][:127]
    return "text/plain" if main.startswith("text") else otherwise


def _joined(pieces: Mapping[int, tuple[bool, str]]) -> str:
    """Put the sections of one parameter together (RFC 2231, 3 and 4)."""
    ordered = [pieces[number] for number in sorted(pieces)]
    if not any(extended for extended, _ in ordered):
        whole = "".join(text for _, text in ordered)
        return whole if whole.isascii() and "=?" not in whole else decode_field(whole)
    charset, octets = "", b""
    for index, (extended, text) in enumerate(ordered):
        if extended and index == 0 and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        octets += unquote_to_bytes(text) if extended else text.encode("utf-8", "surrogateescape")
    return decoded(octets, charset)

"""Header fields written (RFC 5322, 2.2 and 3.6; 2047; 6532): folded, in ASCII, and never two of one.

Fields are put together here and not by `email`, whose header objects decode encoded words in what they are
given, and write the line ends that were hidden in them (a Subject of "=?utf-8?q?=0D=0ABcc:…").
"""

import re
from collections.abc import Iterable
from email.header import Header

from tui_mail.mime.hosts import ascii_host

_LINE = 76
_LONGEST_WORD = 900
"""Characters of a word without a space; a line holds 998 octets at most (RFC 5322, 2.1.1)."""

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_FIELD_NAME = re.compile(r"[!-9;-~]{1,76}")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~. -]*")
_DOT_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+")
_DOT_ATOM_UTF8 = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\u00a0-\U0010ffff-]+")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_DOMAIN = re.compile(r"[A-Za-z0-9._-]+|\[[A-Za-z0-9.:]+\]")


def field(name: str, value: str) -> bytes:
    """Return a field, folded at its spaces only: a long word is better on a long line than encoded."""
    if not _FIELD_NAME.fullmatch(name):
        raise ValueError(f"{name!r} cannot be the name of a field")
    lines = [f"{name}:"]
    for word in clean(value).split():
        if len(lines[-1]) + len(word) > _LINE and lines[-1] != f"{name}:":
            lines.append("")
        lines[-1] += f" {word[:_LONGEST_WORD]}"
    return ("\r\n".join(lines) + "\r\n").encode()


def unstructured(value: str) -> str:
    """Return text in ASCII; what only looks like an encoded word is encoded, so that it stays as it is."""
    value = clean(value)
    return value if value.isascii() and "=?" not in value else _encoded(value)


def people(persons: Iterable[tuple[str, str]], *, utf8: bool = False) -> str:
    """Return persons, given as (name, address), as an address field holds them; raises ValueError."""
    return ", ".join(person(one, utf8=utf8) for one in persons)


def person(one: tuple[str, str], *, utf8: bool = False) -> str:
    """Return a person as an address field holds it; raises ValueError for an address that is none."""
    name, written = clean(one[0]), address(one[1], utf8=utf8)
    if not name:
        return written
    if not name.isascii() or "=?" in name:
        return f"{_encoded(name)} <{written}>"
    plain = _ATOMS.fullmatch(name) and "." not in name
    return f"{name if plain else _quoted(name)} <{written}>"


def address(given: str, *, utf8: bool = False) -> str:
    """Return an addr-spec, its local part quoted where it must be, its domain in ASCII; raises ValueError.

    A local part beyond ASCII is refused, unless `utf8` says that the letter goes by SMTPUTF8 (RFC 6531).
    """
    given = clean(given)
    local, at, domain = given.rpartition("@")
    if not at:
        local, domain = domain, ""
    atoms = _DOT_ATOM_UTF8 if utf8 else _DOT_ATOM
    if not atoms.fullmatch(local) and not _QUOTED.fullmatch(local):
        local = _quoted(local)
    try:
        domain = ascii_host(domain)
    except ValueError:
        raise ValueError(f"{given!r} is no address: {domain!r} is no host") from None
    if not (utf8 or local.isascii()) or (at and not _DOMAIN.fullmatch(domain)):
        raise ValueError(f"{given!r} is no address that every server takes")
    return f"{local}{at}{domain}"


def bracketed(message_id: str) -> str:
    """Return a Message-ID in its angle brackets, whatever stood around or in it."""
    inner = "".join(char for char in message_id if "!" <= char <= "~" and char not in "<>")
    return f"<{inner}>"


def clean(value: str) -> str:
    """Return text without anything that could end a line; what could, is a space."""
    return _CONTROLS.sub(" ", value).strip()


def _encoded(value: str) -> str:
    return " ".join(Header(value, "utf-8", maxlinelen=75).encode(splitchars="").split())


def _quoted(words: str) -> str:
    escaped = words.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

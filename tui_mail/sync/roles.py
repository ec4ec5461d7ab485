"""Which role a folder has: by its special use (RFC 6154), else guessed by its name."""

import re
import unicodedata
from collections.abc import Iterable

from tui_mail.model.folder import Role
from tui_mail.sync.role_names import BY_NAME

_BY_USE = {
    "\\all": Role.ALL,
    "\\archive": Role.ARCHIVE,
    "\\drafts": Role.DRAFTS,
    "\\flagged": Role.FLAGGED,
    "\\junk": Role.JUNK,
    "\\sent": Role.SENT,
    "\\trash": Role.TRASH,
}

_BRACKETED = re.compile(r"\[[^]]+\]")
"""The name of a holder such as "[Gmail]"."""


def _guess(display: str, separator: str) -> Role:
    """Return what a name at the top, or right below INBOX or a bracketed holder, says of a folder."""
    parts = display.split(separator) if separator else [display]
    if len(parts) == 2 and (parts[0].upper() == "INBOX" or _BRACKETED.fullmatch(parts[0])):
        del parts[0]
    if len(parts) != 1:
        return Role.NONE
    return BY_NAME.get(unicodedata.normalize("NFC", parts[0]).casefold(), Role.NONE)


def roles(folders: Iterable[tuple[bytes, str, str, frozenset[str]]]) -> dict[bytes, Role]:
    """Return the role of each folder, given as (wire name, display name, separator, lower-case attributes).

    A role has one folder: what the server says counts before any guess, and the first name listed wins.
    """
    listed = list(folders)
    found: dict[bytes, Role] = {}
    taken: set[Role] = set()

    def take(name: bytes, role: Role) -> None:
        if role is not Role.NONE and role not in taken and name not in found:
            found[name] = role
            taken.add(role)

    for name, _, _, attributes in listed:
        if name.upper() == b"INBOX":
            take(name, Role.INBOX)
        for attribute in sorted(attributes):
            take(name, _BY_USE.get(attribute, Role.NONE))
    for name, display, separator, _ in listed:
        take(name, _guess(display, separator))
    return {name: found.get(name, Role.NONE) for name, *_ in listed}

"""Names in a Maildir: a file a message, its flags behind `:2,` (https://cr.yp.to/proto/maildir.html).

Read are `;2,` and `!2,` too, which stand for it on file systems without a colon.
"""

import re

from tui_mail.model.message import Flag

_INFO = re.compile(r"[:;!]2,([A-Za-z]*)$")
_LETTERS = {
    "D": Flag.DRAFT,
    "F": Flag.FLAGGED,
    "P": Flag.FORWARDED,
    "R": Flag.ANSWERED,
    "S": Flag.SEEN,
    "T": Flag.DELETED,
}
"""In alphabetical order, as they must be written."""


def flags_of(name: str) -> Flag:
    """Return the flags that a file's name tells."""
    flags = Flag.NONE
    if found := _INFO.search(name):
        for letter in found[1]:
            flags |= _LETTERS.get(letter, Flag.NONE)
    return flags


def unique(name: str) -> str:
    """Return a file's name without its flags: what stays when they change."""
    return _INFO.sub("", name)


def file_name(message: int, received: int, flags: Flag) -> str:
    """Return the name of a message's file: the same message of this store has the same unique part."""
    letters = "".join(letter for letter, flag in _LETTERS.items() if flags & flag)
    return f"{max(0, received)}.M{message}.tui-mail:2,{letters}"

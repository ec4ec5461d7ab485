"""Values from outside as SQLite can hold them, whatever a server or a sender made of them."""

import re

GREATEST = (1 << 63) - 1
"""The greatest integer of SQLite."""

_SURROGATE = re.compile("[\ud800-\udfff]")


def storable(text: str) -> str:
    """Return text that UTF-8 can hold: a lone surrogate becomes U+FFFD."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def bounded(number: int) -> int:
    """Return the nearest number that is neither negative nor too great for a column."""
    return min(max(number, 0), GREATEST)

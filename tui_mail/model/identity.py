"""Identities: as whom a person writes."""

from dataclasses import dataclass
from enum import StrEnum


class SentCopy(StrEnum):
    """Who puts the copy of a sent letter into the folder of sent mail."""

    AUTO = "auto"
    """The server where it is known to do so, else this program, after a look whether it is there."""
    ALWAYS = "always"
    """This program, after a look whether it is there."""
    NEVER = "never"
    """Nobody, or the server."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A name and an address to write as, and what goes with them."""

    address: str
    """What stands in From."""
    name: str = ""
    """The person's name as others see it."""
    patterns: tuple[str, ...] = ()
    """Further addresses that mean this identity, with "*" for any characters, such as "*@example.org"."""
    reply_to: str = ""
    """Where answers should go; "" where that is `address`."""
    signature: str = ""
    """What is set under a new letter, without its "-- " line; "" for none."""
    sent: str = ""
    """Name of the folder that keeps what it sent; "" for the account's own."""
    drafts: str = ""
    """Name of the folder that keeps its drafts; "" for the account's own."""

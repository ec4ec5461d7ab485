"""The cast of the demo: who writes, from where, and how they sign.

The people are data (`people.toml`); no one of them exists.
"""

import tomllib
from dataclasses import dataclass
from datetime import timedelta, timezone
from functools import cache
from importlib.resources import files

ACCOUNTS = ("work", "home", "lists")
"""Keys of the person of the demo, who is one person at three addresses."""


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who writes letters, or a machine that does."""

    key: str
    name: str
    """As it stands in From."""
    address: str
    short: str
    """How they sign, and how others call them."""
    signature: str = ""
    """What stands below "-- "."""
    zone: float = 1
    """Hours east of Greenwich."""
    answers: tuple[str, ...] = ()
    """What they answer, one after the other, to letters of the person of the demo; empty: nothing."""

    @property
    def mailbox(self) -> tuple[str, str]:
        """Name and address, as an address field wants them."""
        return self.name, self.address

    @property
    def timezone(self) -> timezone:
        """Where their clock stands."""
        return timezone(timedelta(hours=self.zone))

    @property
    def is_me(self) -> bool:
        """True for the person of the demo, at whichever address."""
        return self.key in ACCOUNTS


@cache
def everyone() -> dict[str, Person]:
    """The whole cast by key."""
    table = tomllib.loads(files(__package__).joinpath("people.toml").read_text(encoding="utf-8"))
    return {
        key: Person(key=key, answers=tuple(entry.pop("answers", ())), **entry) for key, entry in table.items()
    }

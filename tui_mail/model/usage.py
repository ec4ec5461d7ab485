"""What the mail takes on this disk, for the people who ask."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AccountUsage:
    """One account's part of the offline copy."""

    account: int
    """`account.id` in the store."""
    messages: int
    """Messages in its folders; a copy in another folder counts again."""
    bodies: int
    """Different letters that are here in full."""
    octets: int
    """What letters take, those that are not here in full too."""
    cached: int
    """… of it what a server can give again."""


@dataclass(frozen=True, slots=True)
class Usage:
    """The offline copy as a whole."""

    accounts: tuple[AccountUsage, ...]
    """In the user's order."""
    words: int
    """Octets of the full-text index."""
    free: int
    """Octets of the file that hold nothing."""
    file: int
    """Octets of the file."""

    @property
    def cached(self) -> int:
        """Octets of letters that a server can give again."""
        return sum(one.cached for one in self.accounts)

"""People: addresses learned from mail, or written down by the user."""

from dataclasses import dataclass

from tui_mail.model.safe_text import SafeText


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be written to."""

    id: int
    name: SafeText
    """"" where none is known."""
    address: SafeText
    sent: int
    """Letters sent to it."""
    received: int
    """Letters that came from it."""
    seen_at: int
    """When the last of them was written, seconds since the epoch."""
    by_hand: bool
    """Whether the user gave the name."""
    hidden: bool
    """Whether it is never proposed."""

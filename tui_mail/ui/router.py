"""From keys to commands: single keys at once, sequences as they grow.

A sequence has no time limit; Esc leaves it, and a key that does not continue it leaves it too, not obeyed.
"""

from dataclasses import dataclass

from tui_mail.ui.commands import Command, Scope
from tui_mail.ui.keymap import Keymap, Keys


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a key."""

    taken: bool
    """False: it means nothing here."""
    command: Command | None = None
    """What to run now."""


class Router:
    """Reads keys one by one; `pending` is the sequence so far."""

    def __init__(self, keymap: Keymap) -> None:
        self.keymap = keymap
        self.pending: Keys = ()

    def press(self, key: str, scope: Scope) -> Outcome:
        """Take a key that was pressed in a pane."""
        before, keys = self.pending, (*self.pending, key)
        self.pending = ()
        if before and key == "escape":
            return Outcome(taken=True)
        if command := self.keymap.command(scope, keys):
            return Outcome(taken=True, command=command)
        if self.keymap.continuations(scope, keys):
            self.pending = keys
            return Outcome(taken=True)
        return Outcome(taken=bool(before))

    def leave(self) -> None:
        """Forget a sequence that was begun."""
        self.pending = ()

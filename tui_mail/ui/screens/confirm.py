"""The only question of the program: before what cannot be undone.

The key that confirms is not the key that asked.
"""

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from tui_mail.model.safe_text import SafeText
from tui_mail.ui.format import content
from tui_mail.ui.screens.panel import Panel


class Confirm(Panel[bool]):
    """Asks; `y` says yes, everything else no."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("y", "dismiss(True)", show=False)]

    def __init__(self, question: SafeText, consequence: SafeText) -> None:
        super().__init__()
        self._question = question
        self._consequence = consequence

    def compose(self) -> ComposeResult:
        """A question, what follows, and the two keys."""
        with Vertical(id="panel"):
            yield Static(content((self._question, "$strong bold")), markup=False)
            yield Static(content((self._consequence, "$dim")), markup=False)
            keys = (
                (SafeText("y"), "$accent"),
                SafeText(" yes   "),
                (SafeText("Esc"), "$accent"),
                SafeText(" no"),
            )
            yield Static(content(*keys), id="panel-keys", markup=False)

    def on_key(self, event: events.Key) -> None:
        """Any other key means no."""
        if event.key not in ("y", "escape"):
            event.stop()
            self.dismiss(False)

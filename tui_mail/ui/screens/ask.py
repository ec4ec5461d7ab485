"""Asking for one line: where to save, or a password."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from tui_mail.model.safe_text import SafeText
from tui_mail.ui.format import content
from tui_mail.ui.screens.panel import Panel


class Ask(Panel[str]):
    """One field; Enter takes it."""

    def __init__(self, question: SafeText, value: str = "", *, explanation: SafeText | None = None) -> None:
        super().__init__()
        self._question = question
        self._value = value
        self._explanation = explanation

    def compose(self) -> ComposeResult:
        """A sentence over a field."""
        with Vertical(id="panel"):
            yield Static(content((self._question, "$strong bold")), markup=False)
            if self._explanation:
                yield Static(content((self._explanation, "$dim")), markup=False)
            yield self.field()
            yield Static(content(*self.keys()), id="panel-keys", markup=False)

    def field(self) -> Input:
        """Return the field."""
        return Input(self._value, select_on_focus=False)

    def keys(self) -> tuple[SafeText | tuple[SafeText, str], ...]:
        """Return what the last line says."""
        return (
            (SafeText("Enter"), "$accent"),
            SafeText(" take   "),
            (SafeText("Esc"), "$accent"),
            SafeText(" leave"),
        )

    @on(Input.Submitted)
    def take(self, event: Input.Submitted) -> None:
        """Give back what was typed."""
        event.stop()
        if event.value:
            self.dismiss(event.value)

"""Asking for the password of an account; it goes to the engine and nowhere else."""

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from tui_mail.model.safe_text import SafeText
from tui_mail.ui.format import content
from tui_mail.ui.screens.panel import Panel


@dataclass(frozen=True, slots=True, repr=False)
class Typed:
    """What was typed."""

    password: str
    keep: bool
    """Whether the system's keyring may keep it."""


class PasswordScreen(Panel[Typed]):
    """A hidden field, and whether to keep what is typed."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("tab", "keep", show=False, priority=True)]

    def __init__(self, email: SafeText, reason: SafeText) -> None:
        super().__init__()
        self._email = email
        self._reason = reason
        self._keep = True

    def compose(self) -> ComposeResult:
        """Whose password, why it is asked for, the field."""
        with Vertical(id="panel"):
            yield Static(
                content((SafeText("Password of "), "$dim"), (self._email, "$strong bold")), markup=False
            )
            if self._reason:
                yield Static(content((self._reason, "$warning")), markup=False)
            yield Input(password=True)
            yield Static(id="panel-keys", markup=False)

    def on_mount(self) -> None:
        """Say what the keys do."""
        self._explain()

    def action_keep(self) -> None:
        """Keep it in the keyring, or for this run only."""
        self._keep = not self._keep
        self._explain()

    def _explain(self) -> None:
        where = "kept in the keyring" if self._keep else "for this run only"
        keys = (("Enter", " sign in   "), ("Tab", f" {where}   "), ("Esc", " leave"))
        parts = [part for key, word in keys for part in ((SafeText(key), "$accent"), SafeText(word))]
        self.query_one("#panel-keys", Static).update(content(*parts))

    @on(Input.Submitted)
    def take(self, event: Input.Submitted) -> None:
        """Give back what was typed."""
        event.stop()
        if event.value:
            self.dismiss(Typed(event.value, self._keep))

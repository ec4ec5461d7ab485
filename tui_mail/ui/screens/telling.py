"""Telling something that needs more than a line, and nothing in answer."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from tui_mail.model.safe_text import SafeText
from tui_mail.ui.format import content
from tui_mail.ui.screens.panel import Panel


class Telling(Panel[None]):
    """A heading over a text; Enter leaves too."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,q", "dismiss(None)", show=False)]

    def __init__(self, heading: SafeText, text: Content) -> None:
        super().__init__()
        self._heading = heading
        self._text = text

    def compose(self) -> ComposeResult:
        """The heading, the text, and the key that leaves."""
        with Vertical(id="panel"):
            yield Static(content(self._heading), id="panel-title", markup=False)
            yield Static(self._text, id="panel-explanation", markup=False)
            keys = ((SafeText("Esc"), "$accent"), SafeText(" back"))
            yield Static(content(*keys), id="panel-keys", markup=False)

    def on_click(self) -> None:
        """A click leaves too."""
        self.dismiss(None)

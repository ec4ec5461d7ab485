"""The line under the title where a search is typed: a field, and beside it where it looks."""

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message as UiMessage
from textual.widgets import Input, Static

from tui_mail.model.safe_text import SafeText
from tui_mail.ui.format import clip, content

LONGEST = 1_000
"""Characters of a search."""

LEAST = 24
"""Cells for where it looks."""


class SearchField(Input):
    """The field; what is no letter leads away from it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "tell('left')", show=False),
        Binding("down,enter", "tell('taken')", show=False),
        Binding("tab,shift+tab", "tell('scope')", show=False),
    ]

    def action_tell(self, what: str) -> None:
        """Say what the person wants."""
        self.post_message(SearchLine.Wanted(what))


class SearchLine(Horizontal):
    """A field, and where it looks."""

    @dataclass
    class Typed(UiMessage):
        """The search changed."""

        text: str

    @dataclass
    class Wanted(UiMessage):
        """A key of the field: "left", "taken" or "scope"."""

        what: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.field = SearchField(
            placeholder="words, from: subject: is:unread has:attachment newer:7d …",
            max_length=LONGEST,
            select_on_focus=False,
        )
        self._where = Static("", markup=False)
        self.display = False

    def compose(self) -> ComposeResult:
        """The mark of a search, the field, its scope."""
        yield Static(content((SafeText(" / "), "$accent")), markup=False, classes="search-mark")
        yield self.field
        yield self._where

    def say(self, where: SafeText, problem: SafeText) -> None:
        """Tell where it looks, or what of it is not understood."""
        room = max(LEAST, self.size.width // 2 - 2)  # before it was shown once, it has no width
        said = (clip(problem, room), "$warning") if problem else (clip(where, room), "$dim")
        self._where.update(content(said, SafeText(" ")))

    def put(self, text: str) -> None:
        """Put a search into the field, as if it had always stood there."""
        with self.field.prevent(Input.Changed):
            self.field.value = text
        self.field.cursor_position = len(text)

    @on(Input.Changed)
    def changed(self, event: Input.Changed) -> None:
        """Pass on what was typed."""
        event.stop()
        self.post_message(self.Typed(event.value))

    @on(Input.Submitted)
    def submitted(self, event: Input.Submitted) -> None:
        """Enter is a binding of the field."""
        event.stop()

    def on_click(self) -> None:
        """Look elsewhere when the scope is clicked."""
        if not self.field.has_focus:
            self.post_message(self.Wanted("scope"))

"""Choosing one of many by typing a few letters of it: palette, help, folders, links, themes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tui_mail.model.safe_text import SafeText
from tui_mail.ui.format import cells, clip, content
from tui_mail.ui.screens.panel import Panel

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

PANEL, FRAME = 76, 5
"""Cells of the widest panel, and what padding and scroll bar take of it."""
MOST_SHOWN = 200
"""Entries listed at once; the filter finds the others."""


@dataclass(frozen=True, slots=True)
class Choice(Generic[T_co]):
    """An entry."""

    text: SafeText
    value: T_co
    detail: SafeText = field(default=SafeText(""))
    """At the right: a key, an account, a size."""
    group: SafeText = field(default=SafeText(""))
    """The heading it stands under while nothing is filtered."""


class Picker(Panel[T], Generic[T]):
    """A filter over a list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,ctrl+n", "cursor(1)", show=False),
        Binding("up,ctrl+p", "cursor(-1)", show=False),
        Binding("pagedown", "cursor(10)", show=False),
        Binding("pageup", "cursor(-10)", show=False),
        Binding("tab,shift+tab", "cursor(0)", show=False),
    ]

    def __init__(
        self,
        title: str,
        choices: Sequence[Choice[T]],
        *,
        preview: Callable[[T], None] | None = None,
        current: T | None = None,
        explanation: Content | None = None,
    ) -> None:
        super().__init__()
        self._explanation = explanation
        self._title = SafeText(title)
        self._choices = choices
        self._preview = preview
        self._current = current
        self._shown: list[Choice[T]] = []

    def compose(self) -> ComposeResult:
        """A filter above the entries."""
        with Vertical(id="panel"):
            yield Static(content(self._title), id="panel-title", markup=False)
            if self._explanation:
                yield Static(self._explanation, id="panel-explanation", markup=False)
            yield Input(placeholder="type to filter", id="filter", select_on_focus=False)
            yield OptionList(id="choices", markup=False)

    def on_mount(self) -> None:
        """Show all of them."""
        self.query_one(OptionList).can_focus = False
        self._fill("")

    @on(Input.Changed)
    def filter(self, event: Input.Changed) -> None:
        """Show what fits the letters."""
        event.stop()
        self._fill(event.value)

    @on(Input.Submitted)
    def choose(self, event: Input.Submitted) -> None:
        """Take the entry under the cursor."""
        event.stop()
        highlighted = self.query_one(OptionList).highlighted_option
        if highlighted is not None and highlighted.id is not None:
            self.dismiss(self._shown[int(highlighted.id)].value)

    @on(OptionList.OptionSelected)
    def clicked(self, event: OptionList.OptionSelected) -> None:
        """Take the entry that was clicked."""
        event.stop()
        if event.option_id is not None:
            self.dismiss(self._shown[int(event.option_id)].value)

    @on(OptionList.OptionHighlighted)
    def preview(self, event: OptionList.OptionHighlighted) -> None:
        """Let the screen show what the choice would mean."""
        event.stop()
        if self._preview and event.option_id is not None:
            self._preview(self._shown[int(event.option_id)].value)

    def action_cursor(self, rows: int) -> None:
        """Move the cursor, over headings, without leaving the list."""
        options = self.query_one(OptionList)
        stops = [at for at, option in enumerate(options.options) if not option.disabled]
        if stops and rows:
            here = stops.index(options.highlighted) if options.highlighted in stops else 0
            options.highlighted = stops[max(0, min(here + rows, len(stops) - 1))]

    def offered(self, letters: str) -> list[Choice[T]]:
        """Return what fits the letters."""
        return matching(self._choices, letters)

    def _fill(self, letters: str) -> None:
        options = self.query_one(OptionList)
        self._shown = self.offered(letters)[:MOST_SHOWN]
        width = min(PANEL, self.app.size.width * 92 // 100) - FRAME
        prompts: list[Option | None] = []
        group = SafeText("")
        for number, choice in enumerate(self._shown):
            if not letters and choice.group != group:
                above = SafeText("\n " if group else " ")
                group = choice.group
                prompts.append(Option(content(above, (group, "$dim")), disabled=True))
            prompts.append(Option(self._prompt(choice, width), id=str(number)))
        options.clear_options().add_options(prompts)
        start = (
            next((n for n, c in enumerate(self._shown) if c.value == self._current), 0) if not letters else 0
        )
        if self._shown:
            options.highlighted = options.get_option_index(str(start))

    def _prompt(self, choice: Choice[T], width: int) -> Content:
        detail = clip(choice.detail, width // 2)
        text = clip(choice.text, width - cells(detail) - 4)
        gap = SafeText(" " * (width - cells(text) - cells(detail) - 3))
        return content(SafeText(" "), text, gap, (detail, "$dim"))


def matching(choices: Sequence[Choice[T]], letters: str) -> list[Choice[T]]:
    """Return the entries that hold every word typed, those where a word begins with them first."""
    words = letters.casefold().split()
    if not words:
        return list(choices)
    ranked = []
    for place, choice in enumerate(choices):
        text = f"{choice.text} {choice.detail}".casefold()
        if all(word in text for word in words):
            late = sum(not f" {text}".replace("/", " ").count(f" {word}") for word in words)
            ranked.append((late, place, choice))
    return [choice for _, _, choice in sorted(ranked, key=lambda each: each[:2])]

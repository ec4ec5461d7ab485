"""Choosing a tag: one of those in use by its digit or its letters, or a new one by typing it."""

from collections.abc import Sequence

from textual import on
from textual.widgets import Input

from tui_mail.model.safe_text import SafeText, safe_text
from tui_mail.model.tag import tag_keyword, tag_name
from tui_mail.ui.screens.picker import Choice, Picker, matching

DIGITS = 9
"""Tags that have one."""


class TagPicker(Picker[str]):
    """Gives back a keyword."""

    def __init__(self, title: str, choices: Sequence[Choice[str]]) -> None:
        numbered = [
            Choice(safe_text(f"{n if n <= DIGITS else ' '}  {one.text}"), one.value, one.detail)
            for n, one in enumerate(choices, 1)
        ]
        super().__init__(title, numbered)
        self._known = {one.value for one in choices}

    def offered(self, letters: str) -> list[Choice[str]]:
        """Return what fits the letters, and a tag of that name where there is none."""
        found = matching(self._choices, letters)
        keyword = tag_keyword(letters)
        if keyword and tag_name(keyword) and keyword not in self._known:
            found.append(Choice(safe_text(f"   New tag {tag_name(keyword)}"), keyword, SafeText("")))
        return found

    @on(Input.Changed)
    def take_digit(self, event: Input.Changed) -> None:
        """Take the tag of a digit, where nothing else was typed."""
        if event.value.isdecimal() and 1 <= int(event.value) <= min(DIGITS, len(self._choices)):
            self.dismiss(self._choices[int(event.value) - 1].value)

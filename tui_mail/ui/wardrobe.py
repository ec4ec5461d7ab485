"""The themes there are, and the one that is worn: the user's own folder first, edited files read again."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from textual.app import App

from tui_mail.model.errors import ConfigError
from tui_mail.ui import theme

LOOK = 2.0
"""Seconds between two looks at the file of the theme that is worn."""


class Wardrobe:
    """Dresses the app."""

    def __init__(self, app: App[Any], user_dir: Path | None) -> None:
        self._app = app
        self._user_dir = user_dir
        self._worn: theme.ThemeInfo | None = None

    @property
    def worn(self) -> str:
        """The name of the theme that the screen shows."""
        return self._app.theme

    def names(self) -> list[str]:
        """Return the themes that can be worn."""
        return [info.name for info in theme.available(self._user_dir) if not info.problem]

    def wear(self, name: str) -> None:
        """Show the screen in a theme; ConfigError, and the old one stays, when something is wrong with it."""
        self._worn = theme.install(self._app, name, self._user_dir)

    def look_again(self) -> None:
        """Take over an edit of the theme that is worn; a broken edit raises ConfigError once."""
        if self._worn is None:
            return
        try:
            self._worn = theme.reread(self._app, self._worn)
        except ConfigError:
            self._worn = replace(self._worn, stamp=self._worn.path.stat().st_mtime_ns)
            raise

"""Themes of the user's own, and what becomes of an edit."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from textual.app import App

from tui_mail.model.errors import ConfigError
from tui_mail.ui import theme
from tui_mail.ui.wardrobe import Wardrobe

HARBOUR = next(info.path for info in theme.available() if info.name == "harbour")


class Bare(App[None]):
    """An app with nothing to show."""

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return theme.variable_defaults()


def write(folder: Path, old: str, new: str, age: int) -> None:
    """Write the user's theme `mine`, changed in one place, at a time of its own."""
    path = folder / "mine.toml"
    path.write_text(HARBOUR.read_text("utf-8").replace('"harbour"', '"mine"').replace(old, new), "utf-8")
    os.utime(path, (1_000_000 + age, 1_000_000 + age))


@pytest.fixture
async def wardrobe(tmp_path: Path) -> AsyncIterator[Wardrobe]:
    write(tmp_path, "", "", 0)
    async with Bare().run_test() as pilot:
        wardrobe = Wardrobe(pilot.app, tmp_path)
        wardrobe.wear("mine")
        yield wardrobe


async def test_a_theme_in_the_users_folder_is_offered_beside_ours(wardrobe: Wardrobe) -> None:
    assert {"mine", "harbour", "paper"} <= set(wardrobe.names())
    assert wardrobe.worn == "mine"


async def test_an_edit_shows_at_the_next_look(wardrobe: Wardrobe, tmp_path: Path) -> None:
    write(tmp_path, "#7fb4ca", "#99ccff", 1)
    wardrobe.look_again()
    assert wardrobe._app.current_theme.accent == "#99ccff"


async def test_a_broken_edit_is_told_once_and_the_old_colours_stay(
    wardrobe: Wardrobe, tmp_path: Path
) -> None:
    write(tmp_path, '"#7fb4ca"', '"no colour"', 1)
    with pytest.raises(ConfigError, match=r"mine\.toml"):
        wardrobe.look_again()
    wardrobe.look_again()
    assert wardrobe._app.current_theme.accent == "#7fb4ca"

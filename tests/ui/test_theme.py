import os
from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.color import Color
from textual.containers import Vertical
from textual.widgets import Input, OptionList, Static, TextArea

from tui_mail.model.errors import ConfigError
from tui_mail.ui import theme as themes
from tui_mail.ui.contrast import contrast

OURS = themes.available()
NAMES = [info.name for info in OURS]


class Painted(App[None]):
    """Uses every variable of ours."""

    CSS = "\n".join(
        [
            *(f".ink-{name} {{ color: ${name}; }}" for name in (*themes.INKS, "accent", "error", "warning")),
            *(f".ground-{name} {{ background: ${name}; }}" for name in themes.GROUNDS),
            ".cursor { text-style: $cursor-style; }",
            ".dim { text-style: $dim-style; }",
        ]
    )

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return themes.variable_defaults()

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static("text", classes="ink-strong ground-cursor cursor", id="strong")
            yield Input("field")
            yield TextArea("area")
            yield OptionList("one", "two")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder of the user's with a theme "mine"."""
    text = next(info for info in OURS if info.name == "harbour").path.read_text()
    (tmp_path / "mine.toml").write_text(text.replace('"harbour"', '"mine"'))
    return tmp_path


def edit(folder: Path, old: str, new: str) -> Path:
    path = folder / "mine.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return path


def test_at_least_eight_themes_come_along_and_none_is_broken() -> None:
    assert {"harbour", "paper", "high-contrast", "high-contrast-light", "terminal"} <= set(NAMES)
    assert len(NAMES) >= 8
    assert [info.problem for info in OURS if info.problem] == []
    assert {info.dark for info in OURS} == {True, False}


@pytest.mark.parametrize("info", OURS, ids=NAMES)
def test_all_text_can_be_told_from_every_ground(info: themes.ThemeInfo) -> None:
    assert themes.weak_pairs(themes.load(info.path)) == []


@pytest.mark.parametrize("name", ["high-contrast", "high-contrast-light"])
def test_the_high_contrast_pair_keeps_seven_to_one(name: str) -> None:
    info = OURS[NAMES.index(name)]

    assert themes.all_pairs(themes.load(info.path))[0].ratio >= 7


def test_the_default_goes_by_the_ground_of_the_terminal() -> None:
    assert (themes.default_name(True), themes.default_name(False)) == ("harbour", "paper")
    assert OURS[NAMES.index("harbour")].dark
    assert not OURS[NAMES.index("paper")].dark


def test_contrast_follows_the_formula_of_wcag() -> None:
    black, white, grey = Color.parse("#000"), Color.parse("#fff"), Color.parse("#777777")

    assert contrast(black, white) == pytest.approx(21)
    assert contrast(white, black) == pytest.approx(21)
    assert contrast(grey, white) == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("name", NAMES)
async def test_every_theme_can_be_shown(name: str) -> None:
    app = Painted()
    async with app.run_test() as pilot:
        themes.install(app, name)
        await pilot.pause()

        expected = themes.load(OURS[NAMES.index(name)].path).variables["strong"]
        assert app.theme == name
        assert app.query_one("#strong").styles.color == Color.parse(expected)


@pytest.mark.parametrize(
    ("old", "new", "line", "complaint"),
    [
        ('star = "#e0b35a"', 'star = "zzz"', 19, "[mail] star"),
        ('accent = "#7fb4ca"', 'accent = "not a colour"', 10, "[colours] accent"),
        ('accent = "#7fb4ca"', 'accent = "#7fb4ca80"', 10, "[colours] accent"),
        ('accent = "#7fb4ca"', "accent = 7", 10, "[colours] accent"),
        ('star = "#e0b35a"', 'stern = "#e0b35a"', 19, "[mail] stern is not a key"),
        ('star = "#e0b35a"\n', "", 15, "[mail] star is missing"),
        ("dark = true", "dark = 1", 4, "dark must be"),
        ("dark = true", 'dark = true\nlight = "x"', 5, "light is not a key"),
        ('name = "mine"', 'name = "other"', 3, 'name must be "mine"'),
        ("[mail]", "[letters]", 15, "letters is not a key"),
        ('star = "#e0b35a"', 'star = "#e0b35a', 19, "line 19"),
        ('star = "#e0b35a"', 'star = "#e0b35a"\ncursor-style = "blink"', 20, "[mail] cursor-style"),
    ],
)
def test_a_broken_theme_is_named_with_file_line_and_key(
    own: Path, old: str, new: str, line: int, complaint: str
) -> None:
    path = edit(own, old, new)

    with pytest.raises(ConfigError) as raised:
        themes.load(path)

    assert str(path) in str(raised.value)
    assert f"line {line}" in str(raised.value)
    assert complaint in str(raised.value)
    assert next(info for info in themes.available(own) if info.name == "mine").problem == str(raised.value)


async def test_a_broken_theme_leaves_the_old_one(own: Path) -> None:
    app = Painted()
    async with app.run_test():
        themes.install(app, "paper")
        edit(own, '"#7fb4ca"', '"zzz"')

        with pytest.raises(ConfigError):
            themes.install(app, "mine", own)
        with pytest.raises(ConfigError, match="no theme"):
            themes.install(app, "../paper", own)

        assert app.theme == "paper"


async def test_an_edited_theme_is_shown_and_a_broken_edit_is_not(own: Path) -> None:
    app = Painted()
    async with app.run_test() as pilot:
        shown = themes.install(app, "mine", own)
        assert themes.reread(app, shown) == shown

        path = edit(own, "#f4f6f9", "#ffffff")
        touch(path, shown.stamp + 10**9)
        shown = themes.reread(app, shown)
        await pilot.pause()
        assert app.query_one("#strong").styles.color == Color.parse("#ffffff")

        edit(own, "#ffffff", "whitest")
        touch(path, shown.stamp + 10**9)
        with pytest.raises(ConfigError):
            themes.reread(app, shown)
        await pilot.pause()
        assert app.query_one("#strong").styles.color == Color.parse("#ffffff")

        path.unlink()
        assert themes.reread(app, shown) == shown


def touch(path: Path, stamp: int) -> None:
    os.utime(path, ns=(stamp, stamp))


def test_a_theme_of_the_user_comes_before_ours(own: Path) -> None:
    (own / "harbour.toml").write_text((own / "mine.toml").read_text().replace('"mine"', '"harbour"'))

    found = {info.name: info.path.parent for info in themes.available(own)}

    assert found["harbour"] == own
    assert found["mine"] == own
    assert found["paper"] != own

"""Themes are data: one TOML file each, checked completely before it touches the screen.

A file `harbour.toml` holds the theme "harbour": `name`, `dark`, optionally `ansi` (its colours are the
terminal's own sixteen), the table `[colours]` and the table `[mail]`. All colours are required, so that no
theme depends on another. Textual takes a bad colour without a word and fails later, in the middle of the
screen; so each value is parsed here first. Files of the user's folder come before ours of the same name.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textual.app import App
from textual.color import Color, ColorParseError
from textual.theme import Theme

from tui_mail.model.errors import ConfigError
from tui_mail.model.safe_text import EMPTY, SafeText, safe_text
from tui_mail.ui.contrast import LEAST, Pair, pairs

COLOURS = ("background", "surface", "foreground", "accent", "error", "warning", "success")
CHIPS = 8
"""Colours to tell accounts apart."""
INKS = (
    "strong",
    "dim",
    "star",
    "unread",
    "link",
    "quote-1",
    "quote-2",
    *(f"chip-{number}" for number in range(1, CHIPS + 1)),
)
MAIL = ("cursor", *INKS)
GROUNDS = ("background", "surface", "cursor")
STYLES = {"cursor-style": ("none", "reverse"), "dim-style": ("none", "dim")}
"""What stands in for shades where a theme has none; the first word is the default."""


@dataclass(frozen=True, slots=True)
class ThemeInfo:
    """A theme that can be chosen, or a file that should have been one."""

    name: str
    """Also the name of its file."""
    path: Path
    dark: bool = True
    problem: SafeText = EMPTY
    """Why it cannot be chosen, in a sentence with file, line and key; "" when it can."""
    stamp: int = 0
    """When the file was written, as the file system counts."""


def default_name(dark: bool) -> str:
    """Return the theme for a terminal with a dark or a light ground."""
    return "harbour" if dark else "paper"


def variable_defaults() -> dict[str, str]:
    """Return a value for each variable of ours: style sheets must parse before a theme is installed."""
    return {
        **dict.fromkeys(MAIL, "#808080"),
        **{name: choices[0] for name, choices in STYLES.items()},
    }


def available(user_dir: Path | None = None) -> list[ThemeInfo]:
    """Return all themes by name, broken files too, each with what is wrong with it."""
    files = {path.stem: path for folder in _folders(user_dir)[::-1] for path in sorted(folder.glob("*.toml"))}
    return [_info(path) for _, path in sorted(files.items())]


def install(app: App[Any], name: str, user_dir: Path | None = None) -> ThemeInfo:
    """Show the screen in a theme; ConfigError, and the old one stays, when something is wrong with it."""
    for folder in _folders(user_dir):
        path = folder / f"{name}.toml"
        if re.fullmatch(r"[\w-]+", name) and path.is_file():
            theme = load(path)
            app.register_theme(theme)
            app.theme = name
            app.mutate_reactive(App.theme)
            return ThemeInfo(name, path, theme.dark, stamp=path.stat().st_mtime_ns)
    known = ", ".join(info.name for info in available(user_dir) if not info.problem)
    raise ConfigError(f'There is no theme "{safe_text(name, 60)}"', hint=f"There are: {known}")


def reread(app: App[Any], shown: ThemeInfo) -> ThemeInfo:
    """Install the shown theme again if its file changed; ConfigError while the file is broken."""
    try:
        stamp = shown.path.stat().st_mtime_ns
    except OSError:
        return shown
    return shown if stamp == shown.stamp else install(app, shown.name, shown.path.parent)


def load(path: Path) -> Theme:
    """Read and check one theme; ConfigError names file, line and key of what is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
        table = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {safe_text(str(error), 200)}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {safe_text(str(error), 200)}") from error
    return _Reader(path, text, table).theme()


def weak_pairs(theme: Theme) -> list[Pair]:
    """Return the pairs of ink and ground below `LEAST`; nobody knows those of the terminal's own colours."""
    return [] if theme.ansi else [pair for pair in all_pairs(theme) if pair.ratio < LEAST]


def all_pairs(theme: Theme) -> list[Pair]:
    """Return every ink of a theme on each of its grounds, the weakest first."""
    values = {**theme.variables, **{name: str(getattr(theme, name)) for name in COLOURS}}
    inks = [name for name in (*COLOURS, *INKS) if name not in GROUNDS]
    return pairs({name: values[name] for name in inks}, {name: values[name] for name in GROUNDS})


def _folders(user_dir: Path | None) -> list[Path]:
    """Return where themes are looked for: the user's folder, then ours in the wheel or in the source tree."""
    package = Path(__file__).parents[1]
    ours = (package / "themes", package.parent / "themes")
    return [folder for folder in (user_dir, *ours) if folder is not None and folder.is_dir()]


def _info(path: Path) -> ThemeInfo:
    try:
        return ThemeInfo(path.stem, path, load(path).dark, stamp=path.stat().st_mtime_ns)
    except (ConfigError, OSError) as error:
        return ThemeInfo(path.stem, path, problem=safe_text(str(error)))


class _Reader:
    """Checks one file."""

    def __init__(self, path: Path, text: str, table: dict[str, Any]) -> None:
        self._path = path
        self._text = text
        self._table = table

    def theme(self) -> Theme:
        self._known("", self._table, ("name", "dark", "ansi", "colours", "mail"))
        if self._table.get("name") != self._path.stem:
            raise self._error("", "name", f'must be "{self._path.stem}", like its file')
        dark = self._choice("dark", required=True)
        ansi = self._choice("ansi", required=False)
        colours = self._colours("colours", COLOURS)
        mail = self._colours("mail", MAIL, tuple(STYLES))
        styles = {name: self._style(name) for name in STYLES}
        variables = {**(_stock_ansi() if ansi else _stock(colours, mail)), **mail, **styles}
        theme = Theme(self._path.stem, colours["accent"], dark=dark, ansi=ansi, variables=variables)
        for name, value in colours.items():
            setattr(theme, name, value)
        theme.to_color_system().generate()
        return theme

    def _known(self, table: str, found: Mapping[str, Any], known: tuple[str, ...]) -> None:
        for key in found:
            if key not in known:
                raise self._error(table, key, "is not a key of a theme")

    def _choice(self, key: str, *, required: bool) -> bool:
        value = self._table.get(key, None if required else False)
        if not isinstance(value, bool):
            raise self._error("", key, "must be true or false")
        return value

    def _style(self, key: str) -> str:
        value = self._table["mail"].get(key, STYLES[key][0])
        if value not in STYLES[key]:
            raise self._error("mail", key, f"must be one of: {', '.join(STYLES[key])}")
        return str(value)

    def _colours(self, table: str, names: tuple[str, ...], others: tuple[str, ...] = ()) -> dict[str, str]:
        found = self._table.get(table)
        if not isinstance(found, dict):
            raise self._error(table, "", "is missing")
        self._known(table, found, names + others)
        return {name: self._colour(table, name, found.get(name)) for name in names}

    def _colour(self, table: str, key: str, value: object) -> str:
        if value is None:
            raise self._error(table, key, "is missing")
        try:
            opaque = isinstance(value, str) and Color.parse(value).a == 1
        except ColorParseError:
            opaque = False
        if not opaque:
            raise self._error(table, key, f'"{safe_text(str(value), 40)}" is not an opaque colour')
        return str(value)

    def _error(self, table: str, key: str, what: str) -> ConfigError:
        place = f"[{table}] {key}".rstrip() if table else safe_text(key, 60)
        return ConfigError(f"{self._path}, line {self._line(table, key)}: {place} {what}")

    def _line(self, table: str, key: str) -> int:
        """Return where a key stands, else where its table begins, else 1."""
        within, found = "", 1
        for number, line in enumerate(self._text.splitlines(), 1):
            if header := re.match(r"\s*\[\s*([^\]]*?)\s*\]", line):
                within = header[1]
                if within == (table or key):
                    found = number
            elif within == table and re.match(rf"""\s*["']?{re.escape(key)}["']?\s*=""", line):
                return number
        return found


def _stock(colours: Mapping[str, str], mail: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of Textual's own widgets, so that fields and lists wear the theme's inks only."""
    ground, text, accent, cursor = (
        colours["background"],
        colours["foreground"],
        colours["accent"],
        mail["cursor"],
    )
    return {
        "text": text,
        "text-muted": mail["dim"],
        "text-disabled": mail["dim"],
        "foreground-muted": mail["dim"],
        "panel": colours["surface"],
        "border": accent,
        "border-blurred": cursor,
        "block-cursor-background": cursor,
        "block-cursor-foreground": mail["strong"],
        "block-cursor-blurred-background": cursor,
        "block-cursor-blurred-foreground": text,
        "block-hover-background": colours["surface"],
        "input-cursor-background": accent,
        "input-cursor-foreground": ground,
        "input-selection-background": cursor,
        "input-selection-foreground": mail["strong"],
        "link-color": mail["link"],
        "link-color-hover": mail["strong"],
        "link-background-hover": cursor,
        "screen-selection-background": accent,
        "screen-selection-foreground": ground,
        "scrollbar": cursor,
        "scrollbar-hover": mail["dim"],
        "scrollbar-active": accent,
        "scrollbar-background": ground,
        "scrollbar-background-hover": ground,
        "scrollbar-background-active": ground,
        "scrollbar-corner-color": ground,
    }


def _stock_ansi() -> dict[str, str]:
    """Return the same for the terminal's own colours: nothing is known of them, so the cursor is reversed."""
    return {
        "ansi-background": "ansi_default",  # Textual's sheets need these three, its own set for such themes
        "ansi-foreground": "ansi_default",  # does not have them
        "surface-active": "ansi_default",
        "border": "ansi_default",
        "block-cursor-background": "ansi_default",
        "block-cursor-foreground": "ansi_default",
        "block-cursor-text-style": "reverse",
        "input-selection-background": "ansi_white",
        "input-selection-foreground": "ansi_black",
        "screen-selection-background": "ansi_white",
        "screen-selection-foreground": "ansi_black",
        "scrollbar": "ansi_bright_black",
        "scrollbar-hover": "ansi_white",
        "scrollbar-active": "ansi_white",
        "scrollbar-background": "ansi_default",
        "scrollbar-background-hover": "ansi_default",
        "scrollbar-background-active": "ansi_default",
    }

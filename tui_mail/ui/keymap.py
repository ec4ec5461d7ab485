"""Which keys invoke which command: the defaults under the user's own, and all that is wrong with those.

A key is written as people name it: `a`, `?`, `C-d`, `Alt-s`, `F5`, `Enter`, `PgDn`, `S-Tab`; a sequence parts
its keys by blanks, alternatives stand behind commas. A complaint costs its entry only: that command keeps its
defaults.
"""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence

from tui_mail.model.safe_text import SafeText, safe_text
from tui_mail.ui.commands import BY_ID, COMMANDS, Command, Scope

Keys = tuple[str, ...]
"""One key, or a sequence, in Textual's names; a character that prints stands for itself."""

_NAMES = {
    "Enter": "enter", "Esc": "escape", "Space": "space", "Tab": "tab", "S-Tab": "shift+tab", "Del": "delete",
    "Up": "up", "Down": "down", "Left": "left", "Right": "right", "Home": "home", "End": "end",
    "PgUp": "pageup", "PgDn": "pagedown", "Ins": "insert", "Backspace": "backspace", "Comma": ",",
}  # fmt: skip
_BY_LOWER = {name.lower(): name for name in _NAMES}
_SHOWN = {key: name for name, key in _NAMES.items()}
_FUNCTION = re.compile(r"[fF]([1-9]|1[0-9]|2[0-4])")
_MODIFIED = re.compile(r"(C|Ctrl|Alt|A|M)[-+](.+)", re.IGNORECASE)


class Keymap:
    """The keys in force."""

    def __init__(self, own: Mapping[str, str] | None = None) -> None:
        self.problems: list[SafeText] = []
        """What is wrong with the user's entries, a sentence each."""
        wanted = self._parsed(own or {})
        for id in self._clashing(wanted):
            del wanted[id]
        self._keys = {c.id: wanted.get(c.id, _defaults(c)) for c in COMMANDS}
        self._commands: dict[Scope, dict[Keys, Command]] = {scope: {} for scope in Scope}
        for command in COMMANDS:
            for scope in command.scopes:
                self._commands[scope].update(dict.fromkeys(self._keys[command.id], command))

    def command(self, scope: Scope, keys: Keys) -> Command | None:
        """Return what keys invoke in a pane."""
        return self._commands[scope].get(keys) or self._commands[Scope.EVERYWHERE].get(keys)

    def continuations(self, scope: Scope, keys: Keys) -> list[tuple[str, Command]]:
        """Return the keys that may follow, and what they invoke, in the table's order."""
        found: dict[Keys, Command] = {}
        for each in (Scope.EVERYWHERE, scope):
            found |= {
                k: c for k, c in self._commands[each].items() if k[: len(keys)] == keys and len(k) > len(keys)
            }
        return [(shown(k[len(keys) :]), command) for k, command in found.items()]

    def shown(self, id: str) -> str:
        """Return the first key of a command for people, or ""."""
        return shown(self._keys[id][0]) if self._keys[id] else ""

    def all_shown(self, id: str) -> str:
        """Return every key of a command for people."""
        return "  ".join(shown(keys) for keys in self._keys[id])

    def _parsed(self, own: Mapping[str, str]) -> dict[str, tuple[Keys, ...]]:
        wanted = {}
        for id, text in own.items():
            if id not in BY_ID:
                near = difflib.get_close_matches(id, BY_ID, 1)
                self._complain(id, f"is no command{f'; did you mean “{near[0]}”?' if near else ''}")
                continue
            try:
                wanted[id] = parsed(text)
            except ValueError as error:
                self._complain(id, str(error))
        return wanted

    def _clashing(self, wanted: Mapping[str, tuple[Keys, ...]]) -> list[str]:
        """Return the user's entries that take a key of another command in the same pane."""
        everyone = {c.id: wanted.get(c.id, _defaults(c)) for c in COMMANDS}
        clashing = []
        for id, keys in wanted.items():
            for other in COMMANDS:
                if (
                    other.id != id
                    and _meet(BY_ID[id], other)
                    and (pair := _overlap(keys, everyone[other.id]))
                ):
                    self._complain(id, f"{pair} is taken by “{other.id}” ({other.title})")
                    clashing.append(id)
                    break
        return clashing

    def _complain(self, id: str, sentence: str) -> None:
        self.problems.append(safe_text(f"keys.{id}: {sentence}", 200))


def parsed(text: str) -> tuple[Keys, ...]:
    """Return the keys that a text names; raise ValueError in words."""
    return tuple(tuple(_key(word) for word in part.split()) for part in text.split(",") if part.strip())


def _key(word: str) -> str:
    if len(word) == 1:
        return word
    if word.lower() in _BY_LOWER:
        return _NAMES[_BY_LOWER[word.lower()]]
    if _FUNCTION.fullmatch(word):
        return word.lower()
    if match := _MODIFIED.fullmatch(word):
        base = _key(match[2])
        return f"{'ctrl' if match[1][0] in 'cC' else 'alt'}+{base.lower() if len(base) == 1 else base}"
    raise ValueError(f"“{word}” is no key; keys look like a, ?, C-d, F5, Enter, g i")


def shown(keys: Sequence[str]) -> str:
    """Return keys as people name them."""
    return " ".join(_shown(key) for key in keys) if any(len(k) > 1 for k in keys) else "".join(keys)


def _shown(key: str) -> str:
    if key.startswith("ctrl+"):
        return "C-" + _shown(key[5:])
    if key.startswith("alt+"):
        return "Alt-" + _shown(key[4:])
    return _SHOWN.get(key, key.upper() if _FUNCTION.fullmatch(key) else key)


def _defaults(command: Command) -> tuple[Keys, ...]:
    return parsed(command.keys)


def _meet(one: Command, other: Command) -> bool:
    """Tell whether two commands can be invoked in the same pane."""
    everywhere = Scope.EVERYWHERE in (*one.scopes, *other.scopes)
    return everywhere or not set(one.scopes).isdisjoint(other.scopes)


def _overlap(keys: Iterable[Keys], others: Iterable[Keys]) -> str:
    """Return the first key that would hide, or be hidden by, another."""
    for one in keys:
        for other in others:
            length = min(len(one), len(other))
            if one[:length] == other[:length]:
                return shown(one)
    return ""

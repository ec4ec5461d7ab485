"""On which line each key of a TOML text stands, so that a complaint can point at it.

`tomllib` forgets positions. This scanner reads only what it needs for them: keys, table headers, and where
values end. It expects text that `tomllib` accepted (TOML 1.0) and decides nothing about values.
"""

import re
import tomllib

Path = tuple[str | int, ...]
"""A key with the tables around it, outermost first; of an array of tables also the number, from 1."""

_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_PART = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}(?!")' + r"|'''.*?'{3,5}(?!')" + r"""|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""",
    re.DOTALL,
)
_PLAIN = re.compile(r"[^,\]}\n#]+")


def positions(text: str) -> dict[Path, int]:
    """Return the line, from 1, on which each key and each table of `text` first appears.

    What stands in an array of tables is found with the number of its table, and without.
    """
    scanner = _Scanner(text.replace("\r\n", "\n"))
    scanner.document()
    return scanner.found


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.line = 1
        self.found: dict[Path, int] = {}
        self.arrays: dict[Path, int] = {}
        """How many tables each array has so far."""

    def document(self) -> None:
        table: Path = ()
        self._pass(_BLANK)
        while self.at < len(self.text):
            if self._take("["):
                one_of_many = self._take("[")
                table = self._key(())
                self._take("]")
                self._take("]")
                if one_of_many:
                    table = self._numbered(table)
            else:
                self._pair(table)
            self._pass(_BLANK)

    def _numbered(self, table: Path) -> Path:
        """Return the next table of an array, whose tables are told apart by their number, from 1."""
        number = self.arrays[table] = self.arrays.get(table, 0) + 1
        table = (*table, number)
        self.found[table] = self.line
        return table

    def _pair(self, table: Path) -> None:
        key = self._key(table)
        self._take("=")
        self._pass(_SPACE)
        self._value(key)

    def _key(self, table: Path) -> Path:
        """Pass a dotted key, noting it and the tables it implies."""
        while True:
            self._pass(_SPACE)
            part = self._pass(_PART)
            if not part:
                raise ValueError(f"no key on line {self.line}")
            table = (*table, _unquoted(part))
            self.found.setdefault(table, self.line)
            self.found.setdefault(tuple(part for part in table if isinstance(part, str)), self.line)
            self._pass(_SPACE)
            if not self._take("."):
                return table

    def _value(self, key: Path) -> None:
        if self._take("{"):
            self._items(key, "}")
        elif self._take("["):
            self._items(key, "]")
        elif not self._pass(_STRING):
            self._pass(_PLAIN)

    def _items(self, key: Path, end: str) -> None:
        while True:
            self._pass(_BLANK)
            if self._take(end):
                return
            if not self._take(","):
                if end == "}":
                    self._pair(key)
                else:
                    self._value(key)

    def _take(self, mark: str) -> bool:
        here = self.text.startswith(mark, self.at)
        self.at += len(mark) if here else 0
        return here

    def _pass(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        if match is None:
            return ""
        self.at = match.end()
        self.line += match[0].count("\n")
        return match[0]


def _unquoted(part: str) -> str:
    if part[0] not in "\"'":
        return part
    value: str = tomllib.loads(f"key = {part}")["key"]
    return value

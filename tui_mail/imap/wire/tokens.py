"""Cuts a line into tokens (RFC 9051 §9), without recursion and in one pass.

Tokens are plain values: an atom, quoted string or small literal is `bytes`, the atom NIL is `None` (the
string "NIL" is text), a parenthesised list is a `list`, a large literal is the file that holds it. Numbers
stay bytes until they are used. An atom may hold a section in brackets with spaces and parentheses, such as
`BODY[HEADER.FIELDS (DATE FROM)]<0>`. 8-bit bytes are legal everywhere: servers send them.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO, TypeAlias, Union

from tui_mail.imap.wire.lines import SINK_FROM, Line
from tui_mail.model.errors import ProtocolError

Token: TypeAlias = Union[bytes, BinaryIO, "list[Token]", None]
"""One value of a line."""

DEPTH_LIMIT = 100
"""Lists within lists."""
RAW_DEPTH_LIMIT = 100_000
"""… where they are only passed over: a letter of 5 MB can nest its parts so deep."""
TOKEN_LIMIT = 200_000
"""Tokens of one line: an object a token is what a short hostile line could cost."""

# Possessive quantifiers keep every alternative linear: nothing is ever tried twice.
_QUOTED = rb'"(?:[^"\\\r]++|\\[^\r]|\r(?!\n))*+"'
_TOKEN = re.compile(
    rb" *+(?:"
    rb"~?\{(\d{1,19})\+?\}\r\n"  # 1 literal: before the atom, which could begin with its tilde
    rb"|((?:[^\x00\r\n ()\"{\[]++|\[[^\[\]\r\n]*+\]|\[)++)"  # 2 atom
    rb"|(\()|(\))"  # 3, 4 list
    rb"|(" + _QUOTED + rb")"  # 5 quoted string
    rb")"
)
_LITERAL, _ATOM, _OPEN, _CLOSE, _STRING = range(1, 6)
_PAREN_OR_LITERAL = re.compile(rb'(?:[^()"{]++|' + _QUOTED + rb")*+(?:([()])|\{(\d{1,19})\+?\}\r\n)")
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_BLANK = re.compile(rb" *+")


def _unquoted(quoted: bytes) -> bytes:
    inner = quoted[1:-1]
    return _ESCAPED.sub(rb"\1", inner) if b"\\" in inner else inner


class Cursor:
    """Reads the tokens of one line from left to right."""

    __slots__ = ("_left", "_sinks", "data", "pos")

    def __init__(self, line: Line, pos: int = 0) -> None:
        self.data = line.data
        self.pos = pos
        self._sinks: Iterator[BinaryIO] = iter(line.sinks)
        self._left = TOKEN_LIMIT

    @property
    def at_end(self) -> bool:
        """Whether nothing but spaces is left."""
        blank = _BLANK.match(self.data, self.pos)
        return blank is not None and blank.end() == len(self.data)

    def value(self) -> Token:
        """Read one value: a string, atom, NIL or a whole list."""
        token = self._next()
        if not isinstance(token, _Paren):
            return token
        if token is _CLOSED:
            raise ProtocolError("a parenthesis closes what was never opened")
        return self._list()

    def values(self) -> list[Token]:
        """Read every value up to the end of the line."""
        found: list[Token] = []
        while not self.at_end:
            found.append(self.value())
        return found

    def atom(self) -> bytes:
        """Read one atom or string."""
        token = self.value()
        if not isinstance(token, bytes):
            raise ProtocolError("a word was expected")
        return token

    def enters(self) -> bool:
        """Step into a list if one begins here."""
        return self._paren(b"(")

    def leaves(self) -> bool:
        """Step out of a list if it ends here."""
        return self._paren(b")")

    def raw(self) -> bytes:
        """Read one value as it stands on the wire, as deep as mail may nest; a string keeps its quotes."""
        blank = _BLANK.match(self.data, self.pos)
        start = blank.end() if blank else self.pos
        if self.data[start : start + 1] != b"(":
            self.value()
            return self.data[start : self.pos]
        self.pos, depth = start, 0
        while True:
            found = _PAREN_OR_LITERAL.match(self.data, self.pos)
            if found is None:
                raise ProtocolError("a list has no end")
            self.pos = found.end()
            if found[1] is None:
                self._literal(int(found[2]))
                continue
            depth += 1 if found[1] == b"(" else -1
            if not depth:
                return self.data[start : self.pos]
            if depth > RAW_DEPTH_LIMIT:
                raise ProtocolError(f"a list is nested deeper than {RAW_DEPTH_LIMIT:,}")

    def _paren(self, which: bytes) -> bool:
        blank = _BLANK.match(self.data, self.pos)
        start = blank.end() if blank else self.pos
        if self.data[start : start + 1] != which:
            return False
        self.pos = start + 1
        return True

    def _list(self) -> list[Token]:
        here: list[Token] = []
        outer: list[list[Token]] = []
        while True:
            token = self._next()
            if token is _CLOSED:
                if not outer:
                    return here
                here = outer.pop()
            elif token is _OPENED:
                if len(outer) + 1 >= DEPTH_LIMIT:
                    raise ProtocolError(f"lists are nested deeper than {DEPTH_LIMIT}")
                inner: list[Token] = []
                here.append(inner)
                outer.append(here)
                here = inner
            elif not isinstance(token, _Paren):
                here.append(token)

    def _next(self) -> "Token | _Paren":
        found = _TOKEN.match(self.data, self.pos)
        if found is None:
            raise ProtocolError("a line ends in the middle or holds a character out of place")
        self._left -= 1
        if self._left < 0:
            raise ProtocolError(f"a line holds more than {TOKEN_LIMIT:,} words")
        self.pos = found.end()
        kind = found.lastindex
        if kind == _ATOM:
            atom = found[_ATOM]
            return None if len(atom) == 3 and atom.upper() == b"NIL" else atom
        if kind == _STRING:
            return _unquoted(found[_STRING])
        if kind == _LITERAL:
            return self._literal(int(found[_LITERAL]))
        return _OPENED if kind == _OPEN else _CLOSED

    def _literal(self, size: int) -> "bytes | BinaryIO":
        if size >= SINK_FROM:
            sink = next(self._sinks, None)
            if sink is None:
                raise ProtocolError("a literal is missing")
            return sink
        start, self.pos = self.pos, self.pos + size
        if self.pos > len(self.data):
            raise ProtocolError("a literal is cut short")
        return self.data[start : self.pos]


class _Paren:
    """A border of a list, as the tokeniser sees it."""


_OPENED, _CLOSED = _Paren(), _Paren()


def tokens(line: Line, pos: int = 0) -> list[Token]:
    """Return every token of `line` from `pos` on."""
    return Cursor(line, pos).values()

"""Searching: the newest messages that are as wanted, and never a word more than the user typed.

What a user typed reaches FTS5 only as quoted terms, each bound to columns of text; operators are the business
of whoever makes the terms. Hits come by descending moment, which is the index's own order; nothing here sorts
or counts them. See store.md §6.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tui_mail.model.folder import FolderView, RoleView, StarredView, TreeView
from tui_mail.model.message import Flag, Mark
from tui_mail.store.database import Source
from tui_mail.store.indexed import account_word
from tui_mail.store.lists import along_index
from tui_mail.store.places import in_view
from tui_mail.store.values import GREATEST, storable

SMALL = 2_000
"""Messages of a view up to which looking at each of them is quicker than looking at each hit."""


class Where(StrEnum):
    """The columns that a word may stand in, as FTS5 wants them named."""

    ANYWHERE = "{subject sender recipients body attachments}"
    SUBJECT = "{subject}"
    SENDER = "{sender}"
    RECIPIENTS = "{recipients}"
    BODY = "{body}"
    ATTACHMENTS = "{attachments}"


@dataclass(frozen=True, slots=True)
class Term:
    """What a hit must hold: a word, or several that follow one another."""

    text: str
    prefix: bool = False
    """Whether the last word may go on."""
    where: Where = Where.ANYWHERE
    without: bool = False
    """Whether a hit must not hold it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a hit must be like, in every respect."""

    terms: tuple[Term, ...] = ()
    account: int | None = None
    flags: Flag = Flag.NONE
    """Those that must be set in the place that is looked at …"""
    no_flags: Flag = Flag.NONE
    """… and those that must be clear."""
    marks: Mark = Mark.NONE
    tags: tuple[str, ...] = ()
    """Keywords that it must have."""
    since: int = 0
    """Seconds since the epoch from which on …"""
    until: int | None = None
    """… and before which it was written."""
    larger: int | None = None
    """Octets that it must exceed …"""
    smaller: int | None = None
    """… and stay below."""

    def __bool__(self) -> bool:
        return self != Wanted()


def match(wanted: Wanted) -> str:
    """Return the expression of FTS5 for the terms, whatever stands in them; "" where no word must be held."""
    held = [_phrase(term) for term in wanted.terms if not term.without]
    if held and wanted.account is not None:
        held.append(f"account : {_quoted(account_word(wanted.account))}")
    lacked = [_phrase(term) for term in wanted.terms if term.without]
    if not held:
        return ""
    all_held = " AND ".join(held)
    return f"({all_held}) NOT ({' OR '.join(lacked)})" if lacked else all_held


def _phrase(term: Term) -> str:
    return f"{term.where} : {_quoted(term.text)}{' *' if term.prefix else ''}"


def _quoted(text: str) -> str:
    return '"' + storable(text).replace("\0", " ").replace('"', '""') + '"'


@dataclass(slots=True)
class _Conditions:
    """Conditions of SQL, and their parameters in the same order."""

    sql: list[str]
    params: list[Any]

    @classmethod
    def none(cls) -> "_Conditions":
        return cls([], [])

    def add(self, sql: str, *params: Any) -> None:
        self.sql.append(sql)
        self.params.extend(params)

    def exists(self, opening: str, inner: "_Conditions") -> None:
        """Ask that a row exists for which all of `inner` holds, unless that is nothing."""
        if inner.sql:
            self.add(f"EXISTS ({opening} AND {' AND '.join(inner.sql)})", *inner.params)

    def __str__(self) -> str:
        return "".join(f" AND {each}" for each in self.sql)


def _of_place(wanted: Wanted) -> _Conditions:
    asked = _Conditions.none()
    if wanted.flags:
        asked.add("p.flags & ? = ?", int(wanted.flags), int(wanted.flags))
    if wanted.no_flags:
        asked.add("p.flags & ? = 0", int(wanted.no_flags))
    for tag in wanted.tags:
        asked.add(
            "EXISTS (SELECT 1 FROM keyword k WHERE k.place = p.id AND k.name = ? COLLATE NOCASE"
            " AND k.state <> 2)",
            storable(tag),
        )
    return asked


def _of_message(wanted: Wanted) -> _Conditions:
    asked = _Conditions.none()
    if wanted.account is not None:
        asked.add("m.account = ?", wanted.account)
    if wanted.marks:
        asked.add("m.marks & ? = ?", int(wanted.marks), int(wanted.marks))
    if wanted.larger is not None:
        asked.add("m.size > ?", wanted.larger)
    if wanted.smaller is not None:
        asked.add("m.size < ?", wanted.smaller)
    return asked


def _along_words(wanted: Wanted, view: TreeView | None, bounds: _Conditions) -> tuple[str, list[Any]]:
    """Ask the index of words, newest first."""
    asked, at_place = _Conditions.none(), _of_place(wanted)
    if view is not None:
        shown, params = in_view(view)
        at_place.add(shown, *params)
    asked.exists("SELECT 1 FROM place p WHERE p.message = i.message", at_place)
    asked.exists("SELECT 1 FROM message m WHERE m.id = i.message", _of_message(wanted))
    within = str(bounds).replace("@", "search.rowid")
    sql = (
        "SELECT i.message, i.moment FROM search CROSS JOIN indexed i ON i.moment = search.rowid"
        f" WHERE search MATCH ?{within} AND i.message IS NOT NULL{asked} ORDER BY search.rowid DESC LIMIT ?"
    )
    return sql, [match(wanted), *bounds.params, *asked.params]


def _along_view(wanted: Wanted, view: TreeView, bounds: _Conditions) -> tuple[str, list[Any]]:
    """Look at each message of a view, newest first."""
    shown, params = along_index(view)
    asked = _of_place(wanted)
    asked.exists("SELECT 1 FROM message m WHERE m.id = p.message", _of_message(wanted))
    _lacks(wanted, asked, "p.moment")
    words, joined = match(wanted), ""
    if words:
        joined = (
            " CROSS JOIN search ON search.rowid = p.moment"
            " CROSS JOIN indexed i ON i.moment = p.moment AND i.message = p.message"
        )
        asked.add("search MATCH ?", words)
    within = str(bounds).replace("@", "p.moment")
    sql = (
        f"SELECT DISTINCT p.message, p.moment FROM place p{joined}"
        f" WHERE {shown}{within}{asked} ORDER BY p.moment DESC LIMIT ?"
    )
    return sql, [*params, *bounds.params, *asked.params]


def _along_messages(wanted: Wanted, bounds: _Conditions) -> tuple[str, list[Any]]:
    """Look at each message there is, newest first."""
    asked = _of_message(wanted)
    at_place = _of_place(wanted)
    at_place.add("1")
    asked.exists("SELECT 1 FROM place p WHERE p.message = m.id", at_place)
    _lacks(wanted, asked, "m.moment")
    within = str(bounds).replace("@", "m.moment").removeprefix(" AND ")
    sql = f"SELECT m.id, m.moment FROM message m WHERE {within}{asked} ORDER BY m.moment DESC LIMIT ?"
    return sql, [*bounds.params, *asked.params]


def _lacks(wanted: Wanted, asked: _Conditions, moment: str) -> None:
    """Ask that no unwanted term is held, where no wanted one is looked for."""
    if match(wanted):
        return
    for term in wanted.terms:
        asked.add(
            f"NOT EXISTS (SELECT 1 FROM search WHERE search MATCH ? AND search.rowid = {moment})",
            _phrase(term),
        )


def _bounds(wanted: Wanted, below: int | None, among: Sequence[int] | None) -> _Conditions:
    """Return conditions on the moment "@" of a hit."""
    upper = GREATEST if below is None else below
    if wanted.until is not None:
        upper = min(upper, wanted.until << 20)
    lower = wanted.since << 20
    bounds = _Conditions.none()
    if among:
        lower, upper = max(lower, min(among)), min(upper, max(among) + 1)
    bounds.add("@ < ?", upper)
    if lower:
        bounds.add("@ >= ?", lower)
    if among is not None:
        bounds.add("@ IN (SELECT value FROM json_each(?))", json.dumps(list(among)))
    return bounds


async def _is_small(source: Source, view: TreeView) -> bool:
    """Tell whether a view shows so few messages that each can be looked at."""
    match view:
        case FolderView(folder):
            row = await source.one("SELECT total FROM folder WHERE id = ?", (folder,))
        case RoleView(role):
            row = await source.one("SELECT sum(total) FROM folder WHERE role = ?", (int(role),))
        case StarredView():
            row = await source.one(
                "SELECT count(*) FROM (SELECT 1 FROM place WHERE flags & 2 <> 0 AND role NOT IN (5, 6)"
                " AND moment >= 0 LIMIT ?)",
                (SMALL + 1,),
            )
    return row is not None and (row[0] or 0) <= SMALL


async def hits(
    source: Source,
    wanted: Wanted,
    limit: int,
    below: int | None = None,
    *,
    view: TreeView | None = None,
    among: Sequence[int] | None = None,
) -> list[tuple[int, int]]:
    """Return (message, moment) of the newest `limit` messages that are as wanted, older than `below`.

    The smaller side drives: a view of few messages by their moments, else the words; without words, the view
    or all messages. `among` are the only moments that count.
    """
    bounds = _bounds(wanted, below, among)
    words = match(wanted)
    if view is not None and (not words or await _is_small(source, view)):
        sql, params = _along_view(wanted, view, bounds)
    elif words:
        sql, params = _along_words(wanted, view, bounds)
    else:
        sql, params = _along_messages(wanted, bounds)
    rows = await source.all(sql, (*params, limit))
    return [(message, moment) for message, moment in rows]


async def as_wanted(
    source: Source, wanted: Wanted, located: Iterable[tuple[int, int]], view: TreeView | None
) -> list[tuple[int, int]]:
    """Return those of (moment, message) that are as wanted."""
    pairs = list(located)
    if not pairs:
        return []
    moments = [moment for moment, _ in pairs]
    found = {id for id, _ in await hits(source, wanted, len(pairs), view=view, among=moments)}
    return [pair for pair in pairs if pair[1] in found]

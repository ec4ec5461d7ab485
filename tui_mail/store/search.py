"""Searching: the newest messages that hold every word, and never a word more than the user typed.

What a user typed reaches FTS5 only as quoted terms, each bound to the columns of text; operators are the
business of whoever makes the terms. Hits come by descending moment, which is the index's own order; nothing
here sorts or counts them. See store.md §6.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tui_mail.model.folder import FolderView, RoleView, StarredView, View
from tui_mail.store.database import Source
from tui_mail.store.indexed import account_word
from tui_mail.store.lists import along_index
from tui_mail.store.places import in_view
from tui_mail.store.values import GREATEST, storable

SMALL = 2_000
"""Messages of a view up to which looking at each of them is quicker than looking at each hit."""

_TEXT_COLUMNS = "{subject sender recipients body attachments}"


@dataclass(frozen=True, slots=True)
class Term:
    """What a hit must hold: a word, or several that follow one another."""

    text: str
    prefix: bool = False
    """Whether the last word may go on."""


def match(terms: Sequence[Term], account: int | None = None) -> str:
    """Return the expression of FTS5 for messages that hold every term, whatever stands in them."""
    wanted = [f"{_TEXT_COLUMNS} : {_quoted(term.text)}{' *' if term.prefix else ''}" for term in terms]
    if account is not None:
        wanted.append(f"account : {_quoted(account_word(account))}")
    return " AND ".join(wanted)


def _quoted(text: str) -> str:
    return '"' + storable(text).replace("\0", " ").replace('"', '""') + '"'


def hits_query(view: View | None, *, small: bool) -> tuple[str, tuple[int, ...]]:
    """Return the query of `hits` and its parameters between the expression and bound, and the limit.

    The smaller side drives: a view of few messages by their moments, else the search.
    """
    if view is None:
        return (
            "SELECT i.message, i.moment FROM search CROSS JOIN indexed i ON i.moment = search.rowid"
            " WHERE search MATCH ? AND search.rowid < ? AND i.message IS NOT NULL"
            " ORDER BY search.rowid DESC LIMIT ?",
            (),
        )
    if small:
        shown, params = along_index(view)
        return (
            "SELECT DISTINCT p.message, p.moment FROM place p CROSS JOIN search ON search.rowid = p.moment"
            " CROSS JOIN indexed i ON i.moment = p.moment AND i.message = p.message"
            f" WHERE search MATCH ? AND p.moment < ? AND {shown} ORDER BY p.moment DESC LIMIT ?",
            params,
        )
    shown, params = in_view(view)
    return (
        "SELECT i.message, i.moment FROM search CROSS JOIN indexed i ON i.moment = search.rowid"
        " WHERE search MATCH ? AND search.rowid < ?"
        f" AND EXISTS (SELECT 1 FROM place p WHERE p.message = i.message AND {shown})"
        " ORDER BY search.rowid DESC LIMIT ?",
        params,
    )


async def _is_small(source: Source, view: View | None) -> bool:
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
        case None:
            return False
    return row is not None and (row[0] or 0) <= SMALL


async def hits(
    source: Source,
    terms: Sequence[Term],
    limit: int,
    below: int | None = None,
    *,
    view: View | None = None,
    account: int | None = None,
) -> list[tuple[int, int]]:
    """Return (message, moment) of the newest `limit` messages that hold every term, older than `below`."""
    sql, params = hits_query(view, small=await _is_small(source, view))
    bound = GREATEST if below is None else below
    rows = await source.all(sql, (match(terms, account), bound, *params, limit))
    return [(message, moment) for message, moment in rows]

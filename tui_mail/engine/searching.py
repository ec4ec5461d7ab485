"""Searching what is on this machine: the newest messages that hold every word that was typed.

It runs on the caller's loop, over a connection of its own, and never waits for a write.
"""

from dataclasses import dataclass

from tui_mail.engine.core import Core
from tui_mail.mime.words import looked_up
from tui_mail.model.folder import View
from tui_mail.store import indexed, search
from tui_mail.store.search import Term

WORDS_LIMIT = 32
"""Words of one search; what goes beyond is left out."""

WORD_LIMIT = 200
"""Characters of one word."""

PREFIX_FROM = 3
"""Letters from which on the last word may go on: shorter beginnings have too many ends."""


@dataclass(frozen=True, slots=True)
class Hits:
    """One page of what was found."""

    ids: tuple[int, ...]
    """Newest first."""
    moments: tuple[int, ...]
    """Of the same messages; the last bounds the next page."""


class Searching:
    """Searches messages."""

    def __init__(self, core: Core) -> None:
        self._source = core.database.searching

    async def search(
        self,
        words: str,
        limit: int = 50,
        below: int | None = None,
        *,
        view: View | None = None,
        account: int | None = None,
    ) -> Hits:
        """Return the newest messages that hold all of `words` and are older than the moment `below`.

        The last word may go on, so that a search can be shown while it is typed. Without a word nothing is
        found.
        """
        wanted = terms(words)
        if not wanted:
            return Hits((), ())
        found = await search.hits(self._source, wanted, limit, below, view=view, account=account)
        return Hits(tuple(id for id, _ in found), tuple(moment for _, moment in found))

    async def extent(self) -> indexed.Extent:
        """Return how much of the mail can be searched."""
        return await indexed.extent(self._source)


def terms(words: str) -> list[Term]:
    """Return what to look up for typed words; the last may go on unless a space follows it."""
    typed = words.replace("\0", " ").split()[:WORDS_LIMIT]
    found: list[Term] = []
    for n, word in enumerate(typed):
        text, goes_on = looked_up(word[:WORD_LIMIT])
        last = n == len(typed) - 1 and not words[-1:].isspace() and len(word) >= PREFIX_FROM
        if text:
            found.append(Term(text, goes_on or last or len(word) > WORD_LIMIT))
    return found

"""Searching what is on this machine: the newest messages that are as a search wants them.

It runs on the caller's loop, over a connection of its own, and never waits for a write.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tui_mail.engine.core import Core
from tui_mail.engine.query import Query, understood
from tui_mail.model.folder import FolderView, Role, RoleView, SearchView, StarredView, TreeView
from tui_mail.model.safe_text import SafeText, safe_text
from tui_mail.store import folders, indexed, lists, search
from tui_mail.store.search import Wanted

_ROLES = {role.name.casefold(): role for role in Role if role is not Role.NONE}
_STARRED = "starred"


@dataclass(frozen=True, slots=True)
class Hits:
    """One page of what was found."""

    ids: tuple[int, ...]
    """Newest first."""
    moments: tuple[int, ...]
    """Of the same messages; the last bounds the next page."""


@dataclass(frozen=True, slots=True)
class _Aim:
    """What to look for, and where."""

    wanted: Wanted
    view: TreeView | None
    problems: tuple[SafeText, ...]


class Searching:
    """Searches messages."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._source = core.database.searching

    async def search(
        self,
        typed: str,
        limit: int = 50,
        below: int | None = None,
        *,
        view: TreeView | None = None,
        account: int | None = None,
    ) -> Hits:
        """Return the newest messages that are as `typed` wants them, and older than the moment `below`.

        The language is told in `engine.query`. The last word may go on, so that a search can be shown while
        it is typed. A search for nothing finds nothing.
        """
        aim = await self._aim(typed, view)
        if not aim.wanted:
            return Hits((), ())
        wanted = aim.wanted if account is None else replace(aim.wanted, account=account)
        found = await search.hits(self._source, wanted, limit, below, view=aim.view)
        return Hits(tuple(id for id, _ in found), tuple(moment for _, moment in found))

    async def located(self, view: SearchView, ids: Sequence[int]) -> list[tuple[int, int]]:
        """Return (moment, id) of those of `ids` that a search finds."""
        aim = await self._aim(view.typed, view.within)
        if not aim.wanted:
            return []
        if aim.view is None:
            pairs = await lists.moments(self._source, ids)
        else:
            pairs = await lists.located(self._source, aim.view, ids)
        return await search.as_wanted(self._source, aim.wanted, pairs, aim.view)

    def words(self, typed: str) -> tuple[str, ...]:
        """Return the words that a hit holds, for marking them."""
        terms = understood(typed).wanted.terms
        return tuple(dict.fromkeys(word for term in terms if not term.without for word in term.text.split()))

    async def problems(self, typed: str) -> tuple[SafeText, ...]:
        """Return what is not understood of a search, a sentence each."""
        return (await self._aim(typed, None)).problems

    async def extent(self) -> indexed.Extent:
        """Return how much of the mail can be searched."""
        return await indexed.extent(self._source)

    async def _aim(self, typed: str, view: TreeView | None) -> _Aim:
        """Resolve the names that a search holds; one that means nothing is a problem, and left out."""
        query = understood(typed)
        wanted, problems = query.wanted, list(query.problems)
        if query.account:
            key = query.account.casefold()
            found = [id for id, one in self._core.accounts.items() if one.key.casefold().startswith(key)]
            if found:
                wanted = replace(wanted, account=found[0])
            else:
                problems.append(safe_text(f"There is no account “{query.account}”"))
        if query.folder:
            named = await self._named(query, wanted.account)
            if named is None:
                problems.append(safe_text(f"There is no folder “{query.folder}”"))
            else:
                view = named
                wanted = wanted if wanted else replace(wanted, since=1)  # the folder alone is a wish too
        return _Aim(wanted, view, tuple(problems))

    async def _named(self, query: Query, account: int | None) -> TreeView | None:
        word = query.folder.casefold()
        if account is None and word == _STARRED:
            return StarredView()
        if account is None and word in _ROLES:
            return RoleView(_ROLES[word])
        listed = await folders.folders(self._source)
        inside = [each for each in listed if account in (None, each.account) and each.selectable]
        for fits in (
            lambda each: each.name.casefold() == word or each.role is _ROLES.get(word),
            lambda each: each.name.casefold().rpartition(each.separator or "\0")[2].startswith(word),
        ):
            if found := next(filter(fits, inside), None):
                return FolderView(found.id)
        return None

"""What the user does to mail: at once here, later on the server, and back again.

Each command is one durable transaction of local effect and operations; it returns when it is on disk. Every
message is handled in its own account: deleted to *its* trash, archived in *its* archive.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any

from tui_mail.engine.core import Core
from tui_mail.engine.loop import EngineLoop, T
from tui_mail.model.errors import MailError
from tui_mail.model.event import OperationsChanged
from tui_mail.model.folder import FolderView, Role, View
from tui_mail.model.message import Flag
from tui_mail.model.operation import Done
from tui_mail.model.safe_text import safe_text
from tui_mail.store import effects, folders, lists
from tui_mail.store.database import Transaction
from tui_mail.store.places import Place, places

_ROLE_NAMES = {Role.ARCHIVE: "Archive", Role.JUNK: "Junk", Role.TRASH: "Trash", Role.INBOX: "Inbox"}


class Acting:
    """Carries the user's commands to the engine's loop."""

    def __init__(self, loop: EngineLoop, core: Core) -> None:
        self._loop = loop
        self._core = core

    async def mark(
        self,
        ids: Sequence[int],
        view: View | None,
        *,
        add: Flag = Flag.NONE,
        remove: Flag = Flag.NONE,
        automatic: bool = False,
    ) -> Done:
        """Set and clear flags; `automatic` keeps a change that nobody asked for out of undo's history."""
        return await self._do(self._mark(ids, view, add, remove, automatic))

    async def archive(self, ids: Sequence[int], view: View | None) -> Done:
        """Move messages to the archive of their account."""
        return await self._to_role(ids, view, Role.ARCHIVE, "Archived")

    async def junk(self, ids: Sequence[int], view: View | None) -> Done:
        """Move messages to the junk folder of their account."""
        return await self._to_role(ids, view, Role.JUNK, "Marked as junk")

    async def not_junk(self, ids: Sequence[int], view: View | None) -> Done:
        """Move messages back to the inbox of their account."""
        return await self._to_role(ids, view, Role.INBOX, "Moved to the inbox")

    async def delete(self, ids: Sequence[int], view: View | None) -> Done:
        """Move messages to the trash of their account."""
        return await self._to_role(ids, view, Role.TRASH, "Deleted")

    async def move(self, ids: Sequence[int], view: View | None, target: int) -> Done:
        """Move messages to a folder of their own account."""
        return await self._do(self._move_to(ids, view, target))

    async def delete_forever(self, ids: Sequence[int], view: View | None) -> Done:
        """Remove messages here and on the server; there is no way back."""
        return await self._do(self._expunge(ids, view))

    async def empty_trash(self, view: View) -> Done:
        """Remove all that lies in the trash that a view shows; there is no way back."""
        return await self._do(self._empty(view))

    async def undo(self) -> Done | None:
        """Take the newest command back; None when there is nothing left to take back."""
        return await self._do(self._turn(effects.undo))

    async def redo(self) -> Done | None:
        """Repeat what was undone last; None when there is nothing to repeat."""
        return await self._do(self._turn(effects.redo))

    async def fetch_body(self, id: int) -> None:
        """Bring the body of a message into the store; raises what prevents it."""
        await self._do(self._fetch_body(id))

    async def refresh(self, view: View | None) -> None:
        """Look for news now, at every account or at the one whose folder is shown."""
        await self._do(self._refresh(view))

    async def look_at(self, view: View) -> None:
        """Say what is on screen, so that it is synced first and watched."""
        await self._do(self._look_at(view))

    async def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return await self._loop.call(work)

    async def _to_role(self, ids: Sequence[int], view: View | None, role: Role, verb: str) -> Done:
        async def target(tx: Transaction, account: int) -> int:
            return await folders.with_role(tx, account, role, _ROLE_NAMES[role])

        return await self._do(self._move(ids, view, target, verb))

    async def _move_to(self, ids: Sequence[int], view: View | None, target: int) -> Done:
        state = await folders.state(self._core.database.lists, target)
        if state is None:
            raise MailError("That folder is no longer there")

        async def same(_: Transaction, account: int) -> int:
            if account != state.account:
                raise MailError(
                    "Messages move within their own account", hint="Choose a folder of that account"
                )
            return target

        return await self._move(ids, view, same, f"Moved to {state.name}:")

    async def _move(
        self,
        ids: Sequence[int],
        view: View | None,
        choose: Callable[[Transaction, int], Coroutine[Any, Any, int]],
        verb: str,
    ) -> Done:
        async with self._core.database.intention() as tx:
            groups: dict[tuple[int, int], list[Place]] = defaultdict(list)
            for place in await places(tx, ids, view):
                target = await choose(tx, place.account)
                if place.folder != target:
                    groups[place.account, target].append(place)
            count = sum(len(group) for group in groups.values())
            command = effects.Command(tx, f"{verb} {count}", int(time.time()))
            for (account, target), group in groups.items():
                await command.move(account, target, group)
            return self._done(tx, command, groups, count)

    async def _mark(
        self, ids: Sequence[int], view: View | None, add: Flag, remove: Flag, automatic: bool
    ) -> Done:
        async with self._core.database.intention() as tx:
            groups: dict[tuple[int, Flag, Flag], list[Place]] = defaultdict(list)
            for place in await places(tx, ids, view):
                change = (place.account, add & ~place.flags, remove & place.flags)
                if change[1] or change[2]:
                    groups[change].append(place)
            count = sum(len(group) for group in groups.values())
            command = effects.Command(
                tx, f"{_flag_verb(add, remove)} {count}", int(time.time()), in_history=not automatic
            )
            for (account, adding, removing), group in groups.items():
                await command.flag(account, group, adding, removing)
            return self._done(tx, command, groups, count)

    async def _expunge(self, ids: Sequence[int], view: View | None) -> Done:
        async with self._core.database.intention() as tx:
            groups: dict[tuple[int], list[Place]] = defaultdict(list)
            for place in await places(tx, ids, view):
                groups[(place.account,)].append(place)
            count = sum(len(group) for group in groups.values())
            command = effects.Command(tx, f"Deleted {count} for ever", int(time.time()), in_history=False)
            for (account,), group in groups.items():
                await command.expunge(account, group)
            return self._done(tx, command, groups, count)

    async def _empty(self, view: View) -> Done:
        trash = {f.id for f in await folders.folders(self._core.database.lists) if f.role is Role.TRASH}
        shown = {view.folder} if isinstance(view, FolderView) else trash
        if not shown <= trash:
            raise MailError("Only the trash can be emptied")
        count, operations = 0, list[int]()
        for folder in sorted(shown):
            ids, _ = await lists.entries(self._core.database.lists, FolderView(folder), None, 2**31)
            done = await self._expunge(ids, FolderView(folder))
            count += done.count
            operations.extend(done.operations)
        return Done(tuple(operations), count, safe_text(f"Deleted {count} for ever"), undoable=False)

    async def _turn(
        self, turn: Callable[[Transaction, int], Coroutine[Any, Any, effects.Turned | None]]
    ) -> Done | None:
        async with self._core.database.intention() as tx:
            turned = await turn(tx, int(time.time()))
            if turned is None:
                return None
            self._announce(tx, turned.accounts)
            return Done(turned.operations, turned.count, safe_text(turned.sentence), undoable=True)

    def _done(
        self,
        tx: Transaction,
        command: effects.Command,
        groups: Iterable[tuple[int, *tuple[Any, ...]]],
        count: int,
    ) -> Done:
        self._announce(tx, {group[0] for group in groups})
        return Done(tuple(command.operations), count, safe_text(command.sentence), command.in_history)

    def _announce(self, tx: Transaction, accounts: Iterable[int]) -> None:
        for account in accounts:
            tx.publish(OperationsChanged(account))

    async def _fetch_body(self, id: int) -> None:
        row = await lists.row(self._core.database.lists, id, None)
        if row is None:
            raise MailError("The message is no longer here")
        await self._core.supervisor.worker(row.account).fetch_body(id)

    async def _refresh(self, view: View | None) -> None:
        only = await self._account_of(view)
        for id, worker in self._core.supervisor.workers.items():
            if only is None or id == only:
                worker.retry()

    async def _look_at(self, view: View) -> None:
        only = await self._account_of(view)
        for id, worker in self._core.supervisor.workers.items():
            worker.look_at(view.folder if isinstance(view, FolderView) and id == only else None)

    async def _account_of(self, view: View | None) -> int | None:
        if not isinstance(view, FolderView):
            return None
        state = await folders.state(self._core.database.lists, view.folder)
        return None if state is None else state.account


def _flag_verb(add: Flag, remove: Flag) -> str:
    if add & Flag.SEEN:
        return "Marked read:"
    if remove & Flag.SEEN:
        return "Marked unread:"
    if add & Flag.FLAGGED:
        return "Starred"
    if remove & Flag.FLAGGED:
        return "Unstarred"
    return "Marked"

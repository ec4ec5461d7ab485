"""What the user does to mail: at once here, later on the server, and back again.

Each command is one durable transaction of local effect and operations; it returns when it is on disk. Every
message is handled in its own account: deleted to *its* trash, archived in *its* archive.
"""

import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any

from tui_mail.engine import appending, folder_acts
from tui_mail.engine.core import Core
from tui_mail.engine.loop import EngineLoop, T
from tui_mail.imap.selected import flag_list
from tui_mail.model.errors import MailError, ProtocolError
from tui_mail.model.event import OperationsChanged
from tui_mail.model.folder import FolderView, Role, TreeView, View
from tui_mail.model.message import Flag
from tui_mail.model.operation import Done, FlagChange, NewMessage
from tui_mail.model.safe_text import safe_text
from tui_mail.store import effects, folders, lists, operations, turning
from tui_mail.store.database import Transaction
from tui_mail.store.flags import shown_keywords
from tui_mail.store.places import Place, places

Choice = Callable[[Transaction, int], Awaitable[int]]
"""Chooses the folder that a message of an account goes to."""
Turn = Callable[[Transaction, int, int | None], Awaitable[turning.Turned | None]]

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

    async def tag(
        self, ids: Sequence[int], view: View | None, *, add: Sequence[str] = (), remove: Sequence[str] = ()
    ) -> Done:
        """Set and clear keywords; raises MailError for one that no server could store."""
        return await self._do(self._tag(ids, view, add, remove))

    async def mark_all_read(self, view: TreeView) -> Done:
        """Mark everything read that a view shows, as one command however much it is."""
        return await self._do(self._mark_all_read(view))

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

    async def copy(self, ids: Sequence[int], view: View | None, target: int) -> Done:
        """Copy messages to a folder of their own account; those that it holds already are left out."""
        return await self._do(self._copy(ids, view, target))

    async def append(
        self,
        folder: int,
        new: Sequence[NewMessage],
        *,
        verb: str = "Added",
        automatic: bool = False,
    ) -> Done:
        """Put messages from here into a folder, in one command; `verb` begins its sentence."""
        history = "automatic" if automatic else "done"
        return await self._do(appending.append(self._core, folder, new, verb, history))

    async def delete_forever(self, ids: Sequence[int], view: View | None) -> Done:
        """Remove messages here and on the server; there is no way back."""
        return await self._do(self._expunge(ids, view))

    async def empty_trash(self, view: TreeView) -> Done:
        """Remove all that lies in the trash that a view shows; there is no way back."""
        return await self._do(self._empty(view))

    async def create_folder(self, account: int, name: str, parent: int | None = None) -> Done:
        """Make a folder in an account, below the folder `parent` if given."""
        return await self._do(folder_acts.create(self._core, account, name, parent))

    async def rename_folder(self, folder: int, name: str) -> Done:
        """Give a folder another name at its place in the tree."""
        return await self._do(folder_acts.rename(self._core, folder, name))

    async def delete_folder(self, folder: int) -> Done:
        """Delete a folder and move what it holds to the trash; raises MailError where that cannot be."""
        return await self._do(folder_acts.delete(self._core, folder))

    async def subscribe(self, folder: int, *, wanted: bool = True) -> Done:
        """Subscribe to a folder, or end that."""
        return await self._do(folder_acts.subscribe(self._core, folder, wanted=wanted))

    async def undo(self, command: int | None = None) -> Done | None:
        """Take a command back, the newest unless one is named; None when there is nothing to take back."""
        return await self._do(self._turn(turning.undo, command))

    async def redo(self, command: int | None = None) -> Done | None:
        """Repeat what was undone, last unless a command is named; None when there is nothing to repeat."""
        return await self._do(self._turn(turning.redo, command))

    async def cancel(self, command: int) -> Done | None:
        """Take back what of a command no server has heard of; None when there is nothing of that kind."""
        return await self._do(self._cancel(command))

    async def retry_now(self, account: int | None = None) -> None:
        """Try at once what waits for a better time, in one account or in all."""
        await self._do(self._retry_now(account))

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
        name, same = await self._target(target)
        return await self._move(ids, view, same, "Moved", f" to {name}")

    async def _target(self, target: int) -> tuple[str, Choice]:
        """Return the name of a folder, and the choice of it for messages of its account."""
        state = await folders.state(self._core.database.lists, target)
        if state is None:
            raise MailError("That folder is no longer there")

        async def same(_: Transaction, account: int) -> int:
            if account != state.account:
                raise MailError(
                    "Messages stay within their own account", hint="Choose a folder of that account"
                )
            return target

        return state.name, same

    async def _move(
        self, ids: Sequence[int], view: View | None, choose: Choice, verb: str, where: str = ""
    ) -> Done:
        async with self._core.database.intention() as tx:
            groups: dict[tuple[int, int], list[Place]] = defaultdict(list)
            found = await places(tx, ids, view)
            accounts = dict.fromkeys(place.account for place in found)
            targets = {account: await choose(tx, account) for account in accounts}
            for place in found:
                target = targets[place.account]
                if place.folder != target:
                    groups[place.account, target].append(place)
            count = sum(len(group) for group in groups.values())
            command = effects.Command(tx, f"{verb} {count}{where}", int(time.time()))
            for (account, target), group in groups.items():
                await command.move(account, target, group)
            return self._done(tx, command, groups, count)

    async def _copy(self, ids: Sequence[int], view: View | None, target: int) -> Done:
        name, same = await self._target(target)
        async with self._core.database.intention() as tx:
            found = {place.message: place for place in await places(tx, ids, view)}
            there = {place.message for place in await places(tx, list(found), FolderView(target))}
            group = [place for message, place in found.items() if message not in there]
            for place in group:
                await same(tx, place.account)
            sentence = f"Copied {len(group)} to {name}"
            if there:
                sentence += f"; {len(there)} there already"
            command = effects.Command(tx, sentence, int(time.time()))
            if group:
                await command.copy(group[0].account, target, group)
            return self._done(tx, command, {(place.account,) for place in group}, len(group))

    async def _mark(
        self, ids: Sequence[int], view: View | None, add: Flag, remove: Flag, automatic: bool
    ) -> Done:
        async with self._core.database.intention() as tx:
            groups: dict[tuple[int, FlagChange], list[Place]] = defaultdict(list)
            for place in await places(tx, ids, view):
                change = FlagChange(add & ~place.flags, remove & place.flags)
                if change:
                    groups[place.account, change].append(place)
            return await self._change(
                tx, groups, _flag_verb(add, remove), history="automatic" if automatic else "done"
            )

    async def _tag(
        self, ids: Sequence[int], view: View | None, add: Sequence[str], remove: Sequence[str]
    ) -> Done:
        for word in (*add, *remove):
            _check_keyword(word)
        async with self._core.database.intention() as tx:
            found = await places(tx, ids, view)
            shown = await shown_keywords(tx, [place.id for place in found])
            groups: dict[tuple[int, FlagChange], list[Place]] = defaultdict(list)
            for place in found:
                there = shown[place.id]
                change = FlagChange(
                    add_keywords=tuple(sorted(set(add) - there)),
                    remove_keywords=tuple(sorted(set(remove) & there)),
                )
                if change:
                    groups[place.account, change].append(place)
            verb, words = ("Tagged", f" with {', '.join(add)}") if add else ("Took", "")
            where = words if add else f" out of {', '.join(remove)}"
            return await self._change(tx, groups, verb, where)

    async def _change(
        self,
        tx: Transaction,
        groups: Mapping[tuple[int, FlagChange], Sequence[Place]],
        verb: str,
        where: str = "",
        *,
        history: str = "done",
    ) -> Done:
        count = sum(len(group) for group in groups.values())
        command = effects.Command(tx, f"{verb} {count}{where}", int(time.time()), history=history)
        for (account, change), group in groups.items():
            await command.flag(account, group, change)
        return self._done(tx, command, groups, count)

    async def _mark_all_read(self, view: TreeView) -> Done:
        async with self._core.database.intention() as tx:
            command = effects.Command(tx, "Marked all read", int(time.time()))
            counts = {account: await command.mark_read(account, view) for account in self._core.accounts}
            count = sum(counts.values())
            return self._done(tx, command, [(account,) for account, n in counts.items() if n], count)

    async def _expunge(self, ids: Sequence[int], view: View | None) -> Done:
        async with self._core.database.intention() as tx:
            groups: dict[tuple[int], list[Place]] = defaultdict(list)
            for place in await places(tx, ids, view):
                groups[(place.account,)].append(place)
            count = sum(len(group) for group in groups.values())
            command = effects.Command(tx, f"Deleted {count} for ever", int(time.time()), history="none")
            for (account,), group in groups.items():
                await command.expunge(account, group)
            return self._done(tx, command, groups, count)

    async def _empty(self, view: TreeView) -> Done:
        trash = {f.id for f in await folders.folders(self._core.database.lists) if f.role is Role.TRASH}
        shown = {view.folder} if isinstance(view, FolderView) else trash
        if not shown <= trash:
            raise MailError("Only the trash can be emptied")
        count, made = 0, list[int]()
        for folder in sorted(shown):
            ids, _ = await lists.entries(self._core.database.lists, FolderView(folder), None, 2**31)
            done = await self._expunge(ids, FolderView(folder))
            count += done.count
            made.extend(done.operations)
        return Done(tuple(made), count, safe_text(f"Deleted {count} for ever"), undoable=False)

    async def _turn(self, turn: Turn, command: int | None) -> Done | None:
        async with self._core.database.intention() as tx:
            turned = await turn(tx, int(time.time()), command)
            return None if turned is None else self._turned(tx, turned)

    async def _cancel(self, command: int) -> Done | None:
        async with self._core.database.intention() as tx:
            turned = await turning.cancel(tx, int(time.time()), command)
            if turned is None:
                return None
            done = self._turned(tx, turned)
        await self._retry_now_at(turned.accounts)  # what was to be removed for ever is fetched again
        return done

    def _turned(self, tx: Transaction, turned: turning.Turned) -> Done:
        self._announce(tx, turned.accounts)
        sentence = turned.sentence
        if turned.skipped and not turned.messages and not turned.folders:
            sentence = f"Nothing to take back, all has changed since: {sentence.partition(': ')[2]}"
        elif turned.skipped:
            sentence += f"; {len(turned.skipped)} changed since and stay as they are"
        return Done(tuple(turned.operations), len(turned.messages), safe_text(sentence), undoable=True)

    async def _retry_now(self, account: int | None) -> None:
        async with self._core.database.intention() as tx:
            for id in self._core.accounts:
                if account in (None, id):
                    await operations.hasten(tx, id)
                    tx.publish(OperationsChanged(id))
        await self._retry_now_at(self._core.accounts if account is None else (account,))

    async def _retry_now_at(self, accounts: Iterable[int]) -> None:
        for account in accounts:
            if account in self._core.supervisor.workers:
                self._core.supervisor.workers[account].retry()

    def _done(
        self,
        tx: Transaction,
        command: effects.Command,
        groups: Iterable[tuple[int, *tuple[Any, ...]]],
        count: int,
    ) -> Done:
        self._announce(tx, {group[0] for group in groups})
        return Done(tuple(command.operations), count, safe_text(command.sentence), command.history == "done")

    def _announce(self, tx: Transaction, accounts: Iterable[int]) -> None:
        for account in accounts:
            tx.publish(OperationsChanged(account))

    async def _fetch_body(self, id: int) -> None:
        row = await lists.row(self._core.database.lists, id, None)
        if row is None:
            raise MailError("The message is no longer here")
        await self._core.supervisor.online_worker(row.account).fetch_body(id)

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


def _check_keyword(word: str) -> None:
    try:
        flag_list(Flag.NONE, (word,))
    except ProtocolError:
        raise MailError(
            f"“{safe_text(word, 40)}” cannot be a tag", hint="Use letters, digits and - _ . without spaces"
        ) from None


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

"""What the user does to messages: each a call of the engine, at once and with the way back offered."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from tui_mail.model.folder import FolderView, Role, SearchView, StarredView, View
from tui_mail.model.message import Flag
from tui_mail.model.operation import Done
from tui_mail.model.safe_text import SafeText, safe_text
from tui_mail.model.tag import tag_name
from tui_mail.ui.commands import Scope
from tui_mail.ui.screens.confirm import Confirm
from tui_mail.ui.screens.picker import Choice, Picker
from tui_mail.ui.screens.tags import TagPicker
from tui_mail.ui.tone import Tone

if TYPE_CHECKING:
    from tui_mail.engine import Engine
    from tui_mail.ui.screens.main import MainScreen

Act = Callable[[Sequence[int], View | None], Awaitable[Done]]


class Triage:
    """Acts on the selection, on the message under the cursor, or on the one being read."""

    def __init__(self, main: "MainScreen", engine: "Engine") -> None:
        self._main = main
        self._acting = engine.acting
        self._reading = engine.reading

    @property
    def targets(self) -> list[int]:
        """What a command acts on now."""
        reading = self._main.opening.id
        return (
            [reading]
            if self._main.scope is Scope.READER and reading is not None
            else self._main.messages.targets()
        )

    @property
    def possible(self) -> bool:
        """Whether there is anything to act on."""
        return bool(self.targets)

    @property
    def in_trash(self) -> bool:
        """Whether the list shows the trash."""
        return self._main.standing.role(self._main.messages.view) is Role.TRASH

    async def archive(self) -> None:
        """Archive."""
        await self._away(self._acting.archive)

    async def delete(self) -> None:
        """Delete to the trash."""
        await self._away(self._acting.delete)

    async def junk(self) -> None:
        """Mark as junk, or in the junk folder as not junk."""
        in_junk = self._main.standing.role(self._main.messages.view) is Role.JUNK
        await self._away(self._acting.not_junk if in_junk else self._acting.junk)

    async def move(self) -> None:
        """Ask where to, and move."""
        chosen = await self._target("Move")
        if chosen is not None:
            await self._away(lambda ids, view: self._acting.move(ids, view, chosen))

    async def copy(self) -> None:
        """Ask where to, and copy."""
        chosen = await self._target("Copy")
        if chosen is not None:
            messages = self._main.messages
            self.tell(await self._acting.copy(self.targets, messages.view, chosen))
            messages.clear_selection()

    async def _target(self, verb: str) -> int | None:
        """Ask for a folder of the account that the messages are of."""
        rows = [row for id in self.targets if (row := self._main.messages.row_of(id))]
        owners = {row.account for row in rows}
        if len(owners) > 1:
            says = "move" if verb == "Move" else "are copied"
            self._main.say(
                safe_text(f"Messages {says} within their own account; select those of one"), Tone.WARNING
            )
            return None
        folders = self._folders(owners, {row.folder for row in rows})
        title = f"{verb} {_messages(len(self.targets))} to"
        return await self._main.app.push_screen_wait(Picker(title, folders))

    async def tag(self) -> None:
        """Ask for a tag, and give it to the targets; take it from them where all have it."""
        ids, messages = self.targets, self._main.messages
        rows = [row for id in ids if (row := messages.row_of(id))]
        known = await self._reading.tags()
        worn = set(known).intersection(*(row.keywords for row in rows)) if rows else set[str]()
        choices = [
            Choice(name, keyword, SafeText("take off" if keyword in worn else ""))
            for keyword in known
            if (name := tag_name(keyword))
        ]
        chosen = await self._main.app.push_screen_wait(TagPicker(f"Tag {_messages(len(ids))}", choices))
        if chosen is None:
            return
        change = "remove" if chosen in worn else "add"
        self.tell(await self._acting.tag(ids, messages.view, **{change: [chosen]}))
        messages.clear_selection()
        await messages.apply(ids)
        await self._main.opening.look_again(ids)

    def _folders(self, owners: set[int], here: set[int]) -> list[Choice[int]]:
        standing = self._main.standing
        return [
            Choice(standing.name(FolderView(folder.id)), folder.id)
            for folder in standing.folders
            if folder.account in owners and folder.selectable and {folder.id} != here
        ]

    async def delete_forever(self) -> None:
        """Ask, and remove for ever."""
        if await self._sure(f"Delete {_messages(len(self.targets))} for ever?"):
            await self._away(self._acting.delete_forever)

    async def empty_trash(self) -> None:
        """Ask, and remove all that lies in the trash."""
        view = self._main.messages.view
        counts = self._main.standing.counts(view)
        if (
            view
            and not isinstance(view, SearchView)
            and await self._sure(f"Delete {_messages(counts[0] if counts else 0)} for ever?")
        ):
            done = await self._acting.empty_trash(view)
            self.tell(done)
            await self._main.messages.rescan()

    async def _sure(self, question: str) -> bool:
        warning = SafeText("Here and on the server; there is no way back.")
        return await self._main.app.push_screen_wait(Confirm(SafeText(question), warning)) is True

    async def mark(self, *, add: Flag = Flag.NONE, remove: Flag = Flag.NONE) -> None:
        """Set or clear flags."""
        await self.mark_these(self.targets, add=add, remove=remove)

    async def toggle(self, flag: Flag) -> None:
        """Set a flag if any target lacks it, else clear it."""
        await self.toggle_these(self.targets, flag)

    async def toggle_these(self, ids: Sequence[int], flag: Flag) -> None:
        """Set a flag of these messages if any lacks it, else clear it."""
        rows = [self._main.messages.row_of(id) for id in ids]
        lacking = any(row is None or not row.flags & flag for row in rows)
        await self.mark_these(ids, add=flag if lacking else Flag.NONE, remove=Flag.NONE if lacking else flag)

    async def mark_these(
        self, ids: Sequence[int], *, add: Flag = Flag.NONE, remove: Flag = Flag.NONE
    ) -> None:
        """Set or clear flags of these messages."""
        messages = self._main.messages
        if remove & Flag.FLAGGED and isinstance(messages.view, StarredView):
            messages.fade(ids, Flag.FLAGGED)
        done = await self._acting.mark(ids, messages.view, add=add, remove=remove)
        messages.clear_selection()
        await messages.apply(ids)
        if done.count and not (len(ids) == 1 and (add | remove) & Flag.FLAGGED):
            self.tell(done)

    async def undo(self) -> None:
        """Take the last command back."""
        self._turned(await self._acting.undo(), "There is nothing to undo")

    async def redo(self) -> None:
        """Do again what was taken back."""
        self._turned(await self._acting.redo(), "There is nothing to redo")

    def _turned(self, done: Done | None, nothing: str) -> None:
        if done is None:
            self._main.say(SafeText(nothing))
        else:
            self._main.say(done.sentence, Tone.DONE)

    async def _away(self, act: Act) -> None:
        """Do what takes messages out of the list; the next one takes their place, in the reader too."""
        ids, messages, opening = self.targets, self._main.messages, self._main.opening
        done = await act(ids, messages.view)
        messages.clear_selection()
        await messages.apply(ids)
        self.tell(done)
        opening.left(ids)

    def tell(self, done: Done) -> None:
        """Say what was done, with the way back."""
        undo = self._main.keymap.shown("mail.undo")
        if done.undoable and undo:
            self._main.say(safe_text(f"{done.sentence} — {undo} undo"), Tone.DONE, "mail.undo")
        else:
            self._main.say(done.sentence, Tone.DONE)


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count:,} messages"

"""What all kinds of operations need on their way: their messages in parts, UIDs that hold, and a journal.

The journal is the operation's own row: it becomes *running*, with its evidence, before a command leaves.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

from tui_mail.imap.responses import Selected
from tui_mail.imap.session import Session
from tui_mail.model.errors import ServerRefused
from tui_mail.model.operation import OperationKind, OperationState
from tui_mail.store import folders, messages, operations, stays
from tui_mail.store.database import Database
from tui_mail.store.folders import FolderState
from tui_mail.store.operations import Item, Operation
from tui_mail.sync.locating import locate

PART = 1_000
"""Messages of an operation that are worked on between two looks at the store."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some messages of operations, all in one folder, which is selected."""

    folder: FolderState
    uidvalidity: int
    uids: Mapping[int, int]
    """Message → UID in the folder."""
    items: Mapping[int, Sequence[tuple[Operation, Item]]]
    """Message → what is to be done to it, in order."""


@dataclass(slots=True)
class Errand:
    """Operations of one kind that are carried out together over one session."""

    database: Database
    session: Session
    operations: Sequence[Operation]
    touched: set[int] = field(default_factory=set)
    """Folders to look at afterwards."""
    changed_twice: list[Item] = field(default_factory=list)
    """Messages that look as the server tells once these operations are done: their changes may have
    cancelled each other."""
    list_anew: bool = False
    """Whether the list of folders changed."""

    @property
    def first(self) -> Operation:
        """The oldest; it stands for all in what they have in common."""
        return self.operations[0]

    @property
    def ids(self) -> list[int]:
        """The ids of the operations."""
        return [one.id for one in self.operations]

    @property
    def in_doubt(self) -> bool:
        """Whether an earlier try may have got through, wholly or in part."""
        return self.first.state is OperationState.RUNNING or self.first.attempts > 0

    async def journal(self, evidence: Mapping[str, int], step: str = "") -> None:
        """Note that a command is about to leave, and what will tell what became of it."""
        async with self.database.intention() as tx:
            await operations.start(tx, self.ids, evidence=evidence, step=step)

    async def advance(self, step: str) -> None:
        """Note that a step is done."""
        async with self.database.intention() as tx:
            await operations.advance(tx, self.ids, step)

    async def parts(self) -> AsyncIterator[Part]:
        """Select folder after folder and yield the messages in it; those that are gone are left out.

        Raises ServerRefused when a folder is read-only, or when none of the messages can be found.
        """
        named = found = 0
        async for items in self._slices():
            by_folder: dict[int, dict[int, list[tuple[Operation, Item]]]] = defaultdict(
                lambda: defaultdict(list)
            )
            for one, item in items:
                by_folder[item.folder][item.message].append((one, item))
            for folder, wanted in by_folder.items():
                named += len(wanted)
                state = await folders.state(self.database.lists, folder)
                if state is None:
                    continue
                part = await self._bound(state, wanted)
                found += len(part.uids)
                if part.uids:
                    self.touched.add(folder)
                    yield part
        if named and not found:
            raise ServerRefused("the server no longer has any of these messages", code="NONEXISTENT")

    async def _slices(self) -> AsyncIterator[list[tuple[Operation, Item]]]:
        """Yield the items of all operations: of several together, of a large one in slices."""
        if len(self.operations) > 1:
            yield [
                (one, item)
                for one in self.operations
                for item in await operations.items(self.database.lists, one.id)
            ]
            return
        above, full = 0, True
        while full:
            items = await operations.items(self.database.lists, self.first.id, above, PART)
            full = len(items) == PART
            if items:
                above = items[-1].message
                yield [(self.first, item) for item in items]

    async def _bound(
        self, state: FolderState, wanted: Mapping[int, Sequence[tuple[Operation, Item]]]
    ) -> Part:
        """Return the UIDs that messages have now: those noted, else found again by what they look like."""
        selected = await self._select(state)
        uidvalidity = selected.uidvalidity or 0
        uids = {
            message: item.uid
            for message, ((_, item), *_) in wanted.items()
            if item.uid is not None and item.uidvalidity == uidvalidity
        }
        lost = [message for message in wanted if message not in uids]
        if lost:
            looks = await operations.identities(self.database.lists, lost)
            taken = await messages.known_uids(self.database.lists, state.id, uidvalidity)
            again = await locate(self.session, looks, set(taken) - await self._own(state, uidvalidity, lost))
            async with self.database.intention() as tx:
                await stays.rebind(tx, self.ids, again, uidvalidity)
            uids |= again
        return Part(state, uidvalidity, uids, wanted)

    async def _own(self, state: FolderState, uidvalidity: int, lost: Sequence[int]) -> set[int]:
        """Return the UIDs that sync has found for lost messages meanwhile."""
        if state.uidvalidity != uidvalidity:
            return set()
        return set((await operations.confirmed(self.database.lists, lost, state.id)).values())

    async def _select(self, state: FolderState) -> Selected:
        copying = self.first.kind is OperationKind.COPY
        selected = await self.session.select(state.remote_name, read_only=copying)
        if selected.read_only and not copying:
            raise ServerRefused(f"{state.name} is read-only", code="READ-ONLY")
        return selected

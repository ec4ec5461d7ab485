"""Messages moved and copied on the server, each exactly once.

MOVE (RFC 6851) is one step for each message: after doubt, what the source still holds is moved again. Without
it a message is copied, then marked, then removed by UID EXPUNGE (RFC 4315), and how far that came is durable.
A copy is never made twice: after doubt the target is searched above the UIDNEXT that it had before, for what
looks like the message. New UIDs come from COPYUID, or from such a search.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tui_mail.imap.responses import CopyUid
from tui_mail.imap.session import Session
from tui_mail.imap.wire import split_sets
from tui_mail.model.errors import ServerRefused
from tui_mail.model.message import Flag
from tui_mail.store import effects, folders, messages, operations
from tui_mail.store.folders import FolderState
from tui_mail.store.moves import lost_on_the_way
from tui_mail.sync.errand import Errand, Part
from tui_mail.sync.locating import locate

COPYING, COPIED, MARKED = "copying", "copied", "marked"
"""Steps of a move without MOVE, which is gone on with in steps even where MOVE is offered by then."""


@dataclass(frozen=True, slots=True)
class Target:
    """The folder that messages go to, as it was before the first of them left."""

    folder: FolderState
    uidvalidity: int
    uidnext: int

    @property
    def evidence(self) -> dict[str, int]:
        """What the journal keeps of it."""
        return {"uidvalidity": self.uidvalidity, "uidnext": self.uidnext}


async def target_of(errand: Errand) -> Target:
    """Return the target of operations, as the journal knows it or as it is now; it is made when missing."""
    folder = await folders.state(errand.database.lists, errand.first.target or 0)
    if folder is None:
        raise ServerRefused("the folder it was to go to is gone", code="NONEXISTENT")
    errand.touched.add(folder.id)
    evidence = errand.first.evidence
    if errand.in_doubt and "uidnext" in evidence:
        return Target(folder, evidence["uidvalidity"], evidence["uidnext"])
    return await _look_at(errand.session, folder)


async def _look_at(session: Session, folder: FolderState) -> Target:
    name = folder.remote_name
    if session.selected is not None and session.selected.name == name:
        await session.unselect()  # a server's word on what is selected may be stale
    try:
        status = await session.status(name)
    except ServerRefused:
        await session.create(name)
        status = await session.status(name)
    if status.uidnext:
        return Target(folder, status.uidvalidity or 0, status.uidnext)
    selected = await session.select(name, read_only=True)  # some tell it here only, and some not at all
    uidnext = selected.uidnext or max([0, *await session.newest_uids(1)]) + 1
    return Target(folder, selected.uidvalidity or 0, uidnext)


async def move(errand: Errand) -> None:
    """Move the operations' messages to their target."""
    target = await target_of(errand)
    step = errand.first.step or ("" if errand.session.has_move else COPYING)
    await errand.journal(target.evidence, step)
    if step:
        await _move_by_steps(errand, target, step)
    else:
        await _move_at_once(errand, target)


async def _move_at_once(errand: Errand, target: Target) -> None:
    async for part in errand.parts():
        uids = dict(part.uids)
        if errand.in_doubt:
            there = await _still_there(errand.session, uids.values())
            uids = {message: uid for message, uid in uids.items() if uid in there}
        await _transfer(errand, part, target, uids, errand.session.move)


async def _move_by_steps(errand: Errand, target: Target, step: str) -> None:
    if step == COPYING:
        await copy_parts(errand, target)
        await errand.advance(COPIED)
    if step in (COPYING, COPIED):
        async for part in errand.parts():
            for some in split_sets(part.uids.values()):
                await errand.session.store_flags(some, add=Flag.DELETED)
        await errand.advance(MARKED)
    async for part in errand.parts():
        for some in split_sets(part.uids.values()):
            await errand.session.expunge(some)


async def copy(errand: Errand) -> None:
    """Copy the operations' messages to their target."""
    target = await target_of(errand)
    await errand.journal(target.evidence)
    await copy_parts(errand, target)


async def copy_parts(errand: Errand, target: Target) -> None:
    """Copy what has not arrived yet."""
    async for part in errand.parts():
        missing = dict(part.uids)
        if errand.in_doubt:
            arrived = await arrivals(errand, target, list(missing))
            await settle(errand, target, arrived)
            missing = {message: uid for message, uid in missing.items() if message not in arrived}
            await errand.session.select(part.folder.remote_name)
        await _transfer(errand, part, target, missing, errand.session.copy)


async def _still_there(session: Session, uids: Iterable[int]) -> set[int]:
    there: set[int] = set()
    for some in split_sets(uids):
        there |= set(await session.search(f"UID {some}"))
    return there


async def _transfer(
    errand: Errand,
    part: Part,
    target: Target,
    uids: Mapping[int, int],
    command: Callable[[str, bytes], Awaitable[CopyUid | None]],
) -> None:
    """Send a command for all of these messages, and write down where each of the part has arrived."""
    by_uid = {uid: message for message, uid in uids.items()}
    told: dict[int, int] = {}
    for some in split_sets(by_uid):
        copied = await _once_more(errand.session, command, some, target.folder.remote_name)
        pairs = copied.pairs if copied is not None else ()
        arrived = {by_uid[old]: new for old, new in pairs if old in by_uid}
        await settle(errand, target, arrived, copied)
        told |= arrived
    missing = [message for message in part.uids if message not in told]
    if missing:
        await _search_for(errand, target, missing)


async def _once_more(
    session: Session, command: Callable[[str, bytes], Awaitable[CopyUid | None]], uids: str, name: bytes
) -> CopyUid | None:
    """Run a command; where its target has to be made first, make it and run the command once more."""
    try:
        return await command(uids, name)
    except ServerRefused as error:
        if error.code != "TRYCREATE":
            raise
        await session.create(name)
        return await command(uids, name)


async def _search_for(errand: Errand, target: Target, missing: Sequence[int]) -> None:
    """Find what arrived without a word; what did not arrive at all is doubted from now on."""
    arrived = await arrivals(errand, target, missing)
    await settle(errand, target, arrived)
    lost = [message for message in missing if message not in arrived]
    if lost:
        async with errand.database.cache() as tx:
            await lost_on_the_way(tx, lost, target.folder.id)


async def arrivals(errand: Errand, target: Target, wanted: Sequence[int]) -> dict[int, int]:
    """Return the UIDs of messages that came into the target meanwhile; it is selected afterwards."""
    lists = errand.database.lists
    selected = await errand.session.select(target.folder.remote_name, read_only=True)
    uidvalidity = selected.uidvalidity or 0
    stored = await folders.state(lists, target.folder.id)
    known: set[int] = set()
    confirmed: dict[int, int] = {}
    if stored is not None and stored.uidvalidity == uidvalidity:
        confirmed = await operations.confirmed(lists, wanted, target.folder.id)
        known = set(await messages.known_uids(lists, target.folder.id, uidvalidity))
    looks = await operations.identities(lists, [one for one in wanted if one not in confirmed])
    since = target.uidnext if uidvalidity == target.uidvalidity else 1
    return confirmed | await locate(errand.session, looks, known, since=since)


async def settle(
    errand: Errand, target: Target, arrived: Mapping[int, int], copied: CopyUid | None = None
) -> None:
    """Write down which UIDs messages have in the target."""
    uidvalidity = copied.uidvalidity if copied is not None else target.uidvalidity
    async with errand.database.cache() as tx:
        await effects.settle_places(tx, target.folder.id, uidvalidity, arrived)

"""Flags set and cleared, and messages removed for ever (RFC 9051 §6.4.6, §6.4.9; RFC 4315).

Both may be done twice without harm, so nothing is verified after doubt. Opposite changes that never left
cancel: what another client did to the same flag meanwhile stands.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from tui_mail.imap.fetched import FLAG_NAMES
from tui_mail.imap.responses import Selected
from tui_mail.imap.wire import split_sets
from tui_mail.model.errors import ServerRefused
from tui_mail.model.message import Flag
from tui_mail.model.operation import FlagChange
from tui_mail.store.flags import settle_flags
from tui_mail.store.operations import Item, Operation
from tui_mail.sync.errand import Errand, Part

_WORDS = {flag: word.lower() for word, flag in FLAG_NAMES.items()}


async def change_flags(errand: Errand) -> None:
    """Set and clear the flags of the operations' messages on the server."""
    await errand.journal({})
    async for part in errand.parts():
        groups: dict[FlagChange, list[int]] = defaultdict(list)
        for message in part.uids:
            groups[net(one for one, _ in part.items[message])].append(message)
        selected = errand.session.selected
        for change in groups:
            if selected is not None:
                _check_permitted(change, selected, part.folder.name)
        for change, messages in groups.items():
            if change:
                await _send(errand, change, [part.uids[message] for message in messages])
            await _settle(errand, part, change, messages)


async def _send(errand: Errand, change: FlagChange, uids: Sequence[int]) -> None:
    for some in split_sets(uids):
        await errand.session.store_flags(
            some,
            add=change.add,
            remove=change.remove,
            add_keywords=change.add_keywords,
            remove_keywords=change.remove_keywords,
        )


async def _settle(errand: Errand, part: Part, change: FlagChange, messages: Sequence[int]) -> None:
    items = [Item(message, part.folder.id, part.uidvalidity, part.uids[message]) for message in messages]
    errand.changed_twice += [item for item in items if len(part.items[item.message]) > 1]
    async with errand.database.cache() as tx:
        await settle_flags(tx, items, change)


def net(changes: Iterable[Operation]) -> FlagChange:
    """Return what is left to send of changes to one message, in order."""
    wanted: dict[Flag | str, tuple[bool, bool]] = {}
    for one in changes:
        sent = one.may_have_left
        change = one.flags
        for what, on in (
            *((flag, True) for flag in (*change.add, *change.add_keywords)),
            *((flag, False) for flag in (*change.remove, *change.remove_keywords)),
        ):
            before = wanted.pop(what, None)
            if before is None or before[0] == on or before[1]:
                wanted[what] = (on, sent or bool(before and before[1]))
    return FlagChange(
        _flags(what for what, (on, _) in wanted.items() if on),
        _flags(what for what, (on, _) in wanted.items() if not on),
        tuple(sorted(what for what, (on, _) in wanted.items() if on and isinstance(what, str))),
        tuple(sorted(what for what, (on, _) in wanted.items() if not on and isinstance(what, str))),
    )


def _flags(chosen: Iterable[Flag | str]) -> Flag:
    flags = Flag.NONE
    for one in chosen:
        if isinstance(one, Flag):
            flags |= one
    return flags


def _check_permitted(change: FlagChange, selected: Selected, name: str) -> None:
    """Refuse what the folder would forget again, or not take at all (PERMANENTFLAGS, RFC 9051 §7.1)."""
    words = [
        *(_WORDS[flag] for flag in (*change.add, *change.remove)),
        *change.add_keywords,
        *change.remove_keywords,
    ]
    for word in words:
        kept = word.lower() in selected.permanent_flags
        if not kept and (word.startswith("\\") or not selected.keywords_allowed):
            raise ServerRefused(f"{name} does not keep {word}", code="PERMANENTFLAGS")


async def expunge(errand: Errand) -> None:
    """Remove the operations' messages; without UIDPLUS they stay marked as deleted."""
    await errand.journal({})
    async for part in errand.parts():
        for some in split_sets(part.uids.values()):
            await errand.session.store_flags(some, add=Flag.DELETED)
            await errand.session.expunge(some)

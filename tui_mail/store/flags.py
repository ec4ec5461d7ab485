"""Flags and keywords, both ways: shown = (server | pending adds) & ~pending removes.

What the server tells overwrites what is known of the server only; what the user changed and no server has
confirmed stays shown over it, in the order in which it was changed. A change counts for the place where the
message lay when it was made, and for wherever that place went since.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tui_mail.model.message import Flag
from tui_mail.model.operation import FlagChange
from tui_mail.store.arguments import read_flag_change
from tui_mail.store.database import Transaction
from tui_mail.store.operations import OPEN, Item
from tui_mail.store.places import Changes
from tui_mail.store.values import storable

Known = Mapping[int, tuple[Flag, tuple[str, ...]]]
"""UID → flags and keywords of all there is to say of a message, as the server tells them."""

ON_SERVER, ADDING, REMOVING = 0, 1, 2
"""`keyword.state`: as the server told; not there yet; there still, and shown no more."""


EACH_TOLD = 1_000
"""Messages up to which an event names each."""

AT_ONCE = 5_000
"""Places looked at again in one go."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A place with what the server told of it and what is shown."""

    id: int
    message: int
    folder: int
    server: int
    flags: int


async def take_server_flags(
    tx: Transaction, folder: int, uidvalidity: int, flags: Known, changes: Changes
) -> list[int]:
    """Store what the server says of messages of a folder; return the messages that look different now."""
    rows = await tx.all(
        "SELECT p.uid, p.id, p.message, p.folder, p.server_flags, p.flags FROM json_each(?) j"
        " CROSS JOIN place p ON p.folder = ? AND p.uidvalidity = ? AND p.uid = j.value AND p.uid IS NOT NULL",
        (json.dumps(list(flags)), folder, uidvalidity),
    )
    told = {Shown(*row): flags[uid] for uid, *row in rows}
    return await _show_again(tx, told, changes)


async def recompute_flags(tx: Transaction, place_ids: Sequence[int]) -> None:
    """Show again what the server told and open operations change, after one of these was taken back."""
    rows = await tx.all(
        "SELECT p.id, p.message, p.folder, p.server_flags, p.flags FROM json_each(?) j"
        " CROSS JOIN place p ON p.id = j.value",
        (json.dumps(list(place_ids)),),
    )
    known = await _server_keywords(tx, [row[0] for row in rows])
    changes = Changes()
    told = {Shown(*row): (Flag(row[3]), tuple(known[row[0]])) for row in rows}
    await _show_again(tx, told, changes)
    await changes.write(tx)


async def _show_again(
    tx: Transaction, told: Mapping[Shown, tuple[Flag, tuple[str, ...]]], changes: Changes
) -> list[int]:
    """Bring places in line with what the server tells of each, and with what open operations change."""
    pending = await pending_changes(tx, told)
    updates: list[tuple[int, int, int]] = []
    changed: dict[int, None] = {}
    for place, (flags, _) in told.items():
        server, shown = int(flags), apply(int(flags), pending.get(place.id, ()))
        if (server, shown) != (place.server, place.flags):
            updates.append((server, shown, place.id))
        if shown != place.flags:
            changes.looks(place.folder, place.message, place.flags, shown)
            changed[place.message] = None
    if updates:
        await tx.many("UPDATE place SET server_flags = ?, flags = ? WHERE id = ?", updates)
    names = {place.id: _states(known, pending.get(place.id, ())) for place, (_, known) in told.items()}
    others = await _write_keywords(tx, names)
    for place in told:
        if place.id in others:
            changes.looks(place.folder, place.message, place.flags, place.flags)
            changed[place.message] = None
    return list(changed)


async def _server_keywords(tx: Transaction, place_ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {id: [] for id in place_ids}
    rows = await tx.all(
        "SELECT k.place, k.name FROM json_each(?) j CROSS JOIN keyword k ON k.place = j.value"
        f" WHERE k.state <> {ADDING}",
        (json.dumps(list(place_ids)),),
    )
    for id, name in rows:
        found[id].append(name)
    return found


def _states(server: Iterable[str], pending: Iterable[FlagChange]) -> dict[str, int]:
    """Return the state of each keyword of a place."""
    states = {storable(name): ON_SERVER for name in server}
    for change in pending:
        for name in change.add_keywords:
            states[name] = ON_SERVER if states.get(name, ADDING) != ADDING else ADDING
        for name in change.remove_keywords:
            if states.get(name, ADDING) == ADDING:
                states.pop(name, None)
            else:
                states[name] = REMOVING
    return states


async def _write_keywords(tx: Transaction, wanted: Mapping[int, Mapping[str, int]]) -> set[int]:
    """Make the keywords of each place those wanted; return the places that look different by it."""
    stored: dict[int, dict[str, int]] = {id: {} for id in wanted}
    rows = await tx.all(
        "SELECT k.place, k.name, k.state FROM json_each(?) j CROSS JOIN keyword k ON k.place = j.value",
        (json.dumps(list(wanted)),),
    )
    for id, name, state in rows:
        stored[id][name] = state
    gone = [(id, name) for id, names in stored.items() for name in names if name not in wanted[id]]
    new = [
        (id, name, state)
        for id, names in wanted.items()
        for name, state in names.items()
        if stored[id].get(name) != state
    ]
    if gone:
        await tx.many("DELETE FROM keyword WHERE place = ? AND name = ?", gone)
    if new:
        await tx.many(
            "INSERT INTO keyword(place, name, state) VALUES (?, ?, ?)"
            " ON CONFLICT DO UPDATE SET state = excluded.state",
            new,
        )
    return {
        id
        for id in wanted
        if {n for n, state in stored[id].items() if state != REMOVING}
        != {n for n, state in wanted[id].items() if state != REMOVING}
    }


async def add_keywords(tx: Transaction, keywords: Iterable[tuple[int, str]]) -> None:
    """Store keywords that the server told, as (place, name)."""
    await tx.many(
        f"INSERT INTO keyword(place, name, state) VALUES (?, ?, {ON_SERVER}) ON CONFLICT DO NOTHING", keywords
    )


async def shown_keywords(tx: Transaction, place_ids: Sequence[int]) -> dict[int, set[str]]:
    """Return the keywords that are shown of each place."""
    found: dict[int, set[str]] = {id: set() for id in place_ids}
    rows = await tx.all(
        "SELECT k.place, k.name FROM json_each(?) j CROSS JOIN keyword k ON k.place = j.value"
        f" WHERE k.state <> {REMOVING}",
        (json.dumps(list(place_ids)),),
    )
    for id, name in rows:
        found[id].add(name)
    return found


async def pending_changes(tx: Transaction, places: Iterable[Shown]) -> dict[int, list[FlagChange]]:
    """Return what the user changed and no server confirmed: place → changes, oldest first."""
    pending: dict[int, list[FlagChange]] = {}
    if not await tx.one(f"SELECT 1 FROM operation WHERE state IN {OPEN} LIMIT 1"):
        return pending
    rows = await tx.all(
        "SELECT o.id, p.id, o.arguments FROM json_each(?) j CROSS JOIN place p ON p.id = j.value"
        " CROSS JOIN operation_item i ON i.message = p.message CROSS JOIN operation o ON o.id = i.operation"
        f" WHERE o.state IN {OPEN} AND o.kind = 'flags' AND (i.folder = p.folder OR NOT EXISTS"
        " (SELECT 1 FROM place q WHERE q.message = i.message AND q.folder = i.folder))",
        (json.dumps([place.id for place in places]),),
    )
    for _, place, arguments in sorted(rows):
        pending.setdefault(place, []).append(read_flag_change(arguments))
    return pending


def apply(server: int, pending: Iterable[FlagChange]) -> int:
    """Return the flags to show."""
    for change in pending:
        server = (server | change.add) & ~change.remove
    return server


_PLACES_OF_ITEMS = (
    "FROM operation_item i CROSS JOIN place p ON p.message = i.message AND (p.folder = i.folder OR NOT EXISTS"
    " (SELECT 1 FROM place q WHERE q.message = i.message AND q.folder = i.folder))"
)
"""The places that the messages of an operation lie in: where they lay, or else wherever they are."""

_NAMED = f"name = ? AND place IN (SELECT p.id {_PLACES_OF_ITEMS} WHERE i.operation = ?)"
"""A keyword of these places."""


async def show_change(tx: Transaction, operation: int, change: FlagChange) -> None:
    """Set and clear flags of an operation's messages here, however many: its local effect."""
    changes = Changes()
    (row,) = await tx.all("SELECT count(*) FROM operation_item WHERE operation = ?", (operation,))
    if row[0] > EACH_TOLD:
        await _count_change(tx, operation, change, changes)
    else:
        rows = await tx.all(
            f"SELECT p.folder, p.message, p.flags {_PLACES_OF_ITEMS} WHERE i.operation = ?", (operation,)
        )
        for folder, message, flags in rows:
            changes.looks(folder, message, flags, apply(flags, (change,)))
    if change.add or change.remove:
        await tx.run(
            "UPDATE place SET flags = (flags | ?) & ~? WHERE id IN"
            f" (SELECT p.id {_PLACES_OF_ITEMS} WHERE i.operation = ?)",
            (int(change.add), int(change.remove), operation),
        )
    await _show_keywords(tx, operation, change)
    await changes.write(tx)


async def _count_change(tx: Transaction, operation: int, change: FlagChange, changes: Changes) -> None:
    rows = await tx.all(
        "SELECT p.folder, sum((((p.flags | ?) & ~?) & 1 = 0) - (p.flags & 1 = 0))"
        f" {_PLACES_OF_ITEMS} WHERE i.operation = ? GROUP BY p.folder",
        (int(change.add), int(change.remove), operation),
    )
    for folder, unread in rows:
        changes.many(folder, 0, unread)


async def _show_keywords(tx: Transaction, operation: int, change: FlagChange) -> None:
    """Show keywords as changed; whether the server has one stays known from its state."""
    for name in change.add_keywords:
        await tx.run(
            f"INSERT INTO keyword(place, name, state) SELECT p.id, ?, {ADDING}"
            f" {_PLACES_OF_ITEMS} WHERE i.operation = ?"
            f" ON CONFLICT DO UPDATE SET state = {ON_SERVER} WHERE state = {REMOVING}",
            (name, operation),
        )
    for name in change.remove_keywords:
        await tx.run(f"DELETE FROM keyword WHERE state = {ADDING} AND {_NAMED}", (name, operation))
        await tx.run(f"UPDATE keyword SET state = {REMOVING} WHERE {_NAMED}", (name, operation))


async def unshow_change(tx: Transaction, operation: int) -> None:
    """Show the messages of an operation of flags as they are without it, once it is no longer open.

    Where no other open operation changes them, that is what the server told.
    """
    rows = await tx.all(f"SELECT p.id {_PLACES_OF_ITEMS} WHERE i.operation = ?", (operation,))
    for start in range(0, len(rows), AT_ONCE):
        await recompute_flags(tx, [id for (id,) in rows[start : start + AT_ONCE]])


async def settle_flags(tx: Transaction, items: Sequence[Item], change: FlagChange) -> None:
    """Write down that the server holds these flags of messages by now; nothing looks different by it."""
    rows = await tx.all(
        "SELECT p.id FROM json_each(?) j CROSS JOIN place p ON p.message = j.value ->> 0 AND"
        " (p.folder = j.value ->> 1 OR NOT EXISTS"
        " (SELECT 1 FROM place q WHERE q.message = j.value ->> 0 AND q.folder = j.value ->> 1))",
        (json.dumps([(item.message, item.folder) for item in items]),),
    )
    places = [id for (id,) in rows]
    if change.add or change.remove:
        await tx.run(
            "UPDATE place SET server_flags = (server_flags | ?) & ~?"
            " WHERE id IN (SELECT value FROM json_each(?))",
            (int(change.add), int(change.remove), json.dumps(places)),
        )
    await tx.many(
        f"INSERT INTO keyword(place, name, state) VALUES (?, ?, {ON_SERVER})"
        f" ON CONFLICT DO UPDATE SET state = {ON_SERVER} WHERE state = {ADDING}",
        [(place, name) for place in places for name in change.add_keywords],
    )
    removed = [(place, name) for place in places for name in change.remove_keywords]
    await tx.many(f"DELETE FROM keyword WHERE place = ? AND name = ? AND state = {REMOVING}", removed)
    await tx.many(
        f"UPDATE keyword SET state = {ADDING} WHERE place = ? AND name = ? AND state = {ON_SERVER}", removed
    )

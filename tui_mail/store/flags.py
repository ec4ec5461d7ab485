"""Flags, both ways: shown = (server | pending adds) & ~pending removes.

What the server tells overwrites `server_flags` only; what the user changed and no server has confirmed stays
shown over it, in the order in which it was changed.
"""

import json
from collections.abc import Iterable, Mapping, Sequence

from tui_mail.model.message import Flag
from tui_mail.store.database import Transaction
from tui_mail.store.places import Changes, by_id

Known = Mapping[int, tuple[Flag, tuple[str, ...]]]
"""UID → flags and keywords of all there is to say of a message, as the server tells them."""

ON_SERVER = 0
"""`keyword.state` of a keyword that the server told."""


async def take_server_flags(
    tx: Transaction, folder: int, uidvalidity: int, flags: Known, changes: Changes
) -> list[int]:
    """Store what the server says of messages of a folder; return the messages that look different now."""
    rows = await tx.all(
        "SELECT p.id, p.message, p.uid, p.server_flags, p.flags FROM json_each(?) j"
        " CROSS JOIN place p ON p.folder = ? AND p.uidvalidity = ? AND p.uid = j.value AND p.uid IS NOT NULL",
        (json.dumps(list(flags)), folder, uidvalidity),
    )
    pending = await pending_changes(tx, [message for _, message, *_ in rows])
    updates: list[tuple[int, int, int]] = []
    changed: dict[int, None] = {}
    for id, message, uid, server_before, before in rows:
        server = int(flags[uid][0])
        shown = apply(server, pending.get(message, ()))
        if (server, shown) != (server_before, before):
            updates.append((server, shown, id))
        if shown != before:
            changes.looks(folder, message, before, shown)
            changed[message] = None
    if updates:
        await tx.many("UPDATE place SET server_flags = ?, flags = ? WHERE id = ?", updates)
    told = {id: frozenset(flags[uid][1]) for id, _, uid, *_ in rows}
    others = await _take_keywords(tx, told)
    for id, message, *_ in rows:
        if id in others:
            changes.looks(folder, message)
            changed[message] = None
    return list(changed)


async def _take_keywords(tx: Transaction, told: Mapping[int, frozenset[str]]) -> set[int]:
    """Make the server's keywords of each place those it told; return the places that changed."""
    stored: dict[int, set[str]] = {id: set() for id in told}
    rows = await tx.all(
        "SELECT k.place, k.name FROM json_each(?) j CROSS JOIN keyword k ON k.place = j.value"
        f" WHERE k.state = {ON_SERVER}",
        (json.dumps(list(told)),),
    )
    for id, name in rows:
        stored[id].add(name)
    gone = [(id, name) for id, names in told.items() for name in stored[id] - names]
    new = [(id, name) for id, names in told.items() for name in names - stored[id]]
    if gone:
        await tx.many("DELETE FROM keyword WHERE place = ? AND name = ?", gone)
    if new:
        await add_keywords(tx, new)
    return {id for id, _ in (*gone, *new)}


async def add_keywords(tx: Transaction, keywords: Iterable[tuple[int, str]]) -> None:
    """Store keywords that the server told, as (place, name)."""
    await tx.many(
        f"INSERT INTO keyword(place, name, state) VALUES (?, ?, {ON_SERVER}) ON CONFLICT DO NOTHING", keywords
    )


async def pending_changes(tx: Transaction, messages: Sequence[int]) -> dict[int, list[tuple[int, int]]]:
    """Return what the user changed and no server confirmed: message → (added, removed), oldest first."""
    pending: dict[int, list[tuple[int, int]]] = {}
    if not await tx.one("SELECT 1 FROM operation WHERE state IN ('pending', 'running') LIMIT 1"):
        return pending
    rows = await tx.all(
        "SELECT o.id, i.message, o.arguments FROM json_each(?) j"
        " CROSS JOIN operation_item i ON i.message = j.value CROSS JOIN operation o ON o.id = i.operation"
        " WHERE o.state IN ('pending', 'running') AND o.kind = 'flags'",
        (json.dumps(list(dict.fromkeys(messages))),),
    )
    for _, message, arguments in sorted(rows):
        change = json.loads(arguments)
        pending.setdefault(message, []).append((change.get("add", 0), change.get("remove", 0)))
    return pending


def apply(server: int, pending: Iterable[tuple[int, int]]) -> int:
    """Return the flags to show."""
    for add, remove in pending:
        server = (server | add) & ~remove
    return server


async def show_flags(tx: Transaction, place_ids: Sequence[int], add: Flag, remove: Flag) -> None:
    """Set and clear flags here: the local effect of a change by the user."""
    found = await by_id(tx, place_ids)
    await _show(tx, {one.id: apply(one.flags, ((int(add), int(remove)),)) for one in found})


async def recompute_flags(tx: Transaction, place_ids: Sequence[int]) -> None:
    """Show again what the server told and open operations change, after one of these was taken back."""
    found = await by_id(tx, place_ids)
    pending = await pending_changes(tx, [one.message for one in found])
    await _show(tx, {one.id: apply(one.server_flags, pending.get(one.message, ())) for one in found})


async def _show(tx: Transaction, shown: Mapping[int, int]) -> None:
    changes = Changes()
    before = {one.id: one for one in await by_id(tx, shown)}
    updates = [(flags, id) for id, flags in shown.items() if flags != before[id].flags]
    if updates:
        await tx.many("UPDATE place SET flags = ? WHERE id = ?", updates)
    for flags, id in updates:
        changes.looks(before[id].folder, before[id].message, before[id].flags, flags)
    await changes.write(tx)

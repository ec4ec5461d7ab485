"""Accounts: a row for each that the configuration names, so that what is stored can point at it."""

from collections.abc import Sequence

from tui_mail.model.event import AccountsChanged
from tui_mail.store import folders, indexed
from tui_mail.store.database import Database, Source

SLICE = 500
"""Messages forgotten in one transaction, so that an intention waits little."""


async def register(database: Database, keys: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Make sure that each account, given as (key, kind), has a row; return the id of each key.

    Their order becomes the order of the tree. Rows of other keys stay; `forget` removes one. Nothing is
    written when all is so already.
    """
    wanted = [key for key, _ in keys]
    known = {key: id for id, key, _ in await entries(database.lists)}
    if [key for key in known if key in set(wanted)] == wanted:
        return {key: known[key] for key in wanted}
    async with database.intention() as tx:
        await tx.many(
            "INSERT INTO account(key, kind, position) VALUES (?, ?, ?)"
            " ON CONFLICT(key) DO UPDATE SET kind = excluded.kind, position = excluded.position",
            [(key, kind, position) for position, (key, kind) in enumerate(keys)],
        )
        tx.publish(AccountsChanged())
        ids = {key: id for id, key, _ in await entries(tx)}
    return {key: ids[key] for key, _ in keys}


async def entries(source: Source) -> list[tuple[int, str, int]]:
    """Return (id, key, position) of every account that has a row."""
    rows = await source.all("SELECT id, key, position FROM account ORDER BY position, id")
    return [(id, key, position) for id, key, position in rows]


async def forget(database: Database, account: int) -> None:
    """Remove an account and all that is stored of it, in slices; what was begun can be gone on with."""
    for folder in await folders.states(database.lists, account):
        removed = SLICE
        while removed == SLICE:
            async with database.cache() as tx:
                removed = await folders.clear(tx, folder.id, SLICE)
    async with database.intention() as tx:
        for table in (
            "draft",
            "operation",
            "folder",
            "message",
        ):  # a message without a place is a fault; it goes too
            await tx.run(f"DELETE FROM {table} WHERE account = ?", (account,))
        await tx.run("DELETE FROM account WHERE id = ?", (account,))
        await indexed.wear_out(tx)
        tx.publish(AccountsChanged())

"""Messages from here put into a folder of the server, each exactly once (RFC 9051 §6.3.12; RFC 4315).

Each is settled when the server has taken it. After doubt the target is searched, above the UIDNEXT that it
had before the first left, for those that are not settled.
"""

from tui_mail.model.errors import ServerRefused, StoreDamaged
from tui_mail.store import bodies, effects, operations, outbox
from tui_mail.store.operations import Item
from tui_mail.store.places import place_in
from tui_mail.sync.errand import Errand
from tui_mail.sync.moving import Target, arrivals, settle, target_of
from tui_mail.sync.traces import by_message_id


async def put(errand: Errand) -> None:
    """Put the operation's messages into their folder."""
    target = await target_of(errand)
    await errand.journal(target.evidence)
    left = [
        item for item in await operations.items(errand.database.lists, errand.first.id) if item.uid is None
    ]
    if errand.in_doubt:
        left = await _not_arrived(errand, target, left)
    if left and await outbox.is_copy(errand.database.lists, errand.first.id):
        left = await _not_filed(errand, target, left)
    silent = [item for item in left if not await _append(errand, target, item)]
    await _not_arrived(errand, target, silent)
    async with errand.database.cache() as tx:
        for item in await operations.items(tx, errand.first.id):
            await effects.settle_body(tx, item.message)


async def _not_arrived(errand: Errand, target: Target, items: list[Item]) -> list[Item]:
    """Settle those that have arrived; return the others."""
    if not items:
        return []
    arrived = await arrivals(errand, target, [item.message for item in items])
    await settle(errand, target, arrived)
    return [item for item in items if item.message not in arrived]


async def _not_filed(errand: Errand, target: Target, items: list[Item]) -> list[Item]:
    """Return the copies of sent letters that the server did not file by itself; its own takes their place."""
    await errand.session.select(target.folder.remote_name, read_only=True)
    left = []
    for item in items:
        looks = await operations.identities(errand.database.lists, [item.message])
        name = looks[item.message].message_id.strip("<>") if item.message in looks else ""
        criteria = by_message_id(name)
        if criteria is None or not await errand.session.search(criteria):
            left.append(item)
            continue
        async with errand.database.cache() as tx:
            await effects.drop_made_here(tx, [item.message], target.folder.id)
    return left


async def _append(errand: Errand, target: Target, item: Item) -> bool:
    """Put one message into the folder; False when the server did not tell its UID."""
    try:
        raw = await bodies.read(errand.database.bodies, item.message)
    except StoreDamaged as error:  # one letter must not stop all that the account does
        raise ServerRefused(str(error), hint=error.hint) from error
    place = await place_in(errand.database.lists, item.message, item.folder)
    if raw is None or place is None:
        return True  # removed here meanwhile
    looks = await operations.identities(errand.database.lists, [item.message])
    date = looks[item.message].internal_date or None
    name = target.folder.remote_name
    try:
        told = await errand.session.append(name, raw, place.server_flags, date)
    except ServerRefused as error:
        if error.code != "TRYCREATE":
            raise
        await errand.session.create(name)
        told = await errand.session.append(name, raw, place.server_flags, date)
    if told is None:
        return False
    async with errand.database.cache() as tx:
        await effects.settle_places(tx, target.folder.id, told[0], {item.message: told[1]})
    return True

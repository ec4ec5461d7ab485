"""Rows to fill a store with."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tui_mail.model.folder import Role
from tui_mail.model.message import Flag, Mark
from tui_mail.model.operation import OperationState
from tui_mail.store import accounts, bodies, folders, keeping, messages, operations
from tui_mail.store.database import Database, Source, Transaction
from tui_mail.store.effects import Command
from tui_mail.store.folders import ListedName
from tui_mail.store.messages import Arrival
from tui_mail.store.places import by_id

EPOCH = 1_700_000_000
"""Internal date of the message with UID 0; each next one is a minute younger."""

VALIDITY = 7
"""UIDVALIDITY of every folder."""

_PLAIN = Arrival(
    uid=0,
    internal_date=0,
    size=5_000,
    flags=Flag.NONE,
    keywords=(),
    message_id="",
    in_reply_to="",
    references="",
    date=None,
    from_name="Ada Lovelace",
    from_addr="ada@example.org",
    recipients="Bob, Carol",
    subject="Notes",
    marks=Mark.NONE,
    structure=None,
)


def arrival(uid: int, **changes: object) -> Arrival:
    """A message as the server tells it; `changes` replace what would be made up."""
    when = EPOCH + uid * 60
    made = {"uid": uid, "internal_date": when, "date": when, "message_id": f"<{uid}@example.org>"}
    return replace(_PLAIN, **(made | changes))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Home:
    """An account with folders, ready to be filled."""

    account: int
    inbox: int
    archive: int
    trash: int
    plain: int
    """A folder without a role."""


NAMES = {
    b"INBOX": Role.INBOX,
    b"Archive": Role.ARCHIVE,
    b"Trash": Role.TRASH,
    b"Lists": Role.NONE,
}


def listed(name: bytes, role: Role = Role.NONE, *attributes: str) -> ListedName:
    """A folder as the server lists it."""
    return ListedName(name, name.decode(), "/", frozenset(attributes), role)


async def make_home(database: Database, key: str = "work") -> Home:
    """Register an account with an inbox, an archive, a trash, and a folder without a role."""
    known = [(entry, "imap") for _, entry, _ in await accounts.entries(database.lists)]
    account = (await accounts.register(database, [*known, (key, "imap")]))[key]
    async with database.cache() as tx:
        await folders.record_list(tx, account, [listed(name, role) for name, role in NAMES.items()])
        ids = {state.remote_name: state.id for state in await folders.states(tx, account)}
        for id in ids.values():
            await folders.set_cursor(tx, id, uidvalidity=VALIDITY)
    return Home(account, *(ids[name] for name in NAMES))


async def fill(database: Database, folder: int, *arrivals: Arrival) -> list[int]:
    """Store arrivals; return the ids of those that are new."""
    async with database.cache() as tx:
        return await messages.add(tx, folder, VALIDITY, arrivals)


async def give_body(
    tx: Transaction,
    message: int,
    raw: bytes,
    *,
    snippet: str = "words",
    has_attachment: bool = False,
    keep: bool = False,
) -> None:
    """Give a message a body that was read and packed already."""
    await bodies.put(tx, message, raw, keep=keep)
    if body := await keeping.landed(tx, message):
        await keeping.settle(tx, {body: keeping.pack(raw)})
    await keeping.describe(tx, [keeping.Look(message, snippet, has_attachment)])


async def place_of(source: Source, message: int, folder: int) -> int:
    """The id of the place of a message in a folder."""
    row = await source.one("SELECT id FROM place WHERE message = ? AND folder = ?", (message, folder))
    assert row is not None
    return int(row[0])


async def counted(source: Source) -> dict[int, tuple[int, int]]:
    """The counters of each folder, counted anew."""
    rows = await source.all(
        "SELECT f.id, count(p.id), coalesce(sum(p.flags & 1 = 0), 0) FROM folder f"
        " LEFT JOIN place p ON p.folder = f.id GROUP BY f.id"
    )
    return {id: (total, unread) for id, total, unread in rows}


async def counters(source: Source) -> dict[int, tuple[int, int]]:
    """The counters of each folder, as kept."""
    rows = await source.all("SELECT id, total, unread FROM folder")
    return {id: (total, unread) for id, total, unread in rows}


async def move_places(tx: Transaction, moves: Sequence[tuple[int, int]]) -> None:
    """Move places, given with the folder that each goes to, as by operations that are done."""
    for id, target in moves:
        for place in await by_id(tx, [id]):
            command = Command(tx, "", 0)
            await command.move(place.account, target, [place])
            await operations.finish(tx, command.operations, OperationState.DONE, 0)

"""Operations: what the user did, kept until the server confirmed it, and the way back.

Writing an operation and its local effect is one `intention()` transaction; so is settling or reverting it.
A command of the user becomes one operation per account and kind of change; they share `command`, the id of
the first. Undo takes back a whole command; what it enqueues for that `follows` the operation it answers.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tui_mail.model.message import Flag
from tui_mail.model.operation import OperationKind, OperationState
from tui_mail.store.database import Source, Transaction


@dataclass(frozen=True, slots=True)
class Item:
    """One message of an operation and where it was when the user acted."""

    message: int
    folder: int
    uidvalidity: int | None
    uid: int | None
    """None: its move here is not confirmed yet; filled in when it is."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A durable intention."""

    id: int
    account: int
    command: int
    kind: OperationKind
    state: OperationState
    target: int | None
    """The folder a MOVE goes to."""
    add: Flag
    remove: Flag
    evidence: dict[str, int]
    """What the server said before the command left; needed to find out what became of it."""
    attempts: int
    error: str
    follows: int | None
    """The operation that this one takes back or repeats."""
    sentence: str
    """What the user did, in words."""
    items: tuple[Item, ...] = field(default=())


_COLUMNS = (
    "id, account, command, kind, state, target, arguments, evidence, attempts, error, follows, sentence"
)


def _operation(row: tuple) -> Operation:  # type: ignore[type-arg]  # a row has the types of _COLUMNS
    arguments = json.loads(row[6])
    return Operation(
        id=row[0],
        account=row[1],
        command=row[2],
        kind=OperationKind(row[3]),
        state=OperationState(row[4]),
        target=row[5],
        add=Flag(arguments.get("add", 0)),
        remove=Flag(arguments.get("remove", 0)),
        evidence=json.loads(row[7]),
        attempts=row[8],
        error=row[9],
        follows=row[10],
        sentence=row[11],
    )


async def enqueue(
    tx: Transaction,
    account: int,
    kind: OperationKind,
    items: Sequence[Item],
    *,
    sentence: str,
    now: int,
    target: int | None = None,
    add: Flag = Flag.NONE,
    remove: Flag = Flag.NONE,
    command: int | None = None,
    follows: int | None = None,
    in_history: bool = True,
) -> int:
    """Write a pending operation and return its id, which is also its `command` unless one is given."""
    arguments = json.dumps({"add": int(add), "remove": int(remove)} if kind is OperationKind.FLAGS else {})
    history = "done" if in_history and follows is None else "none"
    operation = (
        await tx.run(
            "INSERT INTO operation(account, command, kind, state, target, arguments, evidence, attempts,"
            " not_before, error, follows, history, sentence, created_at)"
            " VALUES (?, coalesce(?, 0), ?, 'pending', ?, ?, '{}', 0, 0, '', ?, ?, ?, ?)",
            (account, command, kind, target, arguments, follows, history, sentence, now),
        )
    ).lastrowid
    if command is None:
        await tx.run("UPDATE operation SET command = id WHERE id = ?", (operation,))
    await tx.many(
        "INSERT INTO operation_item(operation, message, folder, uidvalidity, uid) VALUES (?, ?, ?, ?, ?)",
        [(operation, item.message, item.folder, item.uidvalidity, item.uid) for item in items],
    )
    return operation


async def due(source: Source, account: int, now: float) -> Operation | None:
    """Return the oldest open operation of an account that may run now, with its items.

    Order is kept: while the oldest waits for its time, nothing behind it runs.
    """
    row = await source.one(
        f"SELECT {_COLUMNS}, not_before FROM operation"
        " WHERE account = ? AND state IN ('pending', 'running') ORDER BY id LIMIT 1",
        (account,),
    )
    if row is None or row[-1] > now:
        return None
    return await _with_items(source, _operation(row))


async def next_time(source: Source, account: int) -> float | None:
    """Return when the oldest open operation of an account may run, or None when none is open."""
    row = await source.one(
        "SELECT not_before FROM operation"
        " WHERE account = ? AND state IN ('pending', 'running') ORDER BY id LIMIT 1",
        (account,),
    )
    return None if row is None else row[0]


async def get(source: Source, operation: int) -> Operation | None:
    """Return one operation with its items."""
    row = await source.one(f"SELECT {_COLUMNS} FROM operation WHERE id = ?", (operation,))
    return None if row is None else await _with_items(source, _operation(row))


async def states(source: Source, ids: Iterable[int]) -> dict[int, OperationState]:
    """Return the state of each of these operations that there is."""
    rows = await source.all(
        "SELECT o.id, o.state FROM json_each(?) j CROSS JOIN operation o ON o.id = j.value",
        (json.dumps(list(ids)),),
    )
    return {id: OperationState(state) for id, state in rows}


async def _with_items(source: Source, operation: Operation) -> Operation:
    rows = await source.all(
        "SELECT message, folder, uidvalidity, uid FROM operation_item WHERE operation = ? ORDER BY message",
        (operation.id,),
    )
    values = {name: getattr(operation, name) for name in operation.__slots__}
    return Operation(**values | {"items": tuple(Item(*row) for row in rows)})


async def identities(source: Source, operation: int) -> dict[int, tuple[str, int]]:
    """Return (Message-ID, size) of each message of an operation: what a copy of it looks like on a server."""
    rows = await source.all(
        "SELECT m.id, m.message_id, m.size FROM operation_item i JOIN message m ON m.id = i.message"
        " WHERE i.operation = ?",
        (operation,),
    )
    return {row[0]: (row[1] or "", row[2]) for row in rows}


async def open_count(source: Source, account: int | None = None) -> int:
    """Return how many operations no server has confirmed yet, of one account or of all."""
    row = await source.one(
        "SELECT count(*) FROM operation"
        " WHERE state IN ('pending', 'running') AND account = coalesce(?, account)",
        (account,),
    )
    return row[0] if row else 0


async def open_by_folder(source: Source, account: int) -> dict[int, int]:
    """Return how many open operations take messages from each folder or bring some into it."""
    rows = await source.all(
        "SELECT folder, count(*) FROM ("
        "SELECT o.id, o.target AS folder FROM operation o"
        " WHERE o.account = ?1 AND o.state IN ('pending', 'running')"
        " UNION SELECT o.id, i.folder FROM operation o CROSS JOIN operation_item i ON i.operation = o.id"
        " WHERE o.account = ?1 AND o.state IN ('pending', 'running')"
        ") WHERE folder IS NOT NULL GROUP BY folder",
        (account,),
    )
    return dict(rows)


async def start(tx: Transaction, operation: int, *, evidence: Mapping[str, int]) -> None:
    """Mark an operation running, with what is needed to verify it; written before its command leaves."""
    await tx.run(
        "UPDATE operation SET state = 'running', evidence = ?, attempts = attempts + 1 WHERE id = ?",
        (json.dumps(dict(evidence)), operation),
    )


async def finish(tx: Transaction, operation: int, state: OperationState, error: str = "") -> None:
    """Mark an operation done, reverted or failed."""
    await tx.run("UPDATE operation SET state = ?, error = ? WHERE id = ?", (state, error, operation))


async def postpone(tx: Transaction, operation: int, not_before: float, error: str) -> None:
    """Let an operation wait, because the server or the line could not take it now."""
    await tx.run(
        "UPDATE operation SET not_before = ?, error = ? WHERE id = ?", (int(not_before), error, operation)
    )


async def found_again(tx: Transaction, message: int, folder: int, uidvalidity: int, uid: int) -> None:
    """Tell the open operations that wait for it which UID a moved message has now."""
    await tx.run(
        "UPDATE operation_item SET uidvalidity = ?, uid = ?"
        " WHERE message = ? AND folder = ? AND uid IS NULL AND operation IN"
        " (SELECT id FROM operation WHERE state IN ('pending', 'running'))",
        (uidvalidity, uid, message, folder),
    )


_LAST_DONE = "SELECT max(command) FROM operation WHERE history = 'done'"
_FIRST_UNDONE = (
    f"SELECT min(command) FROM operation WHERE history = 'undone' AND command > coalesce(({_LAST_DONE}), 0)"
)


async def last_done(source: Source) -> list[Operation]:
    """Return the operations of the newest command that undo can take back."""
    return await _of_command(source, _LAST_DONE, "done")


async def first_undone(source: Source) -> list[Operation]:
    """Return the operations of the command that redo repeats: the oldest undone one newer than all others."""
    return await _of_command(source, _FIRST_UNDONE, "undone")


async def _of_command(source: Source, command: str, history: str) -> list[Operation]:
    rows = await source.all(
        f"SELECT {_COLUMNS} FROM operation WHERE command = ({command}) AND history = ? ORDER BY id",
        (history,),
    )
    return [await _with_items(source, _operation(row)) for row in rows]


async def answer(source: Source, operation: int) -> Operation | None:
    """Return the newest operation that takes back or repeats `operation` and was not itself taken back."""
    row = await source.one(
        f"SELECT {_COLUMNS} FROM operation WHERE follows = ? AND state <> 'reverted'"
        " ORDER BY id DESC LIMIT 1",
        (operation,),
    )
    return None if row is None else await _with_items(source, _operation(row))


async def set_history(tx: Transaction, command: int, history: str) -> None:
    """Move a command to the other side of undo and redo: "done", "undone", or out of reach: "none"."""
    await tx.run(
        "UPDATE operation SET history = ? WHERE command = ? AND history <> 'none'", (history, command)
    )


async def moved_back(tx: Transaction, item: Item, target: int) -> None:
    """Tell the open operations that a message is not in `target` after all, but where `item` says."""
    await tx.run(
        "UPDATE operation_item SET folder = ?, uidvalidity = ?, uid = ?"
        " WHERE message = ? AND folder = ? AND uid IS NULL AND operation IN"
        " (SELECT id FROM operation WHERE state IN ('pending', 'running'))",
        (item.folder, item.uidvalidity, item.uid, item.message, target),
    )


async def open_items(source: Source, folder: int) -> set[tuple[int, int]]:
    """Return (UIDVALIDITY, UID) of every message that an open operation takes out of `folder`."""
    rows = await source.all(
        "SELECT i.uidvalidity, i.uid FROM operation o CROSS JOIN operation_item i ON i.operation = o.id"
        " WHERE o.state IN ('pending', 'running') AND o.kind IN ('move', 'expunge')"
        " AND i.folder = ? AND i.uid IS NOT NULL",
        (folder,),
    )
    return {(row[0], row[1]) for row in rows}

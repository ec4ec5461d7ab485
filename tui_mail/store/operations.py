"""Operations: what the user did, kept until the server confirmed it, and after that for the journal.

Writing an operation and its local effect is one `intention()` transaction; so is settling or reverting it.
A command of the user becomes one operation per account and kind of change; they share `command`, the id of
the first. Undo takes back a whole command; what it enqueues for that `follows` the operation it answers.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tui_mail.model.operation import FlagChange, FolderChange, OperationKind, OperationState
from tui_mail.store.arguments import read_arguments, write_arguments
from tui_mail.store.database import Record, Source, Transaction

TRANSFERS = (OperationKind.MOVE, OperationKind.COPY, OperationKind.APPEND)
"""Kinds that bring messages into a target, one by one."""

OPEN = "('pending', 'running')"
"""States of an operation that no server has confirmed."""


@dataclass(frozen=True, slots=True)
class Item:
    """One message of an operation and where it was when the user acted."""

    message: int
    folder: int
    uidvalidity: int | None
    uid: int | None
    """None: the server has not confirmed it there yet; filled in when it is."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What a message looks like on a server, whatever its UID."""

    message_id: str
    size: int
    """Octets on the wire."""
    internal_date: int
    """INTERNALDATE, seconds since the epoch; 0: not known."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A durable intention."""

    id: int
    account: int
    command: int
    kind: OperationKind
    state: OperationState
    step: str
    """How far an operation of several steps has come; "" at its beginning."""
    target: int | None
    """The folder that messages go to, or that is itself changed."""
    flags: FlagChange
    """What a FLAGS sets and clears."""
    change: FolderChange | None
    """What a FOLDER does."""
    evidence: dict[str, int]
    """What the server said before the command left; needed to find out what became of it."""
    attempts: int
    not_before: int
    error: str
    follows: int | None
    """The operation that this one takes back or repeats."""
    history: str
    """"done": undo can take it back; "undone": redo can repeat it; "automatic": nobody asked for it;
    "none": out of reach of both."""
    sentence: str
    """What the user did, in words."""
    created_at: int
    settled_at: int | None

    @property
    def is_open(self) -> bool:
        """Whether no server has confirmed or refused it yet."""
        return self.state in (OperationState.PENDING, OperationState.RUNNING)

    @property
    def may_have_left(self) -> bool:
        """Whether something of it may be on the server that taking it back here would leave there.

        What left of flags that were tried and then put off is told apart by no trace, unlike a message that
        came into its target.
        """
        tried = self.kind is OperationKind.FLAGS and self.attempts > 0
        return self.state is OperationState.RUNNING or (self.is_open and tried)

    @property
    def can_retract(self) -> bool:
        """Whether it can be taken back in its place, without a server hearing of it."""
        return self.state is OperationState.PENDING and not self.may_have_left


COLUMNS = (
    "id, account, command, kind, state, step, target, arguments, evidence, attempts, not_before, error,"
    " follows, history, sentence, created_at, settled_at"
)


def operation(row: Record) -> Operation:
    """Return the operation that a row of COLUMNS holds."""
    id, account, command, kind, state, step, target, arguments, evidence, *rest = row
    flags, change = read_arguments(arguments)
    return Operation(
        id,
        account,
        command,
        OperationKind(kind),
        OperationState(state),
        step,
        target,
        flags,
        change,
        json.loads(evidence),
        *rest,
    )


async def enqueue(
    tx: Transaction,
    account: int,
    kind: OperationKind,
    items: Sequence[Item] = (),
    *,
    sentence: str,
    now: int,
    target: int | None = None,
    flags: FlagChange | None = None,
    change: FolderChange | None = None,
    command: int | None = None,
    follows: int | None = None,
    history: str = "done",
) -> int:
    """Write a pending operation and return its id, which is also its `command` unless one is given."""
    arguments = write_arguments(flags or FlagChange(), change)
    inserted = await tx.run(
        "INSERT INTO operation(account, command, kind, state, target, arguments, evidence, attempts,"
        " not_before, error, follows, history, sentence, created_at)"
        " VALUES (?, coalesce(?, 0), ?, 'pending', ?, ?, '{}', 0, 0, '', ?, ?, ?, ?)",
        (
            account,
            command,
            kind,
            target,
            arguments,
            follows,
            history if follows is None else "none",
            sentence,
            now,
        ),
    )
    if command is None:
        await tx.run("UPDATE operation SET command = id WHERE id = ?", (inserted.lastrowid,))
    if items:
        await tx.many(
            "INSERT INTO operation_item(operation, message, folder, uidvalidity, uid) VALUES (?, ?, ?, ?, ?)",
            [(inserted.lastrowid, item.message, item.folder, item.uidvalidity, item.uid) for item in items],
        )
    return inserted.lastrowid


async def get(source: Source, id: int) -> Operation | None:
    """Return one operation."""
    row = await source.one(f"SELECT {COLUMNS} FROM operation WHERE id = ?", (id,))
    return None if row is None else operation(row)


async def states(source: Source, ids: Iterable[int]) -> dict[int, OperationState]:
    """Return the state of each of these operations that there is."""
    rows = await source.all(
        "SELECT o.id, o.state FROM json_each(?) j CROSS JOIN operation o ON o.id = j.value",
        (json.dumps(list(ids)),),
    )
    return {id: OperationState(state) for id, state in rows}


async def of_command(source: Source, command: int) -> list[Operation]:
    """Return the operations of one command, oldest first."""
    rows = await source.all(f"SELECT {COLUMNS} FROM operation WHERE command = ? ORDER BY id", (command,))
    return [operation(row) for row in rows]


async def items(source: Source, id: int, above: int = 0, limit: int = -1) -> list[Item]:
    """Return the items of an operation by ascending message, the first `limit` of those above a message."""
    rows = await source.all(
        "SELECT message, folder, uidvalidity, uid FROM operation_item WHERE operation = ? AND message > ?"
        " ORDER BY message LIMIT ?",
        (id, above, limit),
    )
    return [Item(*row) for row in rows]


async def count(source: Source, id: int) -> int:
    """Return how many messages an operation names."""
    row = await source.one("SELECT count(*) FROM operation_item WHERE operation = ?", (id,))
    return row[0] if row else 0


async def open_count(source: Source, account: int | None = None) -> int:
    """Return how many operations no server has confirmed yet, of one account or of all."""
    row = await source.one(
        f"SELECT count(*) FROM operation WHERE state IN {OPEN} AND account = coalesce(?, account)", (account,)
    )
    return row[0] if row else 0


async def open_by_folder(source: Source, account: int) -> dict[int, int]:
    """Return how many open operations take messages from each folder or bring some into it."""
    rows = await source.all(
        "SELECT folder, count(*) FROM ("
        f"SELECT o.id, o.target AS folder FROM operation o WHERE o.account = ?1 AND o.state IN {OPEN}"
        " UNION SELECT o.id, i.folder FROM operation o CROSS JOIN operation_item i ON i.operation = o.id"
        f" WHERE o.account = ?1 AND o.state IN {OPEN}"
        ") WHERE folder IS NOT NULL GROUP BY folder",
        (account,),
    )
    return dict(rows)


async def open_of_account(source: Source, account: int, limit: int) -> list[Operation]:
    """Return the oldest open operations of an account, in order."""
    rows = await source.all(
        f"SELECT {COLUMNS} FROM operation WHERE account = ? AND state IN {OPEN} ORDER BY id LIMIT ?",
        (account, limit),
    )
    return [operation(row) for row in rows]


async def identities(source: Source, messages: Sequence[int]) -> dict[int, Identity]:
    """Return what each of these messages looks like on a server, as far as it is here still."""
    rows = await source.all(
        "SELECT m.id, m.message_id, m.size, max(p.internal_date) FROM json_each(?) j"
        " CROSS JOIN message m ON m.id = j.value CROSS JOIN place p ON p.message = m.id GROUP BY m.id",
        (json.dumps(list(messages)),),
    )
    return {id: Identity(*rest) for id, *rest in rows}


async def confirmed(source: Source, messages: Sequence[int], folder: int) -> dict[int, int]:
    """Return the UIDs of those of these messages that the server has confirmed in a folder."""
    rows = await source.all(
        "SELECT p.message, p.uid FROM json_each(?) j"
        " CROSS JOIN place p ON p.message = j.value AND p.folder = ? WHERE p.uid IS NOT NULL",
        (json.dumps(list(messages)), folder),
    )
    return dict(rows)


async def sharing_messages(source: Source, ids: Sequence[int]) -> set[tuple[int, int]]:
    """Return the pairs (earlier, later) of these operations that name one and the same message."""
    rows = await source.all(
        "SELECT DISTINCT a.operation, b.operation FROM json_each(?1) j"
        " CROSS JOIN operation_item a ON a.operation = j.value"
        " CROSS JOIN operation_item b ON b.message = a.message AND b.operation > a.operation"
        " WHERE b.operation IN (SELECT value FROM json_each(?1))",
        (json.dumps(list(ids)),),
    )
    return {(earlier, later) for earlier, later in rows}


async def folders_of(source: Source, ids: Sequence[int]) -> dict[int, set[int]]:
    """Return the folders that the messages of each of these operations lay in."""
    found: dict[int, set[int]] = {id: set() for id in ids}
    rows = await source.all(
        "SELECT DISTINCT i.operation, i.folder FROM json_each(?) j"
        " CROSS JOIN operation_item i ON i.operation = j.value",
        (json.dumps(list(ids)),),
    )
    for id, folder in rows:
        found[id].add(folder)
    return found


async def start(tx: Transaction, ids: Sequence[int], *, evidence: Mapping[str, int], step: str = "") -> None:
    """Mark operations running, with what is needed to verify them; written before their command leaves."""
    await tx.run(
        "UPDATE operation SET state = 'running', evidence = ?, attempts = attempts + 1, step = ?"
        " WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(dict(evidence)), step, json.dumps(list(ids))),
    )


async def advance(tx: Transaction, ids: Sequence[int], step: str) -> None:
    """Note how far operations of several steps have come."""
    await tx.run(
        "UPDATE operation SET step = ? WHERE id IN (SELECT value FROM json_each(?))",
        (step, json.dumps(list(ids))),
    )


async def finish(
    tx: Transaction, ids: Sequence[int], state: OperationState, now: float, error: str = ""
) -> None:
    """Mark operations done, reverted or failed."""
    await tx.run(
        "UPDATE operation SET state = ?, error = ?, settled_at = ?"
        " WHERE id IN (SELECT value FROM json_each(?))",
        (state, error, int(now), json.dumps(list(ids))),
    )


async def postpone(
    tx: Transaction, ids: Sequence[int], not_before: float, error: str, *, doubtful: bool
) -> None:
    """Let operations wait for a better time; `doubtful` ones may have been carried out all the same."""
    await tx.run(
        "UPDATE operation SET not_before = ?, error = ?, attempts = attempts + (state = 'pending'),"
        " state = CASE WHEN ? THEN state ELSE 'pending' END WHERE id IN (SELECT value FROM json_each(?))",
        (int(not_before), error, int(doubtful), json.dumps(list(ids))),
    )


async def again(tx: Transaction, ids: Sequence[int]) -> None:
    """Let operations be carried out again that the server did not carry out."""
    await tx.run(
        "UPDATE operation SET state = 'pending' WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(ids)),),
    )


async def hasten(tx: Transaction, account: int) -> None:
    """Let every open operation of an account be tried at once; what could not be put there, once more."""
    await tx.run(f"UPDATE operation SET not_before = 0 WHERE account = ? AND state IN {OPEN}", (account,))
    await tx.run(
        "UPDATE operation SET state = 'pending', not_before = 0, settled_at = NULL"
        " WHERE account = ? AND state = 'failed' AND kind = 'append'",
        (account,),
    )


async def split(tx: Transaction, id: int, messages: Sequence[int]) -> int:
    """Put some messages of an operation into one of its own, of the same command; return its id."""
    copied = await tx.run(
        "INSERT INTO operation(account, command, kind, state, step, target, arguments, evidence, attempts,"
        " not_before, error, follows, history, sentence, created_at)"
        " SELECT account, command, kind, state, step, target, arguments, evidence, attempts, not_before,"
        " error, follows, history, sentence, created_at FROM operation WHERE id = ?",
        (id,),
    )
    await tx.run(
        "UPDATE operation_item SET operation = ? WHERE operation = ?"
        " AND message IN (SELECT value FROM json_each(?))",
        (copied.lastrowid, id, json.dumps(list(messages))),
    )
    return copied.lastrowid


async def part_done(tx: Transaction, one: Operation, now: float) -> None:
    """Part what a server has confirmed of an open transfer from the rest, as an operation that is done."""
    if one.kind not in TRANSFERS or one.target is None:
        return
    names = [item.message for item in await items(tx, one.id)]
    if done := await confirmed(tx, names, one.target):
        await finish(tx, [await split(tx, one.id, list(done))], OperationState.DONE, now)


async def answers(source: Source, id: int) -> list[Operation]:
    """Return the operations of the newest command that takes back or repeats one and still stands."""
    rows = await source.all(
        f"SELECT {COLUMNS} FROM operation WHERE follows = ?1 AND command ="
        " (SELECT max(command) FROM operation WHERE follows = ?1 AND state NOT IN ('reverted', 'failed'))"
        " AND state NOT IN ('reverted', 'failed') ORDER BY id",
        (id,),
    )
    return [operation(row) for row in rows]


async def last_done(source: Source) -> int | None:
    """Return the newest command that undo can take back."""
    row = await source.one("SELECT max(command) FROM operation WHERE history = 'done'")
    return row[0] if row else None


async def first_undone(source: Source) -> int | None:
    """Return the command that redo repeats: the oldest undone one that is newer than all others."""
    row = await source.one(
        "SELECT min(command) FROM operation WHERE history = 'undone' AND command > coalesce("
        "(SELECT max(command) FROM operation WHERE history = 'done'), 0)"
    )
    return row[0] if row else None


async def other_side(tx: Transaction, operation: Operation) -> None:
    """Put what an operation was to take back or repeat where it was, for that did not come about."""
    root = None if operation.follows is None else await get(tx, operation.follows)
    if root is not None:
        await set_history(tx, [root.id], "undone" if root.history == "done" else "done")


async def set_history(tx: Transaction, ids: Sequence[int], history: str) -> None:
    """Move operations to the other side of undo and redo: "done", "undone", or out of reach: "none"."""
    await tx.run(
        "UPDATE operation SET history = ? WHERE history IN ('done', 'undone')"
        " AND id IN (SELECT value FROM json_each(?))",
        (history, json.dumps(list(ids))),
    )

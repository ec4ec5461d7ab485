"""The change journal: every command of the user with how far it has come, newest first.

Commands that are settled stay for a month, and never fewer than the newest thousand.
"""

import json
from collections.abc import Sequence

from tui_mail.model.journal import JournalEntry, JournalFilter, Standing
from tui_mail.model.operation import OperationState
from tui_mail.model.safe_text import safe_text
from tui_mail.store.database import Source, Transaction
from tui_mail.store.operations import COLUMNS, OPEN, Operation, operation
from tui_mail.store.values import GREATEST

KEPT_SECONDS = 30 * 86_400
KEPT_COMMANDS = 1_000

_CHOSEN = {
    JournalFilter.ALL: "SELECT DISTINCT command FROM operation WHERE command < ?",
    JournalFilter.OWN: (
        "SELECT DISTINCT command FROM operation WHERE command < ?"
        f" AND (history <> 'automatic' OR state IN {OPEN} OR error <> '')"
    ),
    JournalFilter.OPEN: f"SELECT DISTINCT command FROM operation WHERE command < ? AND state IN {OPEN}",
    JournalFilter.FAILED: (
        "SELECT DISTINCT command FROM operation WHERE command < ?"
        " AND (state = 'failed' OR state = 'reverted' AND error <> '')"
    ),
}


async def entries(
    source: Source, below: int | None, limit: int, which: JournalFilter = JournalFilter.ALL
) -> list[JournalEntry]:
    """Return the newest `limit` commands that are older than the command `below`, newest first."""
    chosen = await source.all(
        f"{_CHOSEN[which]} ORDER BY command DESC LIMIT ?", (GREATEST if below is None else below, limit)
    )
    return await _entries(source, [command for (command,) in chosen])


async def entry(source: Source, command: int) -> JournalEntry | None:
    """Return one command."""
    found = await _entries(source, [command])
    return found[0] if found else None


async def messages(source: Source, command: int, limit: int) -> list[int]:
    """Return messages that a command touched, at most `limit`, the newest first."""
    rows = await source.all(
        "SELECT DISTINCT i.message FROM operation o CROSS JOIN operation_item i ON i.operation = o.id"
        " WHERE o.command = ? ORDER BY i.message DESC LIMIT ?",
        (command, limit),
    )
    return [message for (message,) in rows]


async def _entries(source: Source, commands: Sequence[int]) -> list[JournalEntry]:
    told = json.dumps(list(commands))
    rows = await source.all(
        f"SELECT {COLUMNS} FROM operation WHERE command IN (SELECT value FROM json_each(?)) ORDER BY id",
        (told,),
    )
    touched: dict[int, tuple[int, str]] = {
        command: (count, subject)
        for command, count, subject in await source.all(
            "SELECT t.command, t.count, coalesce(m.subject, '') FROM"
            " (SELECT o.command, count(DISTINCT i.message) AS count, max(i.message) AS newest"
            " FROM json_each(?) j CROSS JOIN operation o ON o.command = j.value"
            " CROSS JOIN operation_item i ON i.operation = o.id GROUP BY o.command) t"
            " LEFT JOIN message m ON m.id = t.newest",
            (told,),
        )
    }
    by_command: dict[int, list[Operation]] = {command: [] for command in commands}
    for row in rows:
        one = operation(row)
        by_command[one.command].append(one)
    answered = await _commands_of(source, [one.follows for group in by_command.values() for one in group])
    return [
        _entry(command, group, touched.get(command, (0, "")), answered)
        for command, group in by_command.items()
        if group
    ]


async def _commands_of(source: Source, ids: Sequence[int | None]) -> dict[int, int]:
    rows = await source.all(
        "SELECT o.id, o.command FROM json_each(?) j CROSS JOIN operation o ON o.id = j.value",
        (json.dumps([id for id in ids if id is not None]),),
    )
    return dict(rows)


def _entry(
    command: int, group: Sequence[Operation], touched: tuple[int, str], answered: dict[int, int]
) -> JournalEntry:
    first, open_ones = group[0], [one for one in group if one.is_open]
    histories = {one.history for one in group}
    follows = first.follows
    return JournalEntry(
        command=command,
        sentence=safe_text(first.sentence),
        about=safe_text(touched[1]),
        made_at=first.created_at,
        settled_at=None if open_ones else max(one.settled_at or one.created_at for one in group),
        standing=_standing(group),
        accounts=tuple(dict.fromkeys(one.account for one in group)),
        count=touched[0],
        attempts=sum(one.attempts for one in group),
        retry_at=max((one.not_before for one in open_ones), default=0),
        error=safe_text(next((one.error for one in group if one.error), "")),
        takes_back=None if follows is None else answered.get(follows),
        automatic="automatic" in histories,
        undone="undone" in histories and "done" not in histories,
        can_cancel=bool(open_ones) and all(one.can_retract for one in open_ones),
        can_undo="done" in histories,
        can_redo="undone" in histories,
    )


def _standing(group: Sequence[Operation]) -> Standing:
    states = {one.state for one in group}
    if OperationState.FAILED in states:
        return Standing.FAILED
    if OperationState.RUNNING in states or states >= {OperationState.PENDING, OperationState.DONE}:
        return Standing.RUNNING
    if OperationState.PENDING in states:
        return Standing.WAITING
    if any(one.state is OperationState.REVERTED and one.error for one in group):
        return Standing.REFUSED
    return Standing.CONFIRMED if OperationState.DONE in states else Standing.CANCELLED


async def prune(tx: Transaction, now: float) -> int:
    """Forget what was settled long ago; return how many operations went."""
    newest = await tx.one(
        "SELECT command FROM (SELECT DISTINCT command FROM operation ORDER BY command DESC"
        f" LIMIT 1 OFFSET {KEPT_COMMANDS})"
    )
    if newest is None:
        return 0
    result = await tx.run(
        f"DELETE FROM operation WHERE command <= ? AND state NOT IN {OPEN} AND settled_at < ? AND NOT EXISTS"
        f" (SELECT 1 FROM operation o WHERE o.command = operation.command AND o.state IN {OPEN})",
        (newest[0], int(now) - KEPT_SECONDS),
    )
    return result.rowcount

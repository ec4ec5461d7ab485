"""The changes that no server has confirmed, once more in a file beside the database.

Everything else in the database can be fetched again or is a file of its own; these cannot. Should the page
that holds them be damaged, `repair` takes them from here. The file lags behind by a moment, which does no
harm: what the database knows better is told by the id, and what may have been carried out is verified.
"""

import asyncio
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tui_mail.store.database import Source

COLUMNS = (
    "id, command, kind, state, step, target, arguments, evidence, attempts, follows, history, sentence,"
    " created_at"
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One open operation, told without the help of other rows."""

    account: str
    """`account.key`."""
    columns: dict[str, Any]
    """The columns of COLUMNS, by name."""
    folders: dict[str, tuple[str, str, str]]
    """Wire name in hexadecimal, name and separator of each folder that it names, by `folder.id`."""
    items: list[tuple[int, int, int | None, int | None]]
    """message, folder, UIDVALIDITY and UID of each."""


def place(database: Path) -> Path:
    """Return where the spare copy of a database's open operations is."""
    return database.with_name(database.name + ".waiting")


async def write(source: Source, database: Path) -> None:
    """Write the open operations down anew; no file stays when there is none."""
    waiting = [await _waiting(source, row) for row in await _open(source)]
    await asyncio.to_thread(_replace, place(database), waiting)


def read(database: Path) -> list[Waiting]:
    """Return what the spare copy holds; a line that cannot be read is left out."""
    try:
        lines = place(database).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    found = []
    for line in lines:
        try:
            one = Waiting(**json.loads(line))
        except (ValueError, TypeError):
            continue
        if list(one.columns) == COLUMNS.split(", "):
            found.append(one)
    return found


async def _open(source: Source) -> list[tuple[Any, ...]]:
    return await source.all(
        f"SELECT (SELECT key FROM account a WHERE a.id = o.account), {COLUMNS} FROM operation o"
        " WHERE o.state IN ('pending', 'running') ORDER BY o.id"
    )


async def _waiting(source: Source, row: tuple[Any, ...]) -> Waiting:
    account, *values = row
    columns = dict(zip(COLUMNS.split(", "), values, strict=True))
    items = await source.all(
        "SELECT message, folder, uidvalidity, uid FROM operation_item WHERE operation = ? ORDER BY message",
        (columns["id"],),
    )
    named = {folder for _, folder, *_ in items} | {columns["target"]} - {None}
    told = await source.all(
        "SELECT id, hex(remote_name), name, separator FROM folder"
        " WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(sorted(named)),),
    )
    folders = {str(id): (name, display, separator) for id, name, display, separator in told}
    return Waiting(account, columns, folders, [(m, f, v, u) for m, f, v, u in items])


def _replace(path: Path, waiting: list[Waiting]) -> None:
    if not waiting:
        path.unlink(missing_ok=True)
        return
    new = path.with_name(path.name + ".new")
    text = "".join(json.dumps(asdict(one)) + "\n" for one in waiting)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)

"""`folders` and `list`: what the offline copy holds."""

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from tui_mail.cli import output
from tui_mail.cli.arguments import Arguments
from tui_mail.cli.cells import cut, padded
from tui_mail.cli.opening import NO_ACCOUNT, Setting, open_setting, reading_engine
from tui_mail.cli.views import Places
from tui_mail.engine import Engine
from tui_mail.model.folder import Folder, View
from tui_mail.model.message import Flag, Mark, Row

PAGE = 500
"""Rows read at once."""

_FLAGS = {
    Flag.SEEN: "\\Seen",
    Flag.FLAGGED: "\\Flagged",
    Flag.ANSWERED: "\\Answered",
    Flag.DRAFT: "\\Draft",
    Flag.DELETED: "\\Deleted",
    Flag.FORWARDED: "$Forwarded",
}


class ListingArguments(Arguments):
    """Arguments of `folders` and `list`."""

    account: str | None
    folder: str | None
    limit: int


def folders(call: ListingArguments) -> int:
    """List folders and their counts."""
    setting = open_setting(call)
    if call.account is not None:
        setting.account(call.account)
    if not setting.config.accounts:
        output.note(NO_ACCOUNT)
    asyncio.run(_folders(call, setting))
    return 0


def messages(call: ListingArguments) -> int:
    """List messages, newest first."""
    setting = open_setting(call)
    if call.account is not None:
        setting.account(call.account)
    if not setting.config.accounts:
        output.note(NO_ACCOUNT)
        return 0
    asyncio.run(_messages(call, setting))
    return 0


def flag_names(flags: Flag) -> list[str]:
    """Return flags as IMAP writes them (RFC 9051, 2.3.2)."""
    return [name for flag, name in _FLAGS.items() if flags & flag]


def utc(seconds: int) -> str:
    """Return a moment as ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def address_line(name: str, address: str) -> str:
    """Return name and address as a header field shows them."""
    return f"{name} <{address}>" if name and address and name != address else address or name


async def _folders(call: ListingArguments, setting: Setting) -> None:
    async with reading_engine(setting) as engine:
        places = await Places.of(engine.reading)
    for folder in places.folders:
        account = places.keys[folder.account]
        if call.account not in (None, account):
            continue
        if call.json:
            output.record(_folder_facts(folder, account))
        else:
            output.line(f"{padded(account, 12)}  {folder.unread:>7}  {folder.total:>7}  {folder.name}")


def _folder_facts(folder: Folder, account: str) -> dict[str, object]:
    return {
        "id": folder.id,
        "account": account,
        "name": folder.name,
        "role": folder.role.name.lower() if folder.role else None,
        "unread": folder.unread,
        "total": folder.total,
        "selectable": folder.selectable,
        "complete": folder.complete,
        "synced_at": None if folder.synced_at is None else utc(folder.synced_at),
    }


async def _messages(call: ListingArguments, setting: Setting) -> None:
    async with reading_engine(setting) as engine:
        places = await Places.of(engine.reading)
        view = places.view(call.account, call.folder)
        if view is None:
            output.note("Nothing has been fetched yet; tui-mail sync does that")
            return
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        async for row in _rows(engine, view, call.limit):
            if call.json:
                output.record(row_facts(row, places))
            else:
                output.line(row_line(row, width))


async def _rows(engine: Engine, view: View, limit: int) -> AsyncIterator[Row]:
    below: int | None = None
    while limit > 0:
        ids, moments = await engine.reading.entries(view, below, min(limit, PAGE))
        if not ids:
            return
        for row in await engine.reading.rows(view, ids):
            yield row
        limit, below = limit - len(ids), moments[-1]


def row_facts(row: Row, places: Places) -> dict[str, object]:
    """Return what JSON says of a message."""
    return {
        "id": row.id,
        "account": places.keys.get(row.account),
        "folder": places.name(row.folder),
        "uid": row.uid,
        "date": utc(row.date),
        "from": address_line(row.sender, row.sender_address),
        "to": row.recipients.split(", ") if row.recipients else [],
        "subject": row.subject,
        "flags": flag_names(row.flags),
        "size": row.size,
        "message_id": row.message_id,
        "has_attachment": bool(row.marks & Mark.ATTACHMENT),
    }


def row_line(row: Row, width: int | None) -> str:
    """Return the line of a message, cut to a terminal's width if there is one."""
    marks = (
        (" " if row.flags & Flag.SEEN else "*")
        + ("!" if row.flags & Flag.FLAGGED else " ")
        + ("+" if row.marks & Mark.ATTACHMENT else " ")
    )
    date = datetime.fromtimestamp(row.date).astimezone().strftime("%Y-%m-%d %H:%M")
    text = f"{row.id:>6}  {date} {marks} {padded(row.sender, 22)}  {row.subject}"
    return text if width is None else cut(text, width)

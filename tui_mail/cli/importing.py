"""`import`: files as messages of a folder."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from tui_mail.cli import output
from tui_mail.cli.arguments import Arguments
from tui_mail.cli.changing import let_out
from tui_mail.cli.opening import Setting, chosen_account, open_setting, reading_engine
from tui_mail.cli.views import Places
from tui_mail.engine import Engine
from tui_mail.engine.importing import Box, Imported, boxes, import_box, left_out_lines
from tui_mail.model.account import Account
from tui_mail.model.errors import MailError
from tui_mail.model.safe_text import safe_identity

NAMED = 20
"""Messages left out that are named; more are counted."""


class ImportArguments(Arguments):
    """Arguments of `import`."""

    paths: list[str]
    account: str | None
    folder: str
    create: bool
    read: bool
    now: bool


def read(call: ImportArguments) -> int:
    """Put the messages of files into a folder; 1 where some were left out."""
    setting = open_setting(call)
    account = chosen_account(setting, call.account)
    paths = [Path(path).expanduser() for path in call.paths]
    return asyncio.run(_import(call, setting, account, paths))


async def _import(call: ImportArguments, setting: Setting, account: Account, paths: Sequence[Path]) -> int:
    done = Imported()
    async with reading_engine(setting) as engine:
        found = [box for path in paths for box in await boxes(path)]
        await _target(engine, account.key, call.folder, create=call.create)
        for box in found:
            folder = await _folder_of(engine, account.key, call.folder, box)
            try:
                await import_box(
                    engine.reading, engine.acting, box, folder, done, read=call.read, tell=_progress
                )
            except OSError as error:
                name = safe_identity(str(error.filename or box.path))
                raise MailError(f"{name} cannot be read: {error.strerror}") from error
    _tell(call, done)
    out = await let_out(setting, done.operations, now=call.now)
    return 0 if out and not done.left_out else 1


async def _target(engine: Engine, account: str, name: str, *, create: bool) -> int:
    """Return the folder of that name or role in an account, made if that is wanted."""
    places = await Places.of(engine.reading)
    id = places.account(account)
    word = name.casefold()
    mine = [folder for folder in places.folders if folder.account == id]
    if create and not any(word in (one.name.casefold(), one.role.name.lower()) for one in mine):
        await engine.acting.create_folder(id, name)
        places = await Places.of(engine.reading)
    return places.folder(account, name)


async def _folder_of(engine: Engine, account: str, name: str, box: Box) -> int:
    """Return the folder that a box goes into; what is missing below the chosen one is made."""
    folder = await _target(engine, account, name, create=False)
    for part in box.below:
        folder = await _below(engine, folder, part)
    return folder


async def _below(engine: Engine, parent: int, name: str) -> int:
    for again in (False, True):
        folders = {folder.id: folder for folder in await engine.reading.folders()}
        above = folders[parent]
        full = f"{above.name}{above.separator}{name}"
        for folder in folders.values():
            if folder.account == above.account and folder.name == full:
                return folder.id
        if not again:
            await engine.acting.create_folder(above.account, name, parent)
    raise MailError(f"The folder “{full}” could not be made")


def _progress(done: Imported) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done.added + done.known:,} ")
        sys.stderr.flush()


def _tell(call: ImportArguments, done: Imported) -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r")
    if call.json:
        left_out = [{"where": where, "why": why} for where, why in done.left_out]
        output.record({"added": done.added, "known": done.known, "left_out": left_out})
    else:
        before = f", {done.known} were there already" if done.known else ""
        output.line(f"{done.added} added to {call.folder}{before}")
    output.flush()
    for line in left_out_lines(done.left_out, NAMED):
        output.note(line)

"""`export`: messages as files."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from tui_mail.cli import output
from tui_mail.cli.arguments import Arguments
from tui_mail.cli.ids import named
from tui_mail.cli.opening import Setting, online_engine, open_setting, reading_engine
from tui_mail.cli.screen import refused
from tui_mail.cli.views import Places
from tui_mail.engine import Engine
from tui_mail.engine.exporting import Exported, Form, absent, export
from tui_mail.engine.reading import Reading
from tui_mail.model.errors import MailError
from tui_mail.model.folder import View

NAMED = 20
"""Absent messages that are named; more are counted."""

PAGE = 20_000
"""Ids read at once."""


class ExportArguments(Arguments):
    """Arguments of `export`."""

    ids: list[int | str]
    place: str
    account: str | None
    folder: str | None
    format: str | None


def write(call: ExportArguments) -> int:
    """Write messages to files; 1 where some could not be had."""
    if bool(call.ids) == bool(call.folder):
        return refused(
            "Either ids or a --folder can be exported",
            "for example: tui-mail export --folder archive archive.mbox",
        )
    setting = open_setting(call)
    if call.account is not None:
        setting.account(call.account)
    place = Path(call.place).expanduser()
    form = Form(call.format) if call.format else _form_of(place)
    return asyncio.run(_export(call, setting, named(call.ids), form, place))


async def _export(
    call: ExportArguments, setting: Setting, ids: Sequence[int], form: Form, place: Path
) -> int:
    async with reading_engine(setting) as engine:
        view = await _view(call, engine.reading)
        chosen = await _ids_of(engine.reading, view) if view else ids
        troubles = await _fetch(setting, engine.reading, view, chosen)
        done = await export(engine.reading, view, chosen, form, place, _progress)
        left = [one.message for one in await absent(engine.reading, view, chosen)]
        there = {one.message for one in await engine.reading.exported(view, ids)}
    _tell(call, done, place, [*left, *(id for id in ids if id not in there)])
    for trouble in troubles:
        output.complain(trouble)
    return 1 if left or len(there) < len(set(ids)) else 0


def _form_of(place: Path) -> Form:
    """Return the form that a place has or suggests."""
    if (place / "cur").is_dir():
        return Form.MAILDIR
    return Form.EML if place.is_dir() or place.suffix == ".eml" else Form.MBOX


async def _view(call: ExportArguments, reading: Reading) -> View | None:
    if call.folder is None:
        return None
    return (await Places.of(reading)).view(call.account, call.folder)


async def _ids_of(reading: Reading, view: View) -> list[int]:
    """Return the ids of a view, oldest first."""
    found: list[int] = []
    below: int | None = None
    while True:
        ids, moments = await reading.entries(view, below, PAGE)
        found.extend(ids)
        if len(ids) < PAGE:
            return found[::-1]
        below = moments[-1]


async def _fetch(
    setting: Setting, reading: Reading, view: View | None, ids: Sequence[int]
) -> list[MailError]:
    """Fetch the bodies that are not here; return what prevents it, account by account."""
    lacking = await absent(reading, view, ids)
    if not lacking:
        return []
    output.note(f"{len(lacking)} are not on this machine yet and are fetched first")
    troubles: dict[int, MailError] = {}
    try:
        async with online_engine(setting, setting.config.accounts, fetch_only=True) as engine:
            for one in lacking:
                if one.account not in troubles:
                    await _fetch_one(engine, one.account, one.message, troubles)
    except MailError as error:
        return [error]
    return list(troubles.values())


async def _fetch_one(engine: Engine, account: int, message: int, troubles: dict[int, MailError]) -> None:
    try:
        await engine.acting.fetch_body(message)
    except MailError as error:
        troubles[account] = error


def _progress(done: Exported) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done.written + done.known:,} ")
        sys.stderr.flush()


def _tell(call: ExportArguments, done: Exported, place: Path, missing: Sequence[int]) -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r")
    if call.json:
        facts = {"path": str(place), "written": done.written, "known": done.known}
        output.record({**facts, "missing": list(missing)})
    else:
        before = f", {done.known} were there already" if done.known else ""
        output.line(f"{done.written} written to {place}{before}")
    if missing:
        output.flush()
        more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
        output.note(f"Not to be had: {', '.join(map(str, missing[:NAMED]))}{more}")

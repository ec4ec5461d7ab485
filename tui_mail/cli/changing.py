"""`mark`, `move`, `copy`, `archive`, `junk`, `unjunk`, `delete`, `undo`, `redo`: the screen's acts on ids.

The rule: a change is on disk when it is said to be done. Whichever process talks to the servers carries it
out within a second; where there is none, the next one does, or this one with `--now`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

from tui_mail.cli import output
from tui_mail.cli.account_adding import can_ask
from tui_mail.cli.arguments import Arguments
from tui_mail.cli.ids import named
from tui_mail.cli.opening import Setting, online_engine, open_setting, reading_engine
from tui_mail.cli.screen import refused
from tui_mail.cli.views import Places
from tui_mail.engine import Engine, is_held
from tui_mail.model.errors import MailError, StoreBusy
from tui_mail.model.folder import Role
from tui_mail.model.message import Flag, Row
from tui_mail.model.operation import Done, OperationState

CONFIRMED_WITHIN = 60.0
"""Seconds that `--now` waits for another process to carry a change out."""

KEPT = "Kept here; the next tui-mail or tui-mail sync carries it to the server, --now does it at once"

_FLAGS = {"read": Flag.SEEN, "star": Flag.FLAGGED, "answered": Flag.ANSWERED}

Act = Callable[[Engine, Sequence[Row]], Awaitable[Iterable[Done]]]


class ChangeArguments(Arguments):
    """Arguments of every command here; each has some of them."""

    ids: list[int | str]
    now: bool
    folder: str
    forever: bool
    yes: bool
    read: bool | None
    star: bool | None
    answered: bool | None
    tag: list[str] | None
    untag: list[str] | None
    command: int | None


def mark(call: ChangeArguments) -> int:
    """Set and clear flags and tags."""
    wanted = {flag: getattr(call, name) for name, flag in _FLAGS.items()}
    add = _together(flag for flag, value in wanted.items() if value is True)
    remove = _together(flag for flag, value in wanted.items() if value is False)
    if not (add or remove or call.tag or call.untag):
        return refused("Nothing to mark was named", "for example: tui-mail mark --read 7")

    async def act(engine: Engine, rows: Sequence[Row]) -> list[Done]:
        ids, done = [row.id for row in rows], list[Done]()
        if call.tag or call.untag:
            done.append(await engine.acting.tag(ids, None, add=call.tag or (), remove=call.untag or ()))
        if add or remove:
            done.append(await engine.acting.mark(ids, None, add=add, remove=remove))
        return done

    return _on_messages(call, act)


def move(call: ChangeArguments) -> int:
    """Move messages to a folder of their account."""

    async def act(engine: Engine, rows: Sequence[Row]) -> list[Done]:
        return [
            await engine.acting.move(ids, None, target)
            for target, ids in (await _targets(engine, call.folder, rows)).items()
        ]

    return _on_messages(call, act)


def copy(call: ChangeArguments) -> int:
    """Copy messages to a folder of their account."""

    async def act(engine: Engine, rows: Sequence[Row]) -> list[Done]:
        return [
            await engine.acting.copy(ids, None, target)
            for target, ids in (await _targets(engine, call.folder, rows)).items()
        ]

    return _on_messages(call, act)


def archive(call: ChangeArguments) -> int:
    """Move messages to the archive of their account."""

    async def act(engine: Engine, rows: Sequence[Row]) -> list[Done]:
        return [await engine.acting.archive([row.id for row in rows], None)]

    return _on_messages(call, act)


def junk(call: ChangeArguments) -> int:
    """Move messages to the junk folder of their account."""

    async def act(engine: Engine, rows: Sequence[Row]) -> list[Done]:
        return [await engine.acting.junk([row.id for row in rows], None)]

    return _on_messages(call, act)


def unjunk(call: ChangeArguments) -> int:
    """Move messages back to the inbox of their account."""

    async def act(engine: Engine, rows: Sequence[Row]) -> list[Done]:
        return [await engine.acting.not_junk([row.id for row in rows], None)]

    return _on_messages(call, act)


def delete(call: ChangeArguments) -> int:
    """Move messages to the trash of their account, or remove them for ever."""
    if call.forever and not call.yes:
        if not can_ask():
            return refused("What is deleted for ever does not come back", "--yes says that it is meant")
        output.note("This removes the messages here and on their servers; there is no way back.")
        if output.asked("Delete them? [y/N] ").casefold() not in ("y", "yes"):
            output.note("Nothing was deleted")
            return 1

    async def act(engine: Engine, rows: Sequence[Row]) -> list[Done]:
        ids = [row.id for row in rows]
        if call.forever:
            return [await engine.acting.delete_forever(ids, None)]
        await _name_trash(engine, rows)
        return [await engine.acting.delete(ids, None)]

    return _on_messages(call, act)


def undo(call: ChangeArguments) -> int:
    """Take a command back, the newest unless one is named."""
    return asyncio.run(_turned(call, open_setting(call), "undo"))


def redo(call: ChangeArguments) -> int:
    """Repeat what was undone, last unless a command is named."""
    return asyncio.run(_turned(call, open_setting(call), "redo"))


def _together(flags: Iterable[Flag]) -> Flag:
    total = Flag.NONE
    for flag in flags:
        total |= flag
    return total


def _on_messages(call: ChangeArguments, act: Act) -> int:
    setting = open_setting(call)
    return asyncio.run(_changed(call, setting, named(call.ids), act))


async def _changed(call: ChangeArguments, setting: Setting, ids: Sequence[int], act: Act) -> int:
    """Change the messages that are here and name the others, which spoils nothing but the exit code."""
    async with reading_engine(setting) as engine:
        rows = await engine.reading.rows(None, ids)
        there = {row.id for row in rows}
        done = list(await act(engine, rows)) if rows else []
        for one in done:
            tell_done(one, json=call.json)
    missing = [str(id) for id in ids if id not in there]
    if missing:
        output.flush()
        output.note(f"No message here has the id {', '.join(missing)}")
    out = await let_out(setting, [id for one in done for id in one.operations], now=call.now)
    return 0 if out and not missing else 1


async def _turned(call: ChangeArguments, setting: Setting, way: str) -> int:
    async with reading_engine(setting) as engine:
        turn = engine.acting.undo if way == "undo" else engine.acting.redo
        done = await turn(call.command)
    if done is None:
        output.note(f"There is nothing to {way}")
        return 1
    tell_done(done, json=call.json)
    return 0 if await let_out(setting, done.operations, now=call.now) else 1


def tell_done(done: Done, *, json: bool) -> None:
    """Print what a command did."""
    if json:
        command = done.operations[0] if done.operations else None
        facts = {"command": command, "sentence": done.sentence, "count": done.count}
        output.record({**facts, "operations": list(done.operations), "undoable": done.undoable})
    else:
        output.line(done.sentence)


async def _targets(engine: Engine, folder: str, rows: Sequence[Row]) -> dict[int, list[int]]:
    """Return the messages that go to the folder of that name or role in each account, by the folder."""
    places = await Places.of(engine.reading)
    targets: dict[int, list[int]] = {}
    for account in dict.fromkeys(row.account for row in rows):
        target = places.folder(places.keys[account], folder)
        targets[target] = [row.id for row in rows if row.account == account]
    return targets


async def _name_trash(engine: Engine, rows: Sequence[Row]) -> None:
    trash = {folder.id for folder in await engine.reading.folders() if folder.role is Role.TRASH}
    if left := [str(row.id) for row in rows if row.folder in trash]:
        output.note(f"In the trash already: {', '.join(left)}; --forever removes them")


async def let_out(setting: Setting, operations: Sequence[int], *, now: bool) -> bool:
    """See to it that a change reaches its server, as `now` asks; return False when it did not."""
    output.flush()
    if not operations:
        return True
    if not now:
        if not is_held(setting.home.data_dir):
            output.note(KEPT)
        return True
    troubles: list[MailError] = []
    try:
        async with online_engine(setting, setting.config.accounts, workers=False) as engine:
            troubles = await engine.carry_out()
            return await _outcome(engine, operations, troubles)
    except StoreBusy:
        async with reading_engine(setting) as engine:
            await _confirmed_elsewhere(engine, operations)
            return await _outcome(engine, operations, troubles)


async def _confirmed_elsewhere(engine: Engine, operations: Sequence[int]) -> None:
    """Wait until the process that talks to the servers has carried a change out."""
    events = engine.events()
    try:
        async with asyncio.timeout(CONFIRMED_WITHIN):
            while await _still_open(engine, operations):
                await anext(events)
    except TimeoutError:
        return


async def _still_open(engine: Engine, operations: Sequence[int]) -> list[int]:
    states = await engine.reading.operation_states(operations)
    return [id for id, state in states.items() if state in (OperationState.PENDING, OperationState.RUNNING)]


async def _outcome(engine: Engine, operations: Sequence[int], troubles: Iterable[MailError]) -> bool:
    """Say what a server refused or has not heard of yet; return whether all is done."""
    states = await engine.reading.operation_states(operations)
    refused_ones = [id for id, state in states.items() if state is OperationState.REVERTED]
    for id in refused_ones:
        output.note(await engine.reading.operation_sentence(id))
    for trouble in troubles:
        output.complain(trouble)
    waiting = await _still_open(engine, operations)
    if waiting:
        output.note("The change is kept here and goes out later")
    return not refused_ones and not waiting

"""`journal`: what was changed here, how far each change has come, and what can be done about it."""

import asyncio
from datetime import datetime

from tui_mail.cli import output
from tui_mail.cli.cells import padded
from tui_mail.cli.changing import ChangeArguments, let_out, tell_done
from tui_mail.cli.listing import utc
from tui_mail.cli.opening import Setting, open_setting, reading_engine
from tui_mail.cli.views import Places
from tui_mail.model.journal import JournalEntry, JournalFilter


class JournalArguments(ChangeArguments):
    """Arguments of `journal` and what stands below it."""

    command: int
    limit: int
    which: JournalFilter | None


def listed(call: JournalArguments) -> int:
    """List what was changed, newest first."""
    asyncio.run(_listed(call, open_setting(call)))
    return 0


def cancel(call: JournalArguments) -> int:
    """Take back what of a command no server has heard of; 1 where there is nothing of that kind."""
    return asyncio.run(_cancel(call, open_setting(call)))


def retry(call: JournalArguments) -> int:
    """Try at once what waits for a better time."""
    return asyncio.run(_retry(call, open_setting(call)))


async def _listed(call: JournalArguments, setting: Setting) -> None:
    async with reading_engine(setting) as engine:
        places = await Places.of(engine.reading)
        which = JournalFilter(call.which or JournalFilter.OWN)
        for entry in await engine.reading.journal(limit=call.limit, which=which):
            if call.json:
                output.record(_facts(entry, places))
            else:
                for line in _lines(entry):
                    output.line(line)


async def _cancel(call: JournalArguments, setting: Setting) -> int:
    async with reading_engine(setting) as engine:
        done = await engine.acting.cancel(call.command)
    if done is None:
        output.note(
            f"Nothing of {call.command} waits unsent; tui-mail undo {call.command} takes back what has left"
        )
        return 1
    tell_done(done, json=call.json)
    return 0


async def _retry(call: JournalArguments, setting: Setting) -> int:
    async with reading_engine(setting) as engine:
        await engine.acting.retry_now()
        waiting = await engine.reading.journal(which=JournalFilter.OPEN)
        operations = [entry.command for entry in waiting]
    output.note(f"{len(operations)} wait" if operations else "Nothing waits")
    return 0 if await let_out(setting, operations, now=call.now) else 1


def _facts(entry: JournalEntry, places: Places) -> dict[str, object]:
    return {
        "command": entry.command,
        "sentence": entry.sentence,
        "about": entry.about,
        "standing": entry.standing.value,
        "made_at": utc(entry.made_at),
        "settled_at": None if entry.settled_at is None else utc(entry.settled_at),
        "accounts": [places.keys.get(account) for account in entry.accounts],
        "count": entry.count,
        "attempts": entry.attempts,
        "retry_at": utc(entry.retry_at) if entry.retry_at else None,
        "error": entry.error,
        "takes_back": entry.takes_back,
        "automatic": entry.automatic,
        "undone": entry.undone,
        "can_cancel": entry.can_cancel,
        "can_undo": entry.can_undo,
        "can_redo": entry.can_redo,
    }


def _lines(entry: JournalEntry) -> list[str]:
    made = datetime.fromtimestamp(entry.made_at).astimezone().strftime("%Y-%m-%d %H:%M")
    about = f"  {entry.about}" if entry.about else ""
    undone = " (undone)" if entry.undone else ""
    first = f"{entry.command:>6}  {made}  {padded(entry.standing.value, 9)}  {entry.sentence}{undone}{about}"
    return [first, f"        {entry.error}"] if entry.error else [first]

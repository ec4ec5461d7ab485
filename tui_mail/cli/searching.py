"""`search`: the newest messages that hold every word."""

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator

from tui_mail.cli import output
from tui_mail.cli.arguments import Arguments
from tui_mail.cli.listing import PAGE, row_facts, row_line
from tui_mail.cli.opening import NO_ACCOUNT, Setting, open_setting, reading_engine
from tui_mail.cli.views import Places
from tui_mail.engine import Engine
from tui_mail.model.message import Row


class SearchArguments(Arguments):
    """Arguments of `search`."""

    words: list[str]
    account: str | None
    folder: str | None
    limit: int


def search(call: SearchArguments) -> int:
    """List messages that hold every word, newest first; without a hit the exit code is 1."""
    setting = open_setting(call)
    if call.account is not None:
        setting.account(call.account)
    if not setting.config.accounts:
        output.note(NO_ACCOUNT)
        return 1
    return 0 if asyncio.run(_search(call, setting)) else 1


async def _search(call: SearchArguments, setting: Setting) -> int:
    found = 0
    async with reading_engine(setting) as engine:
        places = await Places.of(engine.reading)
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        async for row in _rows(engine, places, call):
            found += 1
            if call.json:
                output.record(row_facts(row, places))
            else:
                output.line(row_line(row, width))
        extent = await engine.searching.extent()
    due = [
        f"{n:,} {what}" for n, what in ((extent.headers_due, "messages"), (extent.texts_due, "letters")) if n
    ]
    if due:
        output.note(f"Not searchable yet: {' and '.join(due)}; tui-mail sync goes on with them")
    elif not found:
        output.note("Nothing holds all of these words")
    return found


async def _rows(engine: Engine, places: Places, call: SearchArguments) -> AsyncIterator[Row]:
    """Read what was found page by page."""
    account = next((id for id, key in places.keys.items() if key == call.account), None)
    view = None if call.folder is None else places.view(call.account, call.folder)
    below: int | None = None
    left = call.limit
    while left > 0:
        hits = await engine.searching.search(
            " ".join(call.words), min(left, PAGE), below, view=view, account=account
        )
        for row in await engine.reading.rows(view, hits.ids):
            yield row
        if len(hits.ids) < min(left, PAGE):
            return
        left, below = left - len(hits.ids), hits.moments[-1]

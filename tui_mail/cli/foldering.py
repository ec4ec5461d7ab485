"""`folder`: making, renaming, deleting and subscribing to folders."""

import asyncio
from collections.abc import Awaitable, Callable

from tui_mail.cli.changing import ChangeArguments, let_out, tell_done
from tui_mail.cli.opening import Setting, chosen_account, open_setting, reading_engine
from tui_mail.cli.views import Places
from tui_mail.engine import Engine
from tui_mail.model.operation import Done

Act = Callable[[Engine, Places, str], Awaitable[Done]]


class FolderArguments(ChangeArguments):
    """Arguments of what stands below `folder`."""

    account: str | None
    name: str
    new_name: str


def create(call: FolderArguments) -> int:
    """Make a folder."""

    async def act(engine: Engine, places: Places, account: str) -> Done:
        return await engine.acting.create_folder(places.account(account), call.name)

    return _on_folder(call, act)


def rename(call: FolderArguments) -> int:
    """Give a folder another name at its place in the tree."""

    async def act(engine: Engine, places: Places, account: str) -> Done:
        return await engine.acting.rename_folder(places.folder(account, call.name), call.new_name)

    return _on_folder(call, act)


def delete(call: FolderArguments) -> int:
    """Delete a folder; what it holds goes to the trash."""

    async def act(engine: Engine, places: Places, account: str) -> Done:
        return await engine.acting.delete_folder(places.folder(account, call.name))

    return _on_folder(call, act)


def subscribe(call: FolderArguments) -> int:
    """Subscribe to a folder."""
    return _subscribed(call, wanted=True)


def unsubscribe(call: FolderArguments) -> int:
    """End the subscription to a folder."""
    return _subscribed(call, wanted=False)


def _subscribed(call: FolderArguments, *, wanted: bool) -> int:
    async def act(engine: Engine, places: Places, account: str) -> Done:
        return await engine.acting.subscribe(places.folder(account, call.name), wanted=wanted)

    return _on_folder(call, act)


def _on_folder(call: FolderArguments, act: Act) -> int:
    setting = open_setting(call)
    account = chosen_account(setting, call.account)
    return asyncio.run(_changed(call, setting, account.key, act))


async def _changed(call: FolderArguments, setting: Setting, account: str, act: Act) -> int:
    async with reading_engine(setting) as engine:
        done = await act(engine, await Places.of(engine.reading), account)
    tell_done(done, json=call.json)
    return 0 if await let_out(setting, done.operations, now=call.now) else 1

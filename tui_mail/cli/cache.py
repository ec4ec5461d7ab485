"""`cache` and `cache clear`: what the offline copy takes, and giving back what servers can give again."""

import asyncio
from dataclasses import asdict

from tui_mail.cli import output
from tui_mail.cli.account_adding import can_ask
from tui_mail.cli.arguments import Arguments
from tui_mail.cli.cells import padded
from tui_mail.cli.opening import NO_ACCOUNT, Setting, open_setting, reading_engine
from tui_mail.engine import Engine
from tui_mail.model.usage import Usage


class CacheArguments(Arguments):
    """Arguments of `cache clear`."""

    account: str | None
    yes: bool


def show(call: Arguments) -> int:
    """Tell what the offline copy takes, account by account."""
    setting = open_setting(call)
    if not setting.config.accounts:
        output.note(NO_ACCOUNT)
        return 0
    keys, usage = asyncio.run(_usage(setting))
    if call.json:
        _record(setting, keys, usage)
    else:
        _tell(setting, keys, usage)
    return 0


def clear(call: CacheArguments) -> int:
    """Give up every letter that a server can give again."""
    setting = open_setting(call)
    if call.account is not None:
        setting.account(call.account)
    if can_ask() and not call.yes and not _agreed(call.account):
        output.note("Nothing was given up")
        return 1
    freed = asyncio.run(_clear(setting, call.account))
    if call.json:
        output.record({"account": call.account, "freed": freed})
    else:
        output.line(
            f"{_size(freed)} given up; what is opened is fetched again, and recent mail by the next sync"
        )
    return 0


async def _usage(setting: Setting) -> tuple[dict[int, str], Usage]:
    async with reading_engine(setting) as engine:
        return await _keys(engine), await engine.disk_use.usage()


async def _clear(setting: Setting, key: str | None) -> int:
    async with reading_engine(setting) as engine:
        ids = [id for id, known in (await _keys(engine)).items() if known == key]
        return await engine.disk_use.clear(ids[0] if ids else None)


async def _keys(engine: Engine) -> dict[int, str]:
    return {entry.id: entry.key for entry in await engine.reading.accounts()}


def _record(setting: Setting, keys: dict[int, str], usage: Usage) -> None:
    for one in usage.accounts:
        output.record({**asdict(one), "account": keys.get(one.account)})
    whole = {"words": usage.words, "free": usage.free, "file": usage.file, "cached": usage.cached}
    output.record({**whole, "limit": setting.config.settings.disk_octets})


def _tell(setting: Setting, keys: dict[int, str], usage: Usage) -> None:
    for one in usage.accounts:
        key = padded(keys.get(one.account, "(no longer configured)"), 12)
        letters = f"{one.bodies:>9,} letters here  {_size(one.octets):>11}"
        output.line(f"{key}  {one.messages:>9,} messages  {letters}")
    parts = f"{_size(usage.words)} for searching, {_size(usage.free)} free"
    output.line(f"The offline copy takes {_size(usage.file)}: {parts}")
    limit = setting.config.settings.disk_octets
    allowed = f" ({_size(limit)} are allowed)" if limit else ""
    again = f"Servers can give {_size(usage.cached)} of it again{allowed}"
    output.line(f"{again}; tui-mail cache clear gives that up")


def _agreed(key: str | None) -> bool:
    whose = "every account" if key is None else key
    output.note(f"This removes the letters of {whose} that servers have from this machine; the lists stay.")
    return output.asked("Remove them? [y/N] ").casefold() in ("y", "yes")


def _size(octets: int) -> str:
    return f"{octets / 1e6:,.1f} MB"

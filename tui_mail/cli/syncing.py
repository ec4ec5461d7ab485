"""`sync`: the engine without a screen."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import asdict

from tui_mail.cli import output
from tui_mail.cli.arguments import Arguments
from tui_mail.cli.opening import NO_ACCOUNT, Setting, online_engine, open_setting
from tui_mail.cli.sending import facts, lines, unsent
from tui_mail.cli.views import Places
from tui_mail.engine import AccountReport, Engine
from tui_mail.engine.announcing import Announcer
from tui_mail.model.account import Account, AccountStatus
from tui_mail.model.errors import MailError
from tui_mail.model.event import AccountsChanged, Event, MessagesChanged, OperationReverted, OutboxChanged
from tui_mail.model.outbox import Outgoing, SendState
from tui_mail.model.settings import Notify
from tui_mail.ui.voice import voice


class SyncArguments(Arguments):
    """Arguments of `sync`."""

    account: list[str] | None
    watch: bool


def sync(call: SyncArguments) -> int:
    """Make the offline copy and the servers agree, once or until Ctrl-C."""
    setting = open_setting(call)
    accounts = setting.accounts(call.account)
    if not accounts:
        output.note(NO_ACCOUNT)
        return 0
    if call.watch:
        asyncio.run(_watch(setting, accounts, json=call.json))
        return 0
    reports, left = asyncio.run(_once(setting, accounts))
    for report in reports:
        _tell(report, json=call.json)
    for one, key in left:
        _tell_unsent(one, key, json=call.json)
    return 1 if any(report.error for report in reports) else 0


async def _once(
    setting: Setting, accounts: Sequence[Account]
) -> tuple[list[AccountReport], list[tuple[Outgoing, str]]]:
    """Return what was done for each account, and the letters that are not sent, each with its account."""
    async with online_engine(setting, setting.config.accounts, workers=False) as engine:
        reports = await engine.sync_once([account.key for account in accounts])
        await engine.finish_upkeep()
        keys = {entry.id: str(entry.key) for entry in await engine.reading.accounts()}
        left = unsent(await engine.reading.outbox())
        return reports, [(one, keys[one.account]) for one in left if one.account in keys]


def _tell(report: AccountReport, *, json: bool) -> None:
    if json:
        output.record(asdict(report))
    elif report.error is None:
        counts = f"{report.folders} folders, {report.new} new, {report.bodies} fetched to read offline"
        output.line(f"{report.key}: {counts}")
    if report.error is not None:
        output.complain(MailError(f"{report.key}: {report.error}", hint=report.hint))


def _tell_unsent(one: Outgoing, key: str, *, json: bool) -> None:
    if json:
        output.record({"outbox": facts(one, key)})
        return
    output.line(f"{key}: not sent")
    for line in lines(one):
        output.line(line)


async def _watch(setting: Setting, accounts: Sequence[Account], *, json: bool) -> None:
    whole = len(accounts) == len(setting.config.accounts)
    async with online_engine(setting, accounts, take_over=True, follow=whole) as engine:
        if not engine.online:
            output.note("Another tui-mail is running on this mail; this one goes on when that one ends")
        watcher = _Watcher(engine, json=json)
        events = engine.events()
        announcing = asyncio.create_task(watcher.announce(setting.config.settings.notify))
        try:
            await watcher.statuses()
            await watcher.letters()
            async for event in events:
                await watcher.see(event)
                output.flush()
        finally:
            announcing.cancel()


class _Watcher:
    """Prints what happens, a line each."""

    def __init__(self, engine: Engine, *, json: bool) -> None:
        self._engine = engine
        self._json = json
        self._told: dict[int, tuple[object, ...]] = {}
        self._letters: dict[int, tuple[object, ...]] = {}

    async def see(self, event: Event) -> None:
        """Print an event, if it is of note."""
        if isinstance(event, AccountsChanged):
            await self.statuses()
        elif isinstance(event, MessagesChanged):
            places = await Places.of(self._engine.reading)
            folder = next((each for each in places.folders if each.id == event.folder), None)
            if folder is not None:
                key, count = places.keys[folder.account], len(event.ids)
                facts = {"event": "messages", "account": key, "folder": folder.name, "count": count}
                self._print(facts, f"{key}: {count} changed in {folder.name}")
        elif isinstance(event, OutboxChanged):
            await self.letters()
        elif isinstance(event, OperationReverted):
            sentence = await self._engine.reading.operation_sentence(event.operation)
            self._print({"event": "reverted", "sentence": sentence}, sentence)

    async def statuses(self) -> None:
        """Print the accounts that stand otherwise than before."""
        keys = {entry.id: entry.key for entry in await self._engine.reading.accounts()}
        for id, status in self._engine.reading.statuses().items():
            now = (status.phase, status.error)
            if self._told.get(id) != now and id in keys:
                self._told[id] = now
                self._print(_status_facts(keys[id], status), _status_line(keys[id], status))
        output.flush()

    async def letters(self) -> None:
        """Print the letters that stand otherwise than before."""
        keys = {entry.id: str(entry.key) for entry in await self._engine.reading.accounts()}
        for one in await self._engine.reading.outbox():
            now = (one.state, one.error)
            if self._letters.get(one.id, now if one.state is SendState.SENT else None) != now:
                told = {"event": "outbox", **facts(one, keys.get(one.account, ""))}
                self._print(told, "\n".join(lines(one)))
            self._letters[one.id] = now

    async def announce(self, notify: Notify) -> None:
        """Say aloud what came in, and print it."""
        speaking = voice(notify.how, os.environ)
        async for said in Announcer(self._engine.reading, notify).announcements(self._engine.events()):
            facts = {"event": "arrived", "count": said.count, "heading": said.heading, "text": said.text}
            self._print(facts, f"{said.heading}: {said.text}")
            output.flush()
            if not (speaking.desktop and await speaking.desktop.say(said.heading, said.text)):
                output.bell()

    def _print(self, facts: dict[str, object], text: str) -> None:
        if self._json:
            output.record(facts)
        else:
            output.line(text)


def _status_facts(key: str, status: AccountStatus) -> dict[str, object]:
    return {
        "event": "status",
        "account": key,
        "phase": status.phase.value,
        "error": status.error,
        "hint": status.hint,
    }


def _status_line(key: str, status: AccountStatus) -> str:
    trouble = f": {status.error}" if status.error else ""
    hint = f"\n  {status.hint}" if status.hint else ""
    return f"{key}: {status.phase.value}{trouble}{hint}"

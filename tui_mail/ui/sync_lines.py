"""How syncing stands, in lines: what each account does and has cost, how complete each folder is. Pure."""

import textwrap
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tui_mail.model.account import AccountEntry, AccountPhase, AccountStatus
from tui_mail.model.folder import Folder
from tui_mail.model.safe_text import SafeText, safe_text
from tui_mail.model.sync import AccountSync, Activity, FolderSync, Line, Task, Traffic
from tui_mail.ui.badges import wait
from tui_mail.ui.format import Icons, cells, fit, relative_date, size_label
from tui_mail.ui.outline import ROLE_NAMES
from tui_mail.ui.widgets.page_view import PageLine, Part

COLUMNS = ((0, 18), (56, 9), (96, 11), (96, 10))
"""Behind a folder's name: from which width on a column is there, and its cells."""
NAME = 34
"""Cells of a folder's name at most: counts stand near it."""
LINES = {Line.MAIN: "syncing", Line.LISTENING: "listening", Line.OPENING: "opening"}
QUIET = (Task.LISTENING, Task.RESTING)


@dataclass(frozen=True, slots=True)
class AccountLine:
    """The key of an account's line."""

    account: int


@dataclass(frozen=True, slots=True)
class FolderLine:
    """The key of a folder's line."""

    folder: int


@dataclass(frozen=True, slots=True)
class SyncLines:
    """Makes lines of reports, at one moment."""

    accounts: Sequence[AccountEntry]
    folders: Mapping[int, Folder]
    icons: Icons
    now: float

    def lines(self, reports: Sequence[AccountSync]) -> list[PageLine]:
        """Return all lines of the page."""
        found: list[PageLine] = []
        for report in reports:
            if found:
                found.append(_said())
            found.extend(self._account(report))
        return found

    def _account(self, report: AccountSync) -> Iterator[PageLine]:
        owner = next((each for each in self.accounts if each.id == report.account), None)
        label, email = (owner.label, owner.email) if owner else (SafeText("?"), SafeText(""))
        words, ink = self._phase(report.status)
        yield _said(
            (label, "strong"), (f"   {words}", ink), (f"   {email}", "dim"), key=AccountLine(report.account)
        )
        yield from self._trouble(report.status)
        for activity in report.activities:
            yield _said((f"  {LINES[activity.line]:<10} ", "dim"), *self._activity(activity))
        if waits := _waits(report):
            yield _said(("  waiting    ", "dim"), (waits, "text"))
        yield _said(("  traffic    ", "dim"), (_traffic(report.run), "text"), (_today(report.today), "dim"))
        if report.folders:
            yield PageLine(_heads)
        busy = {activity.folder for activity in report.activities if activity.task not in QUIET}
        for folder in report.folders:
            yield self._folder(folder, busy=folder.folder in busy)
            if folder.error:
                yield from _wrapped(folder.error, "error")

    def _phase(self, status: AccountStatus | None) -> tuple[str, str]:
        if status is None:
            return "not yet tried", "dim"
        match status.phase:
            case AccountPhase.LIVE:
                return f"{self.icons.done} up to date", "done"
            case AccountPhase.WAITING:
                return f"{self.icons.waiting} tries again in {wait(status.retry_at - self.now)}", "warning"
            case AccountPhase.SIGN_IN:
                return f"{self.icons.warning} needs its password", "error"
            case AccountPhase.FAILED:
                return f"{self.icons.warning} stopped", "error"
            case AccountPhase.OFFLINE:
                return f"{self.icons.offline} offline", "dim"
            case AccountPhase.CONNECTING | AccountPhase.SYNCING:
                return f"{self.icons.syncing} {status.phase.value}", "text"

    def _trouble(self, status: AccountStatus | None) -> Iterator[PageLine]:
        if status and status.error:
            told = safe_text(f"{status.error} — {status.hint}" if status.hint else status.error)
            yield from _wrapped(told, "warning" if status.phase is AccountPhase.WAITING else "error")

    def _activity(self, activity: Activity) -> list[Part]:
        if activity.task is Task.LISTENING:
            return [
                (
                    f"for news of {self._name(activity.folder)}"
                    if activity.folder
                    else "for news of all folders",
                    "text",
                )
            ]
        name = self._name(activity.folder)
        said = f"{activity.task.value}{': ' if name else ''}{name}"
        return [(said, "text"), (_progress(activity, self.now), "dim")]

    def _name(self, folder: int | None) -> str:
        found = self.folders.get(folder or 0)
        return (ROLE_NAMES.get(found.role, found.name)) if found else ""

    def _folder(self, folder: FolderSync, *, busy: bool) -> PageLine:
        mark, ink = self._mark(folder, busy=busy)
        name = SafeText(self._name(folder.folder) or folder.name)
        synced = self._date(folder.synced_at)

        def paint(width: int) -> list[Part]:
            told = (_counts(folder), synced, self._date(folder.checked_at), f"{folder.waiting or ''}")
            first, *others = _columns(width, told)
            counts_ink = "text" if folder.complete else "strong"
            return [
                (f"  {mark} ", ink),
                (fit(name, _name_room(width)), "text"),
                (first, counts_ink),
                *((each, "dim") for each in others),
            ]

        return PageLine(paint, FolderLine(folder.folder))

    def _mark(self, folder: FolderSync, *, busy: bool) -> tuple[str, str]:
        if folder.error:
            return self.icons.warning, "error"
        if busy:
            return self.icons.syncing, "accent"
        if folder.complete and folder.synced_at is not None:
            return self.icons.done, "done"
        return self.icons.waiting, "dim"

    def _date(self, epoch: int | None) -> str:
        return "never" if epoch is None else relative_date(epoch, self.now)


def summary(reports: Sequence[AccountSync]) -> str:
    """Return how all of it stands, in a few words."""
    done = sum(folder.complete for report in reports for folder in report.folders)
    count = sum(len(report.folders) for report in reports)
    waiting = sum(report.waiting for report in reports)
    said = [f"{done:,} of {count:,} folders complete"] if count else ["nothing synced yet"]
    if waiting:
        said.append("1 change waits" if waiting == 1 else f"{waiting:,} changes wait")
    return "   ".join(said)


def _waits(report: AccountSync) -> str:
    said = []
    if report.waiting:
        said.append("1 change" if report.waiting == 1 else f"{report.waiting:,} changes")
    if report.bodies_missing:
        said.append(f"{report.bodies_missing:,} messages to fetch for reading offline")
    return ", ".join(said)


def _progress(activity: Activity, now: float) -> str:
    if not activity.total:
        return ""
    said = [f"  {activity.done:,} of {activity.total:,}"]
    if rate := activity.rate(now):
        said.append(f"{rate:,.0f} a second")
    left = activity.seconds_left(now)
    if left is not None and left >= 1:
        said.append(f"{wait(left)} left")
    return ", ".join(said)


def _traffic(traffic: Traffic) -> str:
    trips = "1 round trip" if traffic.round_trips == 1 else f"{traffic.round_trips:,} round trips"
    return f"{size_label(traffic.received)} in, {size_label(traffic.sent)} out, {trips}"


def _today(traffic: Traffic) -> str:
    return f"   today {size_label(traffic.received + traffic.sent)}, {traffic.round_trips:,} round trips"


def _counts(folder: FolderSync) -> str:
    if folder.on_server is None or (folder.complete and folder.on_server == folder.stored):
        return f"{folder.stored:,}"
    return f"{folder.stored:,} of {folder.on_server:,}"


def _columns(width: int, texts: Sequence[str]) -> list[str]:
    """Return what there is room for, each at the right of its column."""
    return [f"{text:>{size}}" for text, (least, size) in zip(texts, COLUMNS, strict=True) if width >= least]


def _name_room(width: int) -> int:
    return max(0, min(NAME, width - 4 - sum(size for least, size in COLUMNS if width >= least)))


def _heads(width: int) -> list[Part]:
    heads = "".join(_columns(width, ("messages", "synced", "compared", "waiting")))
    return [(f"    {'folder':<{_name_room(width)}}{heads}", "dim")]


def _said(*parts: Part, key: Hashable = None) -> PageLine:
    return PageLine(lambda width: _clipped(parts, width), key)


def _clipped(parts: Sequence[Part], width: int) -> list[Part]:
    found: list[Part] = []
    for text, ink in parts:
        kept = fit(SafeText(text), min(cells(text), max(0, width)))
        found.append((kept, ink))
        width -= cells(kept)
    return found


def _wrapped(text: SafeText, ink: str) -> Iterator[PageLine]:
    for line in textwrap.wrap(text, 72):
        yield _said((f"    {line}", ink))

"""How each account stands and what its connections do, kept in memory and read from any thread."""

import time
from collections.abc import Callable
from dataclasses import replace

from tui_mail.model.account import AccountPhase, AccountStatus
from tui_mail.model.event import AccountsChanged, Event
from tui_mail.model.sync import Activity, Line, Task


class StatusBoard:
    """One line per account and one per connection; each change is published."""

    def __init__(self, publish: Callable[[Event], None], now: Callable[[], float] = time.time) -> None:
        self._publish = publish
        self._now = now
        self._lines: dict[int, AccountStatus] = {}
        self._activities: dict[int, dict[Line, Activity]] = {}

    def all(self) -> dict[int, AccountStatus]:
        """Return a copy of every account's line, by account id."""
        return dict(self._lines)

    def any_syncs(self) -> bool:
        """Tell whether an account is being synced."""
        return any(line.phase is AccountPhase.SYNCING for line in self._lines.values())

    def activities(self, account: int) -> tuple[Activity, ...]:
        """Return what each connection of an account does."""
        return tuple(self._activities.get(account, {}).values())

    def set(self, account: int, phase: AccountPhase, **facts: object) -> None:
        """Write an account's line anew: what is not given is back at its default."""
        self._put(AccountStatus(account, phase, **facts))  # type: ignore[arg-type]  # fields of AccountStatus

    def progress(self, account: int, done: int, total: int) -> None:
        """Say how far the running fill of an account is."""
        line = self._lines.get(account, AccountStatus(account, AccountPhase.SYNCING))
        self._put(replace(line, phase=AccountPhase.SYNCING, done=done, total=total))

    def does(self, account: int, line: Line, task: Task, folder: int | None = None) -> None:
        """Say what a connection does from now on; saying it twice changes nothing."""
        known = self._activities.get(account, {}).get(line)
        if known is None or (known.task, known.folder) != (task, folder):
            self._note(account, Activity(line, task, folder, self._now()))

    def advances(self, account: int, line: Line, done: int, total: int) -> None:
        """Say how far a connection has come with what it does."""
        known = self._activities.get(account, {}).get(line)
        if known is not None:
            at_start = known.at_start if known.total else done
            self._note(account, replace(known, done=done, total=total, at_start=at_start))

    def ended(self, account: int, line: Line) -> None:
        """Say that a connection is no more."""
        known = dict(self._activities.get(account, {}))
        if known.pop(line, None) is not None:
            self._activities[account] = known
            self._publish(AccountsChanged())

    def _note(self, account: int, activity: Activity) -> None:
        # a new dictionary each time: whoever reads on another thread walks the old one to its end
        self._activities[account] = {**self._activities.get(account, {}), activity.line: activity}
        self._publish(AccountsChanged())

    def _put(self, line: AccountStatus) -> None:
        if self._lines.get(line.account) != line:
            self._lines[line.account] = line
            self._publish(AccountsChanged())

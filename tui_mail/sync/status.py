"""How each account stands, kept in memory and read from any thread."""

from collections.abc import Callable
from dataclasses import replace

from tui_mail.model.account import AccountPhase, AccountStatus
from tui_mail.model.event import AccountsChanged, Event


class StatusBoard:
    """One line per account; each change is published."""

    def __init__(self, publish: Callable[[Event], None]) -> None:
        self._publish = publish
        self._lines: dict[int, AccountStatus] = {}

    def all(self) -> dict[int, AccountStatus]:
        """Return a copy of every line, by account id."""
        return dict(self._lines)

    def set(self, account: int, phase: AccountPhase, **facts: object) -> None:
        """Write an account's line anew: what is not given is back at its default."""
        self._put(AccountStatus(account, phase, **facts))  # type: ignore[arg-type]  # fields of AccountStatus

    def progress(self, account: int, done: int, total: int) -> None:
        """Say how far the running fill is."""
        line = self._lines.get(account, AccountStatus(account, AccountPhase.SYNCING))
        self._put(replace(line, phase=AccountPhase.SYNCING, done=done, total=total))

    def _put(self, line: AccountStatus) -> None:
        if self._lines.get(line.account) != line:
            self._lines[line.account] = line
            self._publish(AccountsChanged())

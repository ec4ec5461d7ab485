"""What an account's line does: ask for its password, try again, or show how syncing stands."""

from typing import TYPE_CHECKING

from tui_mail.model.account import AccountEntry, AccountPhase, AccountStatus
from tui_mail.model.safe_text import SafeText, safe_text
from tui_mail.ui.screens.password import PasswordScreen
from tui_mail.ui.tone import Tone

if TYPE_CHECKING:
    from tui_mail.engine import Engine
    from tui_mail.ui.screens.main import MainScreen


class Mending:
    """Helps an account back on its feet."""

    def __init__(self, main: "MainScreen", engine: "Engine") -> None:
        self._main = main
        self._accounts = engine.accounts

    async def mend(self, account: int) -> None:
        """Do what helps an account now."""
        status, owner = self._main.standing.statuses.get(account), self._main.standing.account(account)
        if status is None or owner is None:
            return
        if status.phase is AccountPhase.SIGN_IN:
            await self._sign_in(owner, status.error or SafeText(""))
        elif status.phase in (AccountPhase.WAITING, AccountPhase.FAILED):
            self._tell(status)
            await self._accounts.retry(account)
        else:
            await self._main.pages.open(self._main.sync)

    async def _sign_in(self, owner: AccountEntry, reason: SafeText) -> None:
        typed = await self._main.app.push_screen_wait(PasswordScreen(owner.email, reason))
        if typed is not None:
            await self._accounts.sign_in(owner.id, typed.password, keep=typed.keep)

    def _tell(self, status: AccountStatus) -> None:
        sentence = " — ".join(filter(None, (status.error, status.hint))) or "Trying again"
        failed = status.phase is AccountPhase.FAILED
        self._main.say(safe_text(sentence), Tone.ERROR if failed else Tone.WARNING)

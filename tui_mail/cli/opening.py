"""From a command line to a home, a configuration, and an engine."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tui_mail.cli import log
from tui_mail.cli.arguments import Arguments
from tui_mail.config import file
from tui_mail.config.paths import Home, user_home
from tui_mail.config.schema import Config, did_you_mean
from tui_mail.config.secrets import Secrets
from tui_mail.model.account import Account
from tui_mail.model.errors import MailError

if TYPE_CHECKING:
    from tui_mail.engine import Engine

NO_ACCOUNT = "No account is set up yet; tui-mail account add makes one, tui-mail demo needs none"


@dataclass(frozen=True, slots=True)
class Setting:
    """What a command works with."""

    home: Home
    config: Config
    secrets: Secrets

    def account(self, key: str) -> Account:
        """Return the account `key`."""
        for account in self.config.accounts:
            if account.key == key:
                return account
        known = [account.key for account in self.config.accounts]
        raise MailError(
            f"There is no account “{key}”{did_you_mean(key, known)}",
            hint=f"there are: {', '.join(known)}" if known else NO_ACCOUNT,
        )

    def accounts(self, keys: Collection[str] | None) -> list[Account]:
        """Return these accounts, every one for None."""
        return list(self.config.accounts) if keys is None else [self.account(key) for key in keys]


def home_of(call: Arguments) -> Home:
    """Return the places that the command line asks for, as they are."""
    return user_home(call.profile, Path(call.config) if call.config else None)


def open_home(call: Arguments) -> Home:
    """Return the places, made and found to be the user's alone, with the log begun."""
    home = home_of(call)
    home.prepare()
    log.begin(home.log_file)
    return home


def open_setting(call: Arguments) -> Setting:
    """Return home, configuration and passwords."""
    home = open_home(call)
    return Setting(home, file.load(home.config_file), Secrets(home.profile))


def chosen_account(setting: Setting, key: str | None) -> Account:
    """Return the account that a command works in: the one named, or the only one."""
    accounts = setting.config.accounts
    if key is not None:
        return setting.account(key)
    if not accounts:
        raise MailError("No account is set up yet", hint=NO_ACCOUNT)
    if len(accounts) > 1:
        keys = ", ".join(account.key for account in accounts)
        raise MailError("There are several accounts", hint=f"choose one with --account: {keys}")
    return accounts[0]


@asynccontextmanager
async def reading_engine(setting: Setting) -> AsyncIterator["Engine"]:
    """Open the offline copy beside whatever else is running."""
    # 70 ms: account and config commands do without the engine
    from tui_mail.engine import Engine

    engine = await Engine.start(setting.home, setting.config.accounts, setting.secrets, online=False)
    try:
        yield engine
    finally:
        await engine.stop()


@asynccontextmanager
async def online_engine(
    setting: Setting, accounts: Sequence[Account], **options: bool
) -> AsyncIterator["Engine"]:
    """Open an engine that talks to the servers of `accounts`; `options` are those of `Engine.start`."""
    # 70 ms, as above
    from tui_mail.engine import Engine

    limit = setting.config.settings.disk_octets
    engine = await Engine.start(setting.home, accounts, setting.secrets, disk_limit=limit, **options)
    try:
        yield engine
    finally:
        await engine.stop()

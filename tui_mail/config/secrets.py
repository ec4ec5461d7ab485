"""Where the password of an account comes from, in this order:

typed in this run · `token_command` · `password_command` · TUI_MAIL_PASSWORD_<ACCOUNT> ·
`$CREDENTIALS_DIRECTORY/tui-mail.<account>` (systemd) · the keyring, service `tui-mail`, user
`<account>/password` · nowhere: it must be asked for.

An access token is asked for again after 50 minutes, or when a server refuses it.

No secret is ever written to a file of ours, to a log, or into an error.
"""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tui_mail.config import command
from tui_mail.config.keychain import Keychain
from tui_mail.config.paths import NAME
from tui_mail.model.account import Account, Token
from tui_mail.model.errors import SecretError

TOKEN_LIFE = 50 * 60.0
"""Seconds for which an access token is used; most providers let it live for an hour."""


class Secrets:
    """The passwords of one profile; the engine asks it for them."""

    def __init__(
        self,
        profile: str = "",
        *,
        environment: Mapping[str, str] = os.environ,
        keychain: Keychain | None = None,
        command_limit: float = command.LIMIT,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self.keychain = keychain or Keychain(f"{NAME}/{profile}" if profile else NAME)
        self._environment = environment
        self._command_limit = command_limit
        self._typed: dict[str, str] = {}
        self._tokens: dict[str, tuple[Token, float]] = {}
        self._steady = steady

    async def get(self, account: Account) -> str | None:
        """Return the password; None = it must be asked for; SecretError says which source failed and how."""
        if account.key in self._typed:
            return self._typed[account.key]
        if account.token_command is not None:
            return await self._token(account.key, account.token_command)
        if account.password_command is not None:
            return await command.first_line(account.password_command, self._command_limit)
        return self.given(account) or await self.keychain.read(entry(account.key))

    async def renewed(self, account: Account, refused: str) -> str | None:
        """Return another secret in the place of one that a server refused; None where there is no other."""
        if account.token_command is None or account.key in self._typed:
            return None
        if self._tokens.get(account.key, (refused,))[0] == refused:
            self._tokens.pop(account.key, None)
        another = await self._token(account.key, account.token_command)
        if another != refused:
            return another
        self._tokens.pop(account.key)
        return None

    def given(self, account: Account) -> str | None:
        """Return the password that the environment of this process gives, if it does."""
        return self._environment.get(variable(account.key)) or self._credential(account.key)

    async def keep(self, account: Account, password: str) -> None:
        """Remember the password for this run and keep it in the keyring; SecretError where it would not."""
        self.remember(account, password)
        await self.keychain.keep(entry(account.key), password)

    def remember(self, account: Account, password: str) -> None:
        """Hold the password in memory until the program ends."""
        self._typed[account.key] = password

    async def forget(self, key: str) -> None:
        """Remove the password of the account `key` from memory and keyring."""
        self._typed.pop(key, None)
        self._tokens.pop(key, None)
        await self.keychain.erase(entry(key))

    async def _token(self, key: str, asked: str | tuple[str, ...]) -> Token:
        token, until = self._tokens.get(key, (None, 0.0))
        if token is None or self._steady() >= until:
            limit = min(self._command_limit, command.TOKEN_LIMIT)
            token = Token(await command.first_line(asked, limit, "token"))
            self._tokens[key] = (token, self._steady() + TOKEN_LIFE)
        return token

    def _credential(self, key: str) -> str | None:
        folder = self._environment.get("CREDENTIALS_DIRECTORY")
        if not folder:
            return None
        try:
            return Path(folder, f"{NAME}.{key}").read_text("utf-8").split("\n", 1)[0]
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise SecretError(
                f"The credential {NAME}.{key} of the service cannot be read",
                hint="see LoadCredential= in its unit",
            ) from error


class Given:
    """Passwords held in memory only, such as those of the demo."""

    def __init__(self, passwords: Mapping[str, str]) -> None:
        self._passwords = dict(passwords)

    async def get(self, account: Account) -> str | None:
        """Return the password of `account`, if it was given."""
        return self._passwords.get(account.key)

    async def renewed(self, account: Account, refused: str) -> str | None:  # noqa: ARG002  # there is no other
        """Return None: what was given is all there is."""
        return None

    def remember(self, account: Account, password: str) -> None:
        """Hold the password until the program ends."""
        self._passwords[account.key] = password

    async def keep(self, account: Account, password: str) -> None:
        """Hold the password until the program ends: there is nowhere else."""
        self.remember(account, password)


def variable(key: str) -> str:
    """Return the environment variable that may hold the password of the account `key`."""
    return "TUI_MAIL_PASSWORD_" + key.upper().replace("-", "_")


def entry(key: str) -> str:
    """Return the name under which the keyring holds the password of the account `key`."""
    return f"{key}/password"

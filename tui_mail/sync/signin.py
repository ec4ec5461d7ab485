"""A signed-in session for an account."""

from typing import Protocol

from tui_mail.imap.command import Limits
from tui_mail.imap.session import Session
from tui_mail.model.account import Account
from tui_mail.model.errors import SecretError, SignInRefused
from tui_mail.net.tls import client_context

LIMITS = Limits()
"""How long every server may take."""


class Passwords(Protocol):
    """Where passwords come from."""

    async def get(self, account: Account) -> str | None:
        """Return the password or `Token` of an account, or None when a person must be asked.

        Raises SecretError.
        """

    async def renewed(self, account: Account, refused: str) -> str | None:
        """Return another secret in the place of one that a server refused; None where there is no other."""

    def remember(self, account: Account, password: str) -> None:
        """Hold a password that a person typed until the program ends."""

    async def keep(self, account: Account, password: str) -> None:
        """Keep a password that a person typed; raises SecretError when it cannot be kept."""


async def open_session(account: Account, passwords: Passwords) -> Session:
    """Connect and sign in; raises every error of the tree but StoreError and ConfigError."""
    password = await passwords.get(account)
    if password is None:
        raise SecretError(
            f"No password is known for {account.email}", hint="Press Enter on the account to type it"
        )
    try:
        return await _signed_in(account, password)
    except SignInRefused:
        another = await passwords.renewed(account, password)
        if another is None:
            raise
    return await _signed_in(account, another)  # once, then never by itself: accounts get locked


async def _signed_in(account: Account, secret: str) -> Session:
    session = await connect(account)
    try:
        await session.sign_in(account.username, secret)
    except BaseException:
        session.abort()
        raise
    return session


async def connect(account: Account) -> Session:
    """Connect without signing in: TLS is up and the server's capabilities are known."""
    return await Session.connect(account.imap, client_context(account.ca_file), LIMITS, account.compress)

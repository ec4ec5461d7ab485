"""Accounts: signing in, trying again, testing one before it is used, forgetting one."""

import asyncio
from collections.abc import AsyncGenerator, Iterator

from tui_mail.config.paths import Home
from tui_mail.engine.core import Core
from tui_mail.engine.lock import DirectoryLock
from tui_mail.engine.loop import EngineLoop
from tui_mail.model.account import Account, Security, Server
from tui_mail.model.outbox import Step
from tui_mail.model.safe_text import SafeText, safe_text
from tui_mail.smtp.session import Session as Sending
from tui_mail.store import accounts as account_rows
from tui_mail.store.database import Database
from tui_mail.sync.signin import connect


class Accounts:
    """What the screen may do with accounts."""

    def __init__(self, loop: EngineLoop, core: Core) -> None:
        self._loop = loop
        self._core = core

    async def sign_in(self, account: int, password: str, *, keep: bool) -> None:
        """Use a password that a person typed: for this run, and if `keep` in the system's keyring.

        Raises SecretError when it could not be kept; it is used for this run all the same.
        """
        await self._loop.call(self._sign_in(account, password, keep))

    async def retry(self, account: int) -> None:
        """Try to connect now."""
        await self._loop.call(self._retry(account))

    async def _sign_in(self, account: int, password: str, keep: bool) -> None:
        passwords, whose = self._core.passwords, self._core.supervisor.worker(account).account
        passwords.remember(whose, password)
        await self._retry(account)
        if keep:
            await passwords.keep(whose, password)

    async def _retry(self, account: int) -> None:
        self._core.supervisor.worker(account).retry()


async def probe(account: Account, secret: str) -> AsyncGenerator[SafeText, None]:
    """Connect and sign in once to each server of an account; give what was proved, a sentence each.

    Raises what went wrong.
    """
    session = await connect(account)
    try:
        for proof in _spoken(account.imap, "IMAP"):
            yield proof
        await session.sign_in(account.username, secret)
        yield _signed_in(account, session.mechanism)
        folders = await session.list_folders()
        yield safe_text(f"{len(folders)} folders")
        await session.logout()
    finally:
        session.abort()
    if account.smtp is not None:
        sending = Sending(account, account.smtp, secret, told=_nobody)
        try:
            for proof in await asyncio.to_thread(_sending_proved, sending, account, account.smtp):
                yield proof
        finally:
            sending.abort()  # whoever waits no longer leaves no thread that does


def _nobody(_step: Step, _sentence: str) -> None:
    """Hear nothing of the steps: what was proved is told at the end."""


def _spoken(server: Server, protocol: str) -> Iterator[SafeText]:
    how = {Security.TLS: "over TLS", Security.STARTTLS: "over STARTTLS", Security.NONE: "without TLS"}
    yield safe_text(f"{server.host}:{server.port} speaks {protocol} {how[server.security]}")
    if server.security is not Security.NONE:
        yield safe_text("Its certificate is valid")


def _signed_in(account: Account, mechanism: str) -> SafeText:
    return safe_text(f"Signed in as {account.username}" + (f" by {mechanism}" if mechanism else ""))


def _sending_proved(session: Sending, account: Account, server: Server) -> list[SafeText]:
    with session:
        session.open()
        signed_in = _signed_in(account, session.mechanism)
        limit = session.size_limit
        return [
            *_spoken(server, "SMTP"),
            signed_in if session.mechanism else safe_text("It takes letters without a sign-in"),
            safe_text(f"Letters may have {limit / 1e6:,.1f} MB" if limit else "It names no limit of size"),
            safe_text(f"It offers {', '.join(session.extensions)}"),
        ]


async def forget(home: Home, key: str) -> None:
    """Remove the local copy of an account; raises StoreBusy while another process syncs."""
    lock = DirectoryLock(home.data_dir)
    try:
        database = await Database.open(home.database)
        try:
            entries = await account_rows.entries(database.lists)
            for id in [id for id, stored, _ in entries if stored == key]:
                await account_rows.forget(database, id)
        finally:
            await database.close()
    finally:
        lock.release()

"""Accounts: signing in, trying again, testing one before it is used, forgetting one."""

from tui_mail.config.paths import Home
from tui_mail.engine.core import Core
from tui_mail.engine.lock import DirectoryLock
from tui_mail.engine.loop import EngineLoop
from tui_mail.model.account import Account, Security
from tui_mail.model.safe_text import SafeText, safe_text
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


async def probe(account: Account, password: str) -> list[SafeText]:
    """Connect and sign in once; return what was proved, a sentence each. Raises what went wrong."""
    server = account.imap
    session = await connect(account)
    try:
        how = {Security.TLS: "over TLS", Security.STARTTLS: "over STARTTLS", Security.NONE: "without TLS"}
        proofs = [safe_text(f"{server.host}:{server.port} speaks IMAP {how[server.security]}")]
        if server.security is not Security.NONE:
            proofs.append(safe_text("Its certificate is valid"))
        await session.sign_in(account.username, password)
        by = f" by {session.mechanism}" if session.mechanism else ""
        proofs.append(safe_text(f"Signed in as {account.username}{by}"))
        folders = await session.list_folders()
        proofs.append(safe_text(f"{len(folders)} folders"))
        await session.logout()
    finally:
        session.abort()
    return proofs


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

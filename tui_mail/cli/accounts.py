"""`account list`, `account test` and `account remove`."""

import asyncio

from tui_mail.cli import output
from tui_mail.cli.account_adding import ask, can_ask, proved
from tui_mail.cli.arguments import Arguments
from tui_mail.cli.cells import padded
from tui_mail.cli.opening import NO_ACCOUNT, Setting, open_setting
from tui_mail.config import file
from tui_mail.model.account import Account, Server
from tui_mail.model.errors import MailError, SecretError
from tui_mail.model.safe_text import SafeText


class KeyArguments(Arguments):
    """Arguments of `account test` and `account remove`."""

    key: str | None
    yes: bool


def listed(call: Arguments) -> int:
    """List the accounts."""
    setting = open_setting(call)
    for account in setting.config.accounts:
        source = _source(setting, account)
        if call.json:
            output.record(
                {
                    "account": account.key,
                    "email": account.email,
                    "name": account.name,
                    "username": account.username,
                    "imap": _facts(account.imap),
                    "smtp": _facts(account.smtp),
                    "password": source,
                }
            )
        else:
            places = f"{_place(account.imap)}  sends by {_place(account.smtp)}"
            output.line(f"{padded(account.key, 12)}  {account.email}  {places}  password: {source}")
    if not setting.config.accounts:
        output.note(NO_ACCOUNT)
    return 0


def test(call: KeyArguments) -> int:
    """Sign in and tell what was proved, account by account."""
    setting = open_setting(call)
    accounts = setting.accounts(None if call.key is None else [call.key])
    if not accounts:
        output.note(NO_ACCOUNT)
    outcomes = [_tested(setting, account, json=call.json) for account in accounts]
    return 0 if all(outcomes) else 1


def remove(call: KeyArguments) -> int:
    """Remove an account, its password and its local copy; its mail stays on the server."""
    setting = open_setting(call)
    account = setting.account(call.key or "")
    if can_ask() and not call.yes and not _agreed(account):
        output.note("Nothing was removed")
        return 1
    asyncio.run(_remove(setting, account))
    if call.json:
        output.record({"account": account.key, "removed": True})
    else:
        output.line(f"Removed {account.email}; its mail stays on {account.imap.host}")
    return 0


def _facts(server: Server | None) -> dict[str, object] | None:
    if server is None:
        return None
    return {"host": server.host, "port": server.port, "security": server.security.value}


def _place(server: Server | None) -> str:
    return "nothing" if server is None else f"{server.host}:{server.port} ({server.security})"


def _source(setting: Setting, account: Account) -> str:
    if account.token_command is not None:
        return "token command"
    if account.password_command is not None:
        return "command"
    return "environment" if setting.secrets.given(account) else "keyring"


def _tested(setting: Setting, account: Account, *, json: bool) -> bool:
    proofs: list[SafeText] = []
    trouble = None
    try:
        _ask_if_needed(setting, account)
        asyncio.run(proved(setting, account, proofs))
    except MailError as error:
        trouble = error
    if json:
        output.record(_outcome(account, proofs, trouble))
    elif proofs:
        output.line(f"{account.key}: {account.email}")
        for proof in proofs:
            output.line(f"  {proof}")
    if trouble is not None:
        output.complain(MailError(f"{account.key}: {trouble}", hint=trouble.hint))
    return trouble is None


def _ask_if_needed(setting: Setting, account: Account) -> None:
    """Ask on a terminal for a password that no source has."""
    if account.has_command or not can_ask():
        return
    try:
        known = asyncio.run(setting.secrets.get(account)) is not None
    except SecretError as error:
        output.note(f"{account.key}: {error}")
        known = False
    if not known:
        setting.secrets.remember(account, ask(account))


def _outcome(account: Account, proofs: list[SafeText], trouble: MailError | None) -> dict[str, object]:
    return {
        "account": account.key,
        "ok": trouble is None,
        "proofs": proofs,
        "error": None if trouble is None else str(trouble),
        "hint": "" if trouble is None else trouble.hint,
    }


def _agreed(account: Account) -> bool:
    output.note(f"This removes {account.email} from this machine; its mail stays on {account.imap.host}.")
    return output.asked("Remove it? [y/N] ").casefold() in ("y", "yes")


async def _remove(setting: Setting, account: Account) -> None:
    if setting.home.database.exists():
        # 70 ms: without a local copy the engine is not needed
        from tui_mail.engine.accounts import forget

        await forget(setting.home, account.key)
    file.remove_account(setting.home.config_file, account.key)
    try:
        await setting.secrets.forget(account.key)
    except SecretError as error:
        output.note(f"Its password may still be in the keyring: {error}")

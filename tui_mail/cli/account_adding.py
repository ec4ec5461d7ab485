"""`account add`: an account is tested, then written.

The rule: a refused sign-in or a bad certificate writes nothing; a line that failed is no reason to lose what
was typed, so the account is written and said to be untested.
"""

import asyncio
import getpass
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import aclosing
from pathlib import Path

from tui_mail.cli import output
from tui_mail.cli.arguments import Arguments
from tui_mail.cli.opening import Setting, open_setting
from tui_mail.cli.screen import refused
from tui_mail.config import file
from tui_mail.config.schema import examine
from tui_mail.config.secrets import variable
from tui_mail.config.tables import IMAP_PORT, SMTP_PORT
from tui_mail.model.account import Account, Security
from tui_mail.model.errors import ConfigError, MailError, SecretError
from tui_mail.model.safe_text import SafeText, safe_identity

_PLACE = re.compile(r"(?:\[(?P<literal>[^\]]*)\]|(?P<host>[^:]*))(?::(?P<port>[^:]*))?")
_OPTIONS = {
    "": "--key",
    "imap.host": "--imap",
    "imap.port": "--imap",
    "imap.security": "--imap-security",
    "smtp.host": "--smtp",
    "smtp.port": "--smtp",
    "smtp.security": "--smtp-security",
}
HOW_TO_ADD = "for example: tui-mail account add ada@example.org --imap imap.example.org"
HOW_TO_GIVE = "give --password-command, or run this in a terminal to type the password"


class AddArguments(Arguments):
    """Arguments of `account add`."""

    address: str | None
    email: str | None
    imap: str | None
    imap_security: str | None
    smtp: str | None
    smtp_security: str | None
    name: str
    username: str | None
    password_command: str | None
    token_command: str | None
    ca_file: str | None
    key: str | None
    no_test: bool


def add(call: AddArguments) -> int:
    """Add an account after testing its sign-in."""
    email = call.email or call.address or _asked("Address: ")
    imap = call.imap or (email and _asked(f"IMAP server of {safe_identity(email)} (host or host:port): "))
    if not email or not imap:
        return refused("An account needs an address and a server", HOW_TO_ADD)
    if call.smtp_security and not call.smtp:
        return refused("--smtp-security says how, but no --smtp says where letters leave", HOW_TO_ADD)
    setting = open_setting(call)
    account = _described(call, email, imap, setting)
    typed = ask(account) if _must_ask(call, setting, account) else None
    if typed is not None:
        setting.secrets.remember(account, typed)
    asyncio.run(_add(call, setting, account, typed))
    return 0


def _asked(question: str) -> str:
    return output.asked(question) if can_ask() else ""


async def _add(call: AddArguments, setting: Setting, account: Account, typed: str | None) -> None:
    proofs: list[SafeText] = []
    doubt = None
    if not call.no_test:
        try:
            await proved(setting, account, proofs)
        except MailError as error:
            if not error.recoverable:
                output.note(f"{account.email} was not added")
                raise
            doubt = error
    file.add_account(setting.home.config_file, account)
    _tell(call, account, proofs)
    if doubt is not None:
        output.note(f"The sign-in could not be tested: {doubt}\n  later: tui-mail account test {account.key}")
    if typed is not None:
        await _keep(setting, account, typed)


async def proved(setting: Setting, account: Account, proofs: list[SafeText]) -> None:
    """Sign in to the servers of an account and add what that proved, also where something fails later."""
    password = await setting.secrets.get(account)
    if password is None:
        raise SecretError(f"No password is known for {account.email}", hint=HOW_TO_GIVE)
    # 70 ms: whatever can be told without the engine is told before
    from tui_mail.engine.accounts import probe

    async with aclosing(probe(account, password)) as proving:
        async for proof in proving:
            proofs.append(proof)


def ask(account: Account) -> str:
    """Ask for a password on the terminal; not from within a loop, which would hold Ctrl-C back."""
    try:
        return getpass.getpass(f"Password of {account.username} at {account.imap.host}: ")
    except EOFError:
        raise SecretError(f"No password was given for {account.email}", hint=HOW_TO_GIVE) from None


def can_ask() -> bool:
    """Tell whether a person sits at a terminal."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def _must_ask(call: AddArguments, setting: Setting, account: Account) -> bool:
    if account.has_command or setting.secrets.given(account):
        return False
    if can_ask():
        return True
    if call.no_test:
        output.note(f"No password is kept yet; it is taken from {variable(account.key)} or asked for")
        return False
    raise SecretError("There is no terminal to ask for the password", hint=HOW_TO_GIVE)


def _tell(call: AddArguments, account: Account, proofs: list[SafeText]) -> None:
    if call.json:
        output.record({"account": account.key, "email": account.email, "proofs": proofs})
        return
    for proof in proofs:
        output.line(proof)
    output.line(f"Added {account.email} as “{account.key}”")
    if account.smtp is None:
        output.note("It can be read only; --smtp HOST:PORT says where its letters leave")


async def _keep(setting: Setting, account: Account, password: str) -> None:
    try:
        await setting.secrets.keep(account, password)
    except SecretError as error:
        output.note(f"{error}; the password is not kept\n  {error.hint}")


def _described(call: AddArguments, email: str, imap: str, setting: Setting) -> Account:
    """Return the account that the options describe, held to the rules of the configuration file."""
    key = call.key if call.key is not None else _free_key(email, setting)
    if any(known.key == key for known in setting.config.accounts):
        raise ConfigError(f"There is an account “{key}” already", hint="choose another --key")
    table = {
        "email": email,
        "name": call.name,
        "imap": _server("--imap", imap, call.imap_security, IMAP_PORT),
        "smtp": call.smtp and _server("--smtp", call.smtp, call.smtp_security, SMTP_PORT),
        "username": call.username,
        "password_command": call.password_command,
        "token_command": call.token_command,
        "ca_file": _existing(call.ca_file),
    }
    document = {"account": {key: {name: value for name, value in table.items() if value is not None}}}
    config, problems = examine(document, "", setting.home.config_file)
    if problems:
        prefix = f"account.{key}"
        told = [f"{_option(problem.key.removeprefix(prefix))}: {problem.sentence}" for problem in problems]
        raise ConfigError("\n".join(told))
    return config.accounts[0]


def _option(key: str) -> str:
    key = key.removeprefix(".")
    return _OPTIONS.get(key) or "--" + key.replace("_", "-")


def _server(option: str, place: str, chosen: str | None, ports: Mapping[Security, int]) -> dict[str, object]:
    match = _PLACE.fullmatch(place)
    if match is None:
        name = f"{option.removeprefix('--')}.example.org:{ports[Security.TLS]}"
        raise ConfigError(f"{option}: must be HOST:PORT", hint=f"for example: {name}")
    port = match["port"]
    security = chosen or ("starttls" if port == str(ports[Security.STARTTLS]) else "tls")
    number = ports[Security(security)] if port is None else port
    return {
        "host": match["literal"] or match["host"] or "",
        "port": int(number) if str(number).isascii() and str(number).isdecimal() else 0,
        "security": security,
    }


def _existing(ca_file: str | None) -> str | None:
    if ca_file is None:
        return None
    path = Path(ca_file).expanduser().absolute()
    if not path.is_file():
        raise ConfigError(f"--ca-file: there is no file {path}")
    return str(path)


def _free_key(email: str, setting: Setting) -> str:
    """Return the first free word of domain, local part, both, and both with a number."""
    taken = {account.key.casefold().replace("-", "_") for account in setting.config.accounts}
    return next(key for key in _keys(email) if key.replace("-", "_") not in taken)


def _keys(email: str) -> Iterator[str]:
    local, _, domain = email.casefold().partition("@")
    words = [_word(domain.split(".")[0]), _word(local), _word(f"{local}-{domain.split('.')[0]}")]
    words = [word for word in words if word] or ["mail"]
    yield from words
    number = 2
    while True:
        yield f"{words[-1][:32]}-{number}"
        number += 1


def _word(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-")[:40].rstrip("-")

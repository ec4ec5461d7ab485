"""A letter that another program hands over: from whom, to whom, and through which account it goes."""

from collections.abc import Sequence
from dataclasses import dataclass

from tui_mail.mime.addresses import addresses
from tui_mail.mime.identities import writing_as
from tui_mail.mime.letters import sound
from tui_mail.mime.sealing import named
from tui_mail.model.account import Account
from tui_mail.model.errors import ConfigError, MailError
from tui_mail.model.safe_text import safe_identity


@dataclass(frozen=True, slots=True)
class Handed:
    """The envelope of a letter, and its account."""

    key: str
    """`account.key`"""
    sender: str
    recipients: tuple[str, ...]


def handed_over(
    accounts: Sequence[Account],
    raw: bytes,
    sender: str | None,
    recipients: Sequence[str],
    from_header: bool,
) -> Handed:
    """Return what a letter goes as; `from_header` adds the recipients that it names itself.

    Without a `sender` its author is one. It goes through the account that writes as the sender; one who names
    nobody writes as the first account. Raises MailError for what cannot be sent, ConfigError where no account
    fits.
    """
    found = named(raw)
    everybody = [address for one in recipients for address in _named(one)]
    everybody += found.recipients if from_header else ()
    if not everybody:
        raise MailError("The letter names no recipient")
    for address in everybody:
        if not sound(("", address)):
            raise MailError(f"“{safe_identity(address, 80)}” is no address that a letter can be sent to")
    given = _bare(sender) if sender is not None else found.sender
    account = _account(accounts, given)
    return Handed(account.key, given or account.email, tuple(dict.fromkeys(everybody)))


def _named(argument: str) -> list[str]:
    """Return the addresses of an argument; "jo@exa mple" must not become a letter to jo@exa."""
    read = addresses(argument)
    plain = all(not name or f"<{address}>" in argument for name, address in read)
    return [address for _, address in read] if read and plain else [argument]


def _bare(sender: str) -> str:
    read = addresses(sender)
    if not read or "@" not in read[0][1]:
        raise MailError(f"“{safe_identity(sender, 80)}” is no address to send from")
    return read[0][1]


def _account(accounts: Sequence[Account], sender: str) -> Account:
    able = [account for account in accounts if account.smtp is not None]
    if not able:
        raise ConfigError(
            "No account has a server that takes letters", hint="tui-mail account add … --smtp HOST:PORT"
        )
    if not sender:
        return able[0]
    for account in able:
        if writing_as(account.writes_as, sender) is not None:
            return account
    raise ConfigError(
        f"No account writes as {safe_identity(sender, 80)}",
        hint="Add it as an identity to the configuration, or name another sender with -f",
    )

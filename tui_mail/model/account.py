"""Accounts and how they stand."""

from dataclasses import dataclass
from enum import Enum, StrEnum
from pathlib import Path

from tui_mail.model.identity import Identity, SentCopy
from tui_mail.model.safe_text import SafeText


class Security(StrEnum):
    """How a connection is protected (RFC 8314)."""

    TLS = "tls"
    """TLS from the first byte."""
    STARTTLS = "starttls"
    """Plain first, then TLS before anything secret."""
    NONE = "none"
    """No protection: accepted for loopback only."""


class Compression(StrEnum):
    """When mail is compressed on its way (RFC 4978)."""

    AUTO = "auto"
    """Over the internet, but not within this machine or a private network, where it would only cost time."""
    ON = "on"
    OFF = "off"


class Token(str):
    """An access token of OAuth, where otherwise a password stands; it is sent in no other way."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Server:
    """Where one protocol of an account is spoken."""

    host: str
    port: int
    security: Security = Security.TLS


@dataclass(frozen=True, slots=True)
class Account:
    """One mail account as the configuration tells it."""

    key: str
    """Short, unique, stable: the name of its table in the configuration, such as "work"."""
    email: str
    """The address it is reached at."""
    name: str
    """The person's name as others see it."""
    imap: Server
    """Where its mail is."""
    username: str
    """What to sign in with."""
    password_command: str | tuple[str, ...] | None = None
    """Prints the password on its first line: a tuple is executed, a string goes to the shell.

    None: the password is in the keyring, or asked for.
    """
    token_command: str | tuple[str, ...] | None = None
    """Prints an access token of OAuth on its first line; then there is no password."""
    ca_file: Path | None = None
    """Extra certificate authorities in PEM, beside the system's."""
    keep_days: int = 30
    """Bodies of mail younger than this many days are fetched in the background; older ones when opened."""
    compress: Compression = Compression.AUTO
    smtp: Server | None = None
    """Where its letters leave; None: it can only be read."""
    identities: tuple[Identity, ...] = ()
    """Further identities, beside the one that `email` and `name` make."""
    signature: str = ""
    """What is set under a new letter of `email`; "" for none."""
    sent_copy: SentCopy = SentCopy.AUTO

    @property
    def writes_as(self) -> tuple[Identity, ...]:
        """Every identity of it, the main one first."""
        return (Identity(self.email, self.name, signature=self.signature), *self.identities)

    @property
    def has_command(self) -> bool:
        """Whether a command gives what signs in, so that no person is asked for it."""
        return self.password_command is not None or self.token_command is not None


class AccountPhase(Enum):
    """What an account is doing, in the order of growing trouble."""

    LIVE = "live"
    """Signed in, up to date, listening for news."""
    CONNECTING = "connecting"
    SYNCING = "syncing"
    OFFLINE = "offline"
    """Not connected because the user or the command wants it so."""
    WAITING = "waiting"
    """The line failed; the next try is at `retry_at`."""
    SIGN_IN = "sign in"
    """The password is missing or was refused; no further try without the user."""
    FAILED = "failed"
    """Something that time does not mend, such as a bad certificate."""


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """How one account stands now."""

    account: int
    """`account.id` in the store."""
    phase: AccountPhase
    done: int = 0
    """Messages of the running fill that are stored."""
    total: int = 0
    """Messages that the running fill will store; 0 where unknown."""
    retry_at: float = 0.0
    """When the next try starts, seconds since the epoch; 0.0 where none is planned."""
    error: SafeText | None = None
    """What went wrong last, in one sentence; None when nothing did."""
    hint: str = ""
    """What a person can do about it."""


@dataclass(frozen=True, slots=True)
class AccountEntry:
    """An account as the screen lists it."""

    id: int
    key: str
    label: SafeText
    email: SafeText
    position: int
    """Its place in the user's order, from 0; also picks the colour of its chip."""

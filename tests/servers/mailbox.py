"""One user of a test server, in the words of the program under test."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.servers.dovecot import Dovecot
from tui_mail.model.account import Account, Security, Server


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A user of the server whom no other test knows."""

    dovecot: Dovecot
    username: str
    password: str

    def server(self, security: Security = Security.TLS) -> Server:
        """Where its IMAP is spoken, protected in that way."""
        port = {
            Security.TLS: self.dovecot.imap_tls,
            Security.STARTTLS: self.dovecot.imap_starttls,
            Security.NONE: self.dovecot.imap_plain,
        }[security]
        return Server(self.dovecot.host, port, security)

    def account(self, key: str = "test", security: Security = Security.TLS) -> Account:
        """An account that reads this mailbox and trusts the server's authority."""
        return Account(
            key=key,
            email=f"{self.username}@example.org",
            name="Test Person",
            imap=self.server(security),
            username=self.username,
            ca_file=self.dovecot.ca_file,
        )

    def deliver(self, raw: bytes) -> None:
        """Let a message arrive in the inbox, by LMTP."""
        self.dovecot.deliver(self.username, raw)

    def fill(
        self,
        folder: str,
        messages: Iterable[bytes],
        *,
        flags: str = "",
        last: float | None = None,
        step: float = 60.0,
    ) -> None:
        """Put messages into a folder at once; see `Dovecot.fill`."""
        self.dovecot.fill(self.username, folder, messages, flags=flags, last=last, step=step)

    @property
    def maildir(self) -> Path:
        """The Maildir of the inbox; the other folders lie in it."""
        return self.dovecot.maildir(self.username)

"""A session to the running Postfix, and what arrived."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from imapclient import IMAPClient

from tests.servers.mailbox import Mailbox
from tests.servers.postfix import DOMAIN, Postfix
from tui_mail.model.account import Security
from tui_mail.model.outbox import Step
from tui_mail.smtp.answers import Answer
from tui_mail.smtp.session import Session

PATIENCE = 10.0
"""Seconds that a letter may take from the server's yes to the inbox."""


@dataclass(frozen=True, slots=True)
class Post:
    """One who sends to herself."""

    mailbox: Mailbox
    postfix: Postfix
    told: list[tuple[Step, str]] = field(default_factory=list)
    """What the sessions said that they do."""

    @property
    def address(self) -> str:
        return f"{self.mailbox.username}@{DOMAIN}"

    @contextmanager
    def session(self, security: Security = Security.TLS, password: str | None = None) -> Iterator[Session]:
        account, server = self.mailbox.account(), self.postfix.server(security)
        secret = self.mailbox.password if password is None else password
        with Session(account, server, secret, told=lambda *said: self.told.append(said)) as session:
            session.open()
            yield session

    def send(self, raw: bytes, **how: Security) -> Answer:
        with self.session(**how) as session:
            return handed_in(session, self.address, [self.address], raw)

    def arrived(self, count: int) -> list[bytes]:
        """Wait until so many letters are there, and return all, read by an independent client."""
        dovecot = self.mailbox.dovecot
        with IMAPClient(dovecot.host, dovecot.imap_plain, ssl=False) as client:
            client.login(self.mailbox.username, self.mailbox.password)
            end = time.monotonic() + PATIENCE
            while len(found := self._all(client)) < count and time.monotonic() < end:
                client.idle()
                client.idle_check(timeout=1)
                client.idle_done()
        return found

    @staticmethod
    def _all(client: IMAPClient) -> list[bytes]:
        client.select_folder("INBOX", readonly=True)
        fetched = client.fetch(client.search(), ["BODY.PEEK[]"])
        return [fetched[uid][b"BODY[]"] for uid in sorted(fetched)]


def handed_in(session: Session, sender: str, recipients: list[str], raw: bytes) -> Answer:
    """Send one letter in all its steps."""
    session.envelope(sender, recipients, len(raw), utf8=False, dsn=False)
    session.send_bytes([raw], nothing)
    return session.commit()


def nothing(_: int) -> None:
    """Hear of progress."""


@pytest.fixture
def post(mailbox: Mailbox, postfix: Postfix) -> Post:
    return Post(mailbox, postfix)

"""What tests of the post need: a clock that is set by hand, and a client of another make."""

import asyncio
import smtplib
from collections.abc import Callable, Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import TypeVar

from tests.demo.conftest import NOON
from tui_mail.demo.mailboxes import Change, Mailbox
from tui_mail.demo.post_office import PostOffice

LIMIT = 20.0

T = TypeVar("T")


class Clock:
    """Stands still until it is moved on; who sleeps by it wakes in order."""

    def __init__(self) -> None:
        self.now = NOON
        self.pauses: list[float] = []
        """Everything that was ever slept."""
        self._sleepers: list[tuple[float, asyncio.Event]] = []
        self._changed = asyncio.Condition()

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        """What is given in place of asyncio.sleep."""
        event = asyncio.Event()
        sleeper = (self.now + seconds, event)
        self._sleepers.append(sleeper)
        self.pauses.append(seconds)
        async with self._changed:
            self._changed.notify_all()
        try:
            await event.wait()
        finally:
            self._sleepers.remove(sleeper)

    async def slept(self, *pauses: float) -> None:
        """Wait until all these pauses have begun."""
        async with asyncio.timeout(LIMIT), self._changed:
            await self._changed.wait_for(lambda: all(pause in self.pauses for pause in pauses))

    def pass_by(self, seconds: float) -> None:
        """Move on."""
        self.now += seconds
        for moment, event in self._sleepers:
            if moment <= self.now:
                event.set()


class Arrivals:
    """Waits for what comes into a mailbox after now."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._changes: asyncio.Queue[Change] = asyncio.Queue()
        self._known = set(mailbox.messages)
        mailbox.listeners.append(self._changes.put_nowait)

    async def next(self) -> EmailMessage:
        """The next letter, read by the standard library."""
        while not (new := [uid for uid in self._mailbox.messages if uid not in self._known]):
            await asyncio.wait_for(self._changes.get(), LIMIT)
        self._known.add(new[0])
        message = message_from_bytes(self._mailbox.messages[new[0]].content.raw, policy=policy.default)
        assert isinstance(message, EmailMessage)
        return message

    @property
    def is_empty(self) -> bool:
        """Whether nothing more has come."""
        return self._known >= set(self._mailbox.messages)


def inbox(office: PostOffice, key: str) -> Arrivals:
    """What will come to an account of the demo."""
    return Arrivals(office.user(key).mailbox("INBOX"))


def letter(sender: str, to: str, subject: str = "Hello", text: str = "Good day.", **more: str) -> bytes:
    """A plain letter, lines ending in CRLF."""
    fields = {
        "From": sender,
        "To": to,
        "Subject": subject,
        "Message-ID": f"<{len(text)}@test.example>",
        **more,
    }
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    return f"{head}\r\n{text}\r\n".encode()


async def visit(
    office: PostOffice, story: Callable[[smtplib.SMTP], T], key: str = "home", sign_in: bool = True
) -> T:
    """Run a story at the counter of an account in a thread, while the office serves here."""
    account = next(one for one in office.accounts if one.key == key)
    assert account.smtp is not None
    host, port = account.smtp.host, account.smtp.port

    def whole() -> T:
        with smtplib.SMTP(host, port, "test.example", timeout=LIMIT) as client:
            client.ehlo()
            if sign_in:
                client.login(account.username, office.passwords[key])
            return story(client)

    return await asyncio.to_thread(whole)


async def send(
    office: PostOffice,
    to: Sequence[str],
    raw: bytes | None = None,
    key: str = "home",
    wishes: Sequence[str] = (),
) -> None:
    """Send a letter from an account."""
    own = office.user(key).address
    content = raw or letter(own, ", ".join(to))
    await visit(office, lambda client: client.sendmail(own, to, content, (), wishes), key)


async def nothing_waits(office: PostOffice) -> None:
    """Wait until no relay carries anything; each look takes as long as a visit to the counter."""
    while any(exchange.relay.waiting for exchange in office.hosts.exchanges.values()):
        await visit(office, lambda client: client.noop())

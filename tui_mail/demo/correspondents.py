"""People elsewhere who get letters, and some who answer them.

An answer is a letter like any other: it goes out by the host of its writer. Only the person of the demo is
answered, never a machine (RFC 3834, 2), and nobody answers for ever.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime

from tui_mail.demo.people import Person, everyone
from tui_mail.demo.smtp.parcel import Parcel, Recipient
from tui_mail.demo.smtp.traces import header
from tui_mail.mime.addresses import addresses
from tui_mail.mime.build import compose
from tui_mail.mime.headers import fields, first_value, summary

MOST_ANSWERS = 20
"""Letters that one person answers while the office is open."""
THINKS = 6.0
"""Seconds before an answer."""


class Correspondent:
    """The letterbox of a person elsewhere."""

    def __init__(
        self,
        person: Person,
        send: Callable[[Parcel], None],
        moment: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self.letters = 0
        """How many came."""
        self._person = person
        self._send = send
        self._moment = moment
        self._sleep = sleep
        self._answers: set[asyncio.Task[None]] = set()
        self._answered = 0

    def deliver(self, letter: bytes, _: datetime, /) -> None:
        """Take a letter, and perhaps answer it."""
        self.letters += 1
        wants = bool(self._person.answers) and self._answered < MOST_ANSWERS
        if wants and (writer := _writer(header(letter))):
            text = self._person.answers[self._answered % len(self._person.answers)]
            self._answered += 1
            task = asyncio.create_task(self._answer(header(letter), writer, text, self._answered))
            self._answers.add(task)
            task.add_done_callback(self._answers.discard)

    async def stop(self) -> None:
        """Answer no more."""
        for task in tuple(self._answers):
            task.cancel()
        await asyncio.gather(*self._answers, return_exceptions=True)

    async def _answer(self, head: bytes, writer: Person, text: str, number: int) -> None:
        await self._sleep(THINKS)
        asked = summary(head)
        subject = asked.subject if asked.subject.lower().startswith("re:") else f"Re: {asked.subject}"
        earlier = [*asked.references.split(), *([asked.message_id] if asked.message_id else [])]
        digest = hashlib.sha256(f"{asked.message_id} {number} {self._moment()}".encode()).hexdigest()
        letter = compose(
            sender=self._person.mailbox,
            to=(writer.mailbox,),
            subject=subject,
            text=f"{text.strip()}\n\n{self._person.short}\n",
            date=self._moment().astimezone(self._person.timezone),
            message_id=f"{digest[:20]}@{self._person.address.rpartition('@')[2]}",
            in_reply_to=asked.message_id or None,
            references=earlier[-20:],
        )
        self._send(Parcel(self._person.address, (Recipient(writer.address),), letter))


def _writer(head: bytes) -> Person | None:
    """Return who of the demo wrote a letter; None for others, and for machines and lists."""
    found = fields(head)
    machine = first_value(found, "auto-submitted").strip().lower() not in ("", "no")
    if machine or first_value(found, "list-id") or first_value(found, "precedence"):
        return None
    named = [Recipient(address).mailbox for _, address in addresses(first_value(found, "from"))]
    return next((one for one in everyone().values() if one.is_me and [one.address] == named), None)

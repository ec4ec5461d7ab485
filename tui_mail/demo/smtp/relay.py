"""Letters for other domains wait here until their host takes them or time is up (RFC 5321, 4.5.4).

Every letter is carried by a task of its own, so that one that is stuck holds up no other. The sender hears of
a failure at once and of a delay once, as far as asked for (RFC 3461). Clock and pauses are given from
outside.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tui_mail.demo.dns.lookup import Lookup, MailHost, NoAnswerError, NoMailError
from tui_mail.demo.smtp.line import LineError, hand_over
from tui_mail.demo.smtp.parcel import Parcel, Recipient, Reply
from tui_mail.demo.smtp.reports import Fate, Occasion, Outcome, report

PAUSES = (5.0, 10.0, 20.0, 40.0, 60.0, 120.0, 300.0, 600.0, 1200.0)
"""Seconds between the tries; after the last one a letter is given up. A real host is more patient."""
WARN_AFTER = 2
"""Tries in vain before the sender hears of a delay."""
MOST_WAITING = 200
"""Letters that may wait at a time."""

_LIMIT = 60.0


@dataclass(frozen=True, slots=True)
class Step:
    """Something that a relay did, for whoever watches."""

    moment: datetime
    relay: str
    letter_id: str
    domain: str
    what: str
    """One of "waits", "gone" and "given up"."""
    words: str


@dataclass(slots=True, eq=False)
class Waiting:
    """A letter for one domain."""

    letter_id: str
    domain: str
    parcel: Parcel
    """With those recipients only who have not got it."""
    arrived: datetime
    tries: int = 0
    next_try: datetime | None = None
    """None while it is being tried."""


class Relay:
    """The queue of one host."""

    def __init__(
        self,
        name: str,
        lookup: Lookup,
        moment: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]],
        told: Callable[[Step], None],
    ) -> None:
        self.waiting: dict[int, Waiting] = {}
        """What is here, in the order of arrival."""
        self._name = name
        self._lookup = lookup
        self._moment = moment
        self._sleep = sleep
        self._told = told
        self._tasks: set[asyncio.Task[None]] = set()
        self._count = 0

    @property
    def is_full(self) -> bool:
        """Whether nothing more can wait here for now."""
        return len(self.waiting) >= MOST_WAITING

    def add(self, parcel: Parcel, letter_id: str, back: Callable[[Parcel], None]) -> None:
        """Take a letter over; reports about it go through `back`."""
        domains: dict[str, list[Recipient]] = defaultdict(list)
        for recipient in parcel.recipients:
            domains[recipient.domain].append(recipient)
        for domain, recipients in domains.items():
            self._count += 1
            waiting = Waiting(letter_id, domain, parcel.to(*recipients), self._moment())
            self.waiting[self._count] = waiting
            task = asyncio.create_task(self._carry(self._count, waiting, back))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Stop carrying; what waits is lost with the office, which the demo's letters bear."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _carry(self, number: int, waiting: Waiting, back: Callable[[Parcel], None]) -> None:
        try:
            while waiting.parcel.recipients:
                self._settle(waiting, *await self._try(waiting), back)
                if waiting.parcel.recipients:
                    pause = PAUSES[waiting.tries - 1]
                    waiting.next_try = self._moment() + timedelta(seconds=pause)
                    await self._sleep(pause)
                    waiting.next_try = None
        finally:
            del self.waiting[number]

    async def _try(self, waiting: Waiting) -> tuple[str, Mapping[Recipient, Reply]]:
        """Try the hosts of the domain until one answers; return who spoke, and the word on each recipient."""
        everyone = waiting.parcel.recipients
        try:
            hosts = await self._lookup.hosts(waiting.domain)
        except NoMailError as error:
            return "", dict.fromkeys(everyone, Reply(550, error.status, f"{error}"))
        except NoAnswerError as error:
            return "", dict.fromkeys(everyone, Reply(451, "4.4.3", f"{error}"))
        return await self._first_answer(waiting.parcel, hosts)

    async def _first_answer(
        self, parcel: Parcel, hosts: Iterable[MailHost]
    ) -> tuple[str, Mapping[Recipient, Reply]]:
        words = ""
        for host in hosts:
            try:
                return host.name, await hand_over(parcel, host, self._name, _LIMIT)
            except LineError as error:
                words = words or f"{error}"
        return "", dict.fromkeys(parcel.recipients, Reply(451, "4.4.1", words))

    def _settle(
        self, waiting: Waiting, host: str, replies: Mapping[Recipient, Reply], back: Callable[[Parcel], None]
    ) -> None:
        waiting.tries += 1
        late = [one for one, reply in replies.items() if not reply.is_good and not reply.is_final]
        is_over = waiting.tries > len(PAUSES)
        warns = waiting.tries == WARN_AFTER and not is_over
        failed = [one for one, reply in replies.items() if reply.is_final or (is_over and one in late)]
        for fate, people in ((Fate.FAILED, failed), (Fate.DELAYED, late if warns else [])):
            self._report(waiting, [Outcome(one, fate, replies[one], host) for one in people], back)
        for recipient, reply in replies.items():
            what = "gone" if reply.is_good else "given up" if recipient in failed else "waits"
            self._told(Step(self._moment(), self._name, waiting.letter_id, waiting.domain, what, f"{reply}"))
        waiting.parcel = waiting.parcel.to(*([] if is_over else late))

    def _report(self, waiting: Waiting, outcomes: list[Outcome], back: Callable[[Parcel], None]) -> None:
        wanted = [one for one in outcomes if one.fate.wish in one.recipient.notify]
        if wanted and waiting.parcel.sender:
            until = waiting.arrived + timedelta(seconds=sum(PAUSES))
            occasion = Occasion(self._name, waiting.letter_id, waiting.arrived, self._moment(), until)
            back(report(waiting.parcel, wanted, occasion))

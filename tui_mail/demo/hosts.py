"""The mail hosts of the demo's world, each behind a socket of its own, and the zone that tells of them.

The domains with accounts have a host each, where their people hand letters in and others bring them. One host
serves all other people who exist; two are of their own kind: one lets little in, one opens late. Domains of
those who only pretend do not exist.
"""

import asyncio
import socket
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from tui_mail.demo.correspondents import Correspondent
from tui_mail.demo.dns.lookup import Lookup
from tui_mail.demo.dns.zone import HOST, Zone, ZoneServer
from tui_mail.demo.mailboxes import Users
from tui_mail.demo.people import Person, everyone
from tui_mail.demo.smtp.exchange import Exchange, Letterbox, Scan
from tui_mail.demo.smtp.relay import Relay, Step
from tui_mail.demo.writing import LISTS

if TYPE_CHECKING:
    from tui_mail.demo.smtp.counter import Counter

LATE = "sluisveld.example"
"""The domain whose host opens only a while after somebody first knocked."""
LATE_BY = 30.0
STRICT = "eastpier-board.example"
"""The domain whose host looks into letters."""
STRICT_SCAN = Scan(("lottery",), 200_000)
ELSEWHERE = "mx.harbour-post.example"
"""The host of everyone without a host of their own."""

MOST_CLIENTS = 50
"""Who may stand at one counter at a time."""

_MOST_STEPS = 500


class Door:
    """A port of a host: taken at once, opened when the host is ready."""

    def __init__(self, exchange: Exchange, sign_in: Callable[[str, str], str | None] | None) -> None:
        self._exchange = exchange
        self._sign_in = sign_in
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.bind((HOST, 0))
        self._server: asyncio.Server | None = None
        self._clients: set[Counter] = set()

    @property
    def port(self) -> int:
        """Where it is; nobody answers there before `open`."""
        port: int = self._socket.getsockname()[1]
        return port

    async def open(self) -> None:
        """Let clients in."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._counter, sock=self._socket)

    async def close(self) -> None:
        """Send everyone home."""
        if self._server is not None:
            self._server.close()
        await asyncio.gather(*(client.send_home() for client in self._clients))
        self._socket.close()

    def _counter(self) -> "Counter":
        # 25 ms: only when somebody brings a letter, long after the first screen
        from tui_mail.demo.smtp.counter import Counter

        return Counter(self._exchange, self._sign_in, self._arrived)

    def _arrived(self, client: "Counter") -> None:
        self._clients = {one for one in self._clients if not one.has_left}
        if len(self._clients) < MOST_CLIENTS:
            self._clients.add(client)
        else:
            client.turn_away()


class Hosts:
    """Every mail host; open between `start` and `stop`."""

    def __init__(
        self, users: Users, moment: Callable[[], datetime], sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self.steps: deque[Step] = deque(maxlen=_MOST_STEPS)
        """What the relays did, the newest last."""
        self.exchanges: dict[str, Exchange] = {}
        """The hosts by name."""
        self.zone = Zone()
        self._users = users
        self._moment = moment
        self._sleep = sleep
        self._zone_server = ZoneServer(self.zone)
        self._correspondents: list[Correspondent] = []
        self._doors: list[Door] = []
        self._counters: dict[str, Door] = {}
        self._late: Door
        self.lookup: Lookup
        """How the hosts find each other; there once the zone is open."""
        self._opening: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open the zone and every host but the late one."""
        await self._zone_server.start()
        self.lookup = Lookup(HOST, self._zone_server.port)
        for name, domains in self._plan().items():
            door = self._found(name, domains)
            if domains == [LATE]:
                self._late = door
            else:
                await door.open()
        for door in self._counters.values():
            await door.open()

    async def stop(self) -> None:
        """Close everything."""
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.gather(self._opening, return_exceptions=True)
        for correspondent in self._correspondents:
            await correspondent.stop()
        for exchange in self.exchanges.values():
            await exchange.relay.stop()
        for door in (*self._doors, *self._counters.values()):
            await door.close()
        self._zone_server.stop()

    def submission_port(self, address: str) -> int:
        """Where one with an account hands letters in."""
        return self._counters[_domain(address)].port

    def host_of(self, domain: str) -> Exchange:
        """The host that takes the mail of a domain."""
        return self.exchanges[self._name(domain)]

    def _plan(self) -> Mapping[str, list[str]]:
        hosts: dict[str, list[str]] = defaultdict(list)
        for domain in dict.fromkeys(_domain(one.address) for one in _residents()):
            hosts[self._name(domain)].append(domain)
        return hosts

    def _name(self, domain: str) -> str:
        if domain in map(_domain, self._users):
            return f"mail.{domain}"
        return f"mx.{domain}" if domain in (LATE, STRICT) else ELSEWHERE

    def _found(self, name: str, domains: Iterable[str]) -> Door:
        """Found a host, and put it on the map."""
        boxes: dict[str, Letterbox] = {}
        relay = Relay(name, self.lookup, self._moment, self._sleep, self._told)
        scan = STRICT_SCAN if STRICT in domains else None
        exchange = self.exchanges[name] = Exchange(name, boxes, frozenset(domains), relay, self._moment, scan)
        for person in _residents():
            if _domain(person.address) in domains:
                boxes[person.address] = self._users.get(person.address) or self._elsewhere(person, exchange)
        door = Door(exchange, None)
        self._doors.append(door)
        self.zone.add_host(name, HOST, door.port)
        for domain in domains:
            self.zone.add_domain(domain, [name])
            if domain in map(_domain, self._users):
                self._counters[domain] = Door(exchange, self._sign_in)
        return door

    def _elsewhere(self, person: Person, exchange: Exchange) -> Correspondent:
        correspondent = Correspondent(person, exchange.send, self._moment, self._sleep)
        self._correspondents.append(correspondent)
        return correspondent

    def _sign_in(self, name: str, password: str) -> str | None:
        user = self._users.get(name.lower())
        return user.address if user is not None and user.password == password else None

    def _told(self, step: Step) -> None:
        self.steps.append(step)
        if step.domain == LATE and self._opening is None:
            self._opening = asyncio.create_task(self._open_late())

    async def _open_late(self) -> None:
        await self._sleep(LATE_BY)
        await self._late.open()


def _residents() -> list[Person]:
    """Everyone who can be written to; mailing lists take letters like people."""
    people = [one for one in everyone().values() if not one.key.startswith("junk_")]
    return people + [Person(key, name, address, name) for key, (name, address, _) in LISTS.items()]


def _domain(address: str) -> str:
    return address.rpartition("@")[2]

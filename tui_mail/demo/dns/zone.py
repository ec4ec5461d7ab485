"""Serves a zone over UDP on loopback: who takes the mail of which domain (RFC 1034, 4.3).

Mail hosts have no port of their own in DNS, they all listen at 25, which only the superuser may open. So the
zone tells the ports of its hosts by SRV records of the service `_smtp._tcp` (RFC 2782).
"""

import asyncio
from collections.abc import Iterable

from tui_mail.demo.dns.messages import (
    Address,
    Code,
    Data,
    DnsError,
    Exchanger,
    Kind,
    Message,
    Service,
    decode,
    encode,
    refusal,
)

HOST = "127.0.0.1"
SERVICE = "_smtp._tcp."
"""Stands before the name of a host whose port is asked for."""


class Zone:
    """Names and what is known of them."""

    def __init__(self) -> None:
        self._records: dict[str, dict[int, tuple[Data, ...]]] = {}

    def add_host(self, host: str, address: str, port: int) -> None:
        """Say where a mail host is; a later word takes the place of an earlier one."""
        self._set(host, Kind.A, Address(address))
        self._set(SERVICE + host, Kind.SRV, Service(0, 0, port, host))

    def add_domain(self, domain: str, hosts: Iterable[str]) -> None:
        """Say which hosts take the mail of a domain, the best one first; none: it takes no mail."""
        exchangers = [Exchanger(10 * (place + 1), host) for place, host in enumerate(hosts)]
        self._set(domain, Kind.MX, *(exchangers or [Exchanger(0, "")]))

    def answer(self, query: Message) -> Message:
        """Return the response to a query."""
        records = self._records.get(query.name)
        code = Code.NO_SUCH_NAME if records is None else Code.DONE
        answers = (records or {}).get(query.kind, ())
        return Message(query.id, query.name, query.kind, True, code, answers)

    def _set(self, name: str, kind: Kind, *data: Data) -> None:
        self._records.setdefault(name.lower(), {})[kind] = data


class ZoneServer(asyncio.DatagramProtocol):
    """Answers whoever asks about a zone."""

    def __init__(self, zone: Zone) -> None:
        self.port = 0
        """0 until it is open."""
        self._zone = zone
        self._transport: asyncio.DatagramTransport

    async def start(self) -> None:
        """Open a port that the system chooses."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(HOST, 0))
        self.port = self._transport.get_extra_info("sockname")[1]

    def stop(self) -> None:
        """Close the port."""
        self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer a query; a response that went astray is nobody's question."""
        try:
            query = decode(data)
        except DnsError:
            answer = refusal(data)
        else:
            answer = None if query.is_response else encode(self._zone.answer(query))
        if answer is not None:
            self._transport.sendto(answer, addr)

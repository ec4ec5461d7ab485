"""Asks one name server who takes the mail of a domain (RFC 5321, 5.1).

A response counts only if it has the number and the question of the query; after two silences the asker gives
up for now. Names that do not exist are told apart from answers that did not come: the first is for good, the
second is not.
"""

import asyncio
from dataclasses import dataclass
from secrets import randbelow

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
)
from tui_mail.demo.dns.zone import SERVICE

_PATIENCE = 2.0
"""Seconds that a server has for an answer."""
_TRIES = 2
_MOST_HOSTS = 5
_PORT = 25


class NoMailError(LookupError):
    """The domain does not exist, or it takes no mail: no later try will help."""

    def __init__(self, words: str, status: str) -> None:
        super().__init__(words)
        self.status = status
        """The code of RFC 3463."""


class NoAnswerError(LookupError):
    """The name server did not answer, or not what was asked."""


@dataclass(frozen=True, slots=True)
class MailHost:
    """A host that takes mail."""

    name: str
    address: str
    port: int


class Lookup:
    """Questions to one name server."""

    def __init__(self, host: str, port: int, patience: float = _PATIENCE) -> None:
        self._server = (host, port)
        self._patience = patience

    async def hosts(self, domain: str) -> list[MailHost]:
        """Return the hosts that take the mail of a domain, the best one first."""
        name = _in_ascii(domain)
        answers = await self.ask(name, Kind.MX)
        if answers is None:
            raise NoMailError(f"There is no domain {domain}", "5.1.2")
        named = sorted((one for one in answers if isinstance(one, Exchanger)), key=lambda one: one.preference)
        if [one.host for one in named] == [""]:
            raise NoMailError(f"{domain} takes no mail", "5.1.10")
        names = [one.host for one in named if one.host] or [name]
        found = [host for one in names[:_MOST_HOSTS] if (host := await self._host(one))]
        if not found:
            raise NoMailError(f"No host takes the mail of {domain}", "5.4.4")
        return found

    async def ask(self, name: str, kind: Kind) -> tuple[Data, ...] | None:
        """Return the records of a name, None where there is no such name."""
        query = Message(randbelow(0x10000), name, kind)
        for _ in range(_TRIES):
            response = await self._response(query)
            if response is None:
                continue
            if response.code == Code.NO_SUCH_NAME:
                return None
            if response.code == Code.DONE and not response.is_truncated:
                return response.answers
        raise NoAnswerError(f"No name server answered about {name}")

    async def _host(self, name: str) -> MailHost | None:
        addresses = [one for one in await self.ask(name, Kind.A) or () if isinstance(one, Address)]
        services = [one for one in await self.ask(SERVICE + name, Kind.SRV) or () if isinstance(one, Service)]
        if not addresses:
            return None
        return MailHost(name, addresses[0].text, services[0].port if services else _PORT)

    async def _response(self, query: Message) -> Message | None:
        loop = asyncio.get_running_loop()
        ear = _Ear(query)
        transport, _ = await loop.create_datagram_endpoint(lambda: ear, remote_addr=self._server)
        try:
            transport.sendto(encode(query))
            async with asyncio.timeout(self._patience):
                return await ear.heard
        except (TimeoutError, OSError):
            return None
        finally:
            transport.close()


class _Ear(asyncio.DatagramProtocol):
    """Hears the response to one query."""

    def __init__(self, query: Message) -> None:
        self.heard: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._query = query

    def datagram_received(self, data: bytes, _: object) -> None:
        try:
            found = decode(data)
        except DnsError:
            return
        asked = (self._query.id, self._query.name, self._query.kind)
        if found.is_response and (found.id, found.name, found.kind) == asked and not self.heard.done():
            self.heard.set_result(found)

    def error_received(self, error: Exception) -> None:
        if not self.heard.done():
            self.heard.set_exception(error)


def _in_ascii(domain: str) -> str:
    try:
        name = domain.lower().encode("idna").decode("ascii")
        encode(Message(0, name, Kind.MX))
    except ValueError:  # DnsError and UnicodeError are two of it
        raise NoMailError(f"{domain[:80]} is no domain", "5.1.2") from None
    return name

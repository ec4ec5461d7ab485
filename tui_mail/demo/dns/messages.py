"""Questions and answers of DNS as octets, and back (RFC 1035, 4; SRV RFC 2782): pure functions.

As much as mail needs: one question a message, and the records A, MX and SRV; others are passed over. Every
length is checked against what is there, a name may only point to one that stands before it, so reading always
ends, and whatever the octets, nothing is raised but `DnsError`.
"""

import ipaddress
import re
import struct
from dataclasses import dataclass
from enum import IntEnum

LARGEST = 512
"""Octets of a message over UDP (RFC 1035, 2.3.4)."""

_INTERNET = 1
_LONGEST_NAME = 253
_LONGEST_LABEL = 63
_MOST_RECORDS = 40
_HEADER = struct.Struct(">HHHHHH")
_PAIR = struct.Struct(">HH")
_RECORD = struct.Struct(">HHIH")
_NUMBER = struct.Struct(">H")
_SERVICE = struct.Struct(">HHH")
_LABEL = re.compile(rb"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_RESPONSE, _AUTHORITATIVE, _TRUNCATED = 0x8000, 0x0400, 0x0200
_OPCODE, _CODE = 0x7800, 0x000F


class DnsError(ValueError):
    """Octets that are no message of DNS, or a name that cannot stand in one."""


class Kind(IntEnum):
    """Types of records (RFC 1035, 3.2.2)."""

    A = 1
    MX = 15
    SRV = 33


class Code(IntEnum):
    """How a question was answered (RFC 1035, 4.1.1)."""

    DONE = 0
    BAD_FORM = 1
    FAILED = 2
    NO_SUCH_NAME = 3
    NOT_KNOWN = 4


@dataclass(frozen=True, slots=True)
class Address:
    """What an A record says."""

    text: str
    """Four numbers with dots."""


@dataclass(frozen=True, slots=True)
class Exchanger:
    """What an MX record says."""

    preference: int
    """The lowest is tried first."""
    host: str
    """"" for the root: the domain takes no mail (RFC 7505)."""


@dataclass(frozen=True, slots=True)
class Service:
    """What an SRV record says."""

    priority: int
    weight: int
    port: int
    host: str


Data = Address | Exchanger | Service


@dataclass(frozen=True, slots=True)
class Message:
    """One question, and in a response its answers."""

    id: int
    """Ties a response to its query."""
    name: str
    """What is asked about, in small letters, without the last dot."""
    kind: int
    """Which records are wanted; any number can be asked for."""
    is_response: bool = False
    code: int = Code.DONE
    answers: tuple[Data, ...] = ()
    """Those that belong to the name and kind of the question."""
    is_truncated: bool = False
    """There are more answers than fit."""


def encode(message: Message, life: int = 60) -> bytes:
    """Return a message as octets; its answers may be kept for `life` seconds."""
    name = _written(message.name)
    flags = message.code & _CODE
    if message.is_response:
        flags |= _RESPONSE | _AUTHORITATIVE
    question = name + _PAIR.pack(message.kind, _INTERNET)
    answers = b"".join(_record(name, data, life) for data in message.answers)
    count = len(message.answers)
    if message.is_truncated or _HEADER.size + len(question) + len(answers) > LARGEST:
        flags, answers, count = flags | _TRUNCATED, b"", 0
    return _HEADER.pack(message.id, flags, 1, count, 0, 0) + question + answers


def decode(data: bytes) -> Message:
    """Return the message that the octets hold."""
    if len(data) > LARGEST:
        raise DnsError("the message is too long")
    identity, flags, questions, answers, _, _ = _HEADER.unpack(_taken(data, 0, _HEADER.size))
    if questions != 1 or answers > _MOST_RECORDS or flags & _OPCODE:
        raise DnsError("this is no ordinary question, or not one")
    name, at = _read_name(data, _HEADER.size)
    kind, group = _PAIR.unpack(_taken(data, at, _PAIR.size))
    if group != _INTERNET:
        raise DnsError("the question is not about the internet")
    return Message(
        id=identity,
        name=name,
        kind=kind,
        is_response=bool(flags & _RESPONSE),
        code=flags & _CODE,
        answers=_read_answers(data, at + _PAIR.size, answers, (name, kind)),
        is_truncated=bool(flags & _TRUNCATED),
    )


def refusal(data: bytes) -> bytes | None:
    """Return what to say to a query that cannot be read; None where even its number is missing."""
    if len(data) < _HEADER.size or data[2] & 0x80:
        return None
    return data[:2] + _HEADER.pack(0, _RESPONSE | Code.BAD_FORM, 0, 0, 0, 0)[2:]


def _written(name: str) -> bytes:
    if len(name) > _LONGEST_NAME or not name.isascii():
        raise DnsError(f"{name[:40]!r} cannot be a name")
    labels = name.encode("ascii").split(b".") if name else []
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise DnsError(f"{name[:40]!r} cannot be a name")
    return b"".join(bytes([len(label)]) + label.lower() for label in labels) + b"\0"


def _record(name: bytes, data: Data, life: int) -> bytes:
    kind, octets = _data(data)
    return name + _RECORD.pack(kind, _INTERNET, life, len(octets)) + octets


def _data(data: Data) -> tuple[Kind, bytes]:
    match data:
        case Address(text):
            return Kind.A, ipaddress.IPv4Address(text).packed
        case Exchanger(preference, host):
            return Kind.MX, _NUMBER.pack(preference) + _written(host)
        case Service(priority, weight, port, host):
            return Kind.SRV, _SERVICE.pack(priority, weight, port) + _written(host)


def _read_answers(data: bytes, at: int, count: int, asked: tuple[str, int]) -> tuple[Data, ...]:
    found: list[Data] = []
    for _ in range(count):
        name, at = _read_name(data, at)
        kind, group, _, length = _RECORD.unpack(_taken(data, at, _RECORD.size))
        at += _RECORD.size
        octets = _taken(data, at, length)
        if (name, kind) == asked and group == _INTERNET and (read := _read_data(data, at, kind, octets)):
            found.append(read)
        at += length
    return tuple(found)


def _read_data(data: bytes, at: int, kind: int, octets: bytes) -> Data | None:
    match kind:
        case Kind.A:
            if len(octets) != 4:
                raise DnsError("an address has four octets")
            return Address(str(ipaddress.IPv4Address(octets)))
        case Kind.MX:
            (preference,) = _NUMBER.unpack(_taken(octets, 0, _NUMBER.size))
            return Exchanger(preference, _name_to(data, at + _NUMBER.size, at + len(octets)))
        case Kind.SRV:
            priority, weight, port = _SERVICE.unpack(_taken(octets, 0, _SERVICE.size))
            return Service(priority, weight, port, _name_to(data, at + _SERVICE.size, at + len(octets)))
    return None


def _name_to(data: bytes, at: int, end: int) -> str:
    """Return the name that fills a record to its end."""
    name, after = _read_name(data, at)
    if after != end:
        raise DnsError("a record is not as long as it says")
    return name


def _read_name(data: bytes, at: int) -> tuple[str, int]:
    """Return the name that stands there, and where the octets after it begin."""
    labels: list[str] = []
    length, after, before = 0, -1, at
    while octet := _taken(data, at, 1)[0]:
        if octet >= 0xC0:  # a pointer (RFC 1035, 4.1.4)
            target = _NUMBER.unpack(_taken(data, at, 2))[0] & 0x3FFF
            after = at + 2 if after < 0 else after
            if target >= before:
                raise DnsError("a name points forward")
            at = before = target
            continue
        label = _taken(data, at + 1, octet) if octet <= _LONGEST_LABEL else b""
        length += octet + 1
        if not _LABEL.fullmatch(label) or length > _LONGEST_NAME + 1:
            raise DnsError("a name cannot be read")
        labels.append(label.decode("ascii").lower())
        at += octet + 1
    return ".".join(labels), at + 1 if after < 0 else after


def _taken(data: bytes, at: int, count: int) -> bytes:
    if at + count > len(data):
        raise DnsError("the message ends early")
    return data[at : at + count]

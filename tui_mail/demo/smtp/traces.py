"""The fields that a letter gathers on its way (RFC 5321, 4.4): pure functions."""

import re
from dataclasses import dataclass
from datetime import datetime

from tui_mail.demo.almanac import field_date

MOST_HOPS = 25
"""Received fields of a letter that goes in circles (RFC 5321, 6.3)."""

_RECEIVED = re.compile(rb"^received[ \t]*:", re.IGNORECASE | re.MULTILINE)
_NOT_A_NAME = re.compile(r"[^A-Za-z0-9.:\[\]_-]+")
_LONGEST_NAME = 255


@dataclass(frozen=True, slots=True)
class Hop:
    """How a letter came in."""

    greeted_as: str
    """What the client called itself."""
    address: str
    """Where it called from."""
    protocol: str
    """As RFC 3848 and RFC 6531 name it, such as ESMTPA: signed in, without TLS."""


def received(
    hop: Hop | None, host: str, letter_id: str, recipients: tuple[str, ...], moment: datetime
) -> bytes:
    """Return the Received field of one hop, None for a letter written in the house.

    A recipient is named only where there is no other.
    """
    named = f"\r\n\tfor <{recipients[0]}>" if len(recipients) == 1 else ""
    origin = f"by {host} id {letter_id}"
    if hop is not None:
        claimed = _NOT_A_NAME.sub("", hop.greeted_as)[:_LONGEST_NAME] or "unknown"
        origin = f"from {claimed} ([{hop.address}])\r\n\tby {host} with {hop.protocol} id {letter_id}"
    return f"Received: {origin}{named};\r\n\t{field_date(moment)}\r\n".encode()


def return_path(sender: str) -> bytes:
    """Return the field of the last delivery: where reports went."""
    return f"Return-Path: <{sender}>\r\n".encode()


def header(letter: bytes) -> bytes:
    """Return the header of a letter, without the empty line."""
    if letter.startswith(b"\r\n"):
        return b""
    head, _, _ = letter.partition(b"\r\n\r\n")
    return head.removesuffix(b"\r\n") + b"\r\n"


def goes_in_circles(letter: bytes) -> bool:
    """Whether more hosts than any honest way has have seen the letter."""
    return len(_RECEIVED.findall(header(letter))) >= MOST_HOPS


def has_stray_line_ends(letter: bytes) -> bool:
    """Whether a CR or LF stands alone: what one server takes for a line end and the next does not."""
    pairs = letter.count(b"\r\n")
    return letter.count(b"\r") != pairs or letter.count(b"\n") != pairs

"""Sequence sets (RFC 9051 §9 "sequence-set"): compact to write, guarded to read.

A range is a pair (lowest, highest), both ends within; a number is 1 … 2³²−1.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from tui_mail.model.errors import ProtocolError

Ranges = list[tuple[int, int]]
"""Ranges as they stand in a set, in its order."""

LARGEST = 2**32 - 1
NUMBER_LIMIT = 2_000_000
"""Numbers that a set from a server may stand for when it is expanded."""
RANGE_LIMIT = 500_000
"""Ranges of a set from the other side."""
SET_NUMBERS = 500
"""Numbers of one set that we send."""
SET_OCTETS = 7_000
"""Octets of one set that we send, which leaves room in a line of 8 KB."""

# No possessive group: before Python 3.11.5 one that fails half-way keeps what it took.
_SET = re.compile(rb"(?:(?:\d{1,10}+|\*)(?::(?:\d{1,10}+|\*))?(?:,(?!\Z)|\Z))+")


def runs(numbers: Iterable[int]) -> Ranges:
    """Return ranges that cover `numbers` in the order these come."""
    ranges: Ranges = []
    low = high = -1
    for number in numbers:
        if number == high + 1:
            high = number
            continue
        if high > 0:
            ranges.append((low, high))
        low = high = number
    if high > 0:
        ranges.append((low, high))
    return ranges


def _written(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}:{high}"


def format_set(numbers: Iterable[int]) -> str:
    """Write numbers as a compact set, such as "1:3,7"."""
    return ",".join(_written(low, high) for low, high in runs(sorted(set(numbers))))


def split_sets(numbers: Iterable[int], most: int = SET_NUMBERS) -> Iterator[str]:
    """Write numbers as sets of at most `most` numbers each, none longer than a line may be."""
    ordered = sorted(set(numbers))
    most = min(most, SET_OCTETS // 11)
    for start in range(0, len(ordered), most):
        yield format_set(ordered[start : start + most])


def parse_set(text: bytes, largest: int = LARGEST) -> Ranges:
    """Read a set; `*` stands for `largest`."""
    if not _SET.fullmatch(text) or text.count(b",") >= RANGE_LIMIT:
        raise ProtocolError("a set of numbers cannot be read")
    ranges: Ranges = []
    for piece in text.replace(b"*", b"%d" % largest).split(b","):
        first, colon, last = piece.partition(b":")
        low, high = int(first), int(last if colon else first)
        if not (0 < low <= LARGEST and 0 < high <= LARGEST):
            raise ProtocolError("a set holds a number out of range")
        ranges.append((low, high) if low <= high else (high, low))
    return ranges


def expanded(ranges: Sequence[tuple[int, int]]) -> list[int]:
    """Return every number of the ranges, in their order."""
    if sum(high - low + 1 for low, high in ranges) > NUMBER_LIMIT:
        raise ProtocolError(f"a set stands for more than {NUMBER_LIMIT:,} messages")
    return list(chain.from_iterable(range(low, high + 1) for low, high in ranges))

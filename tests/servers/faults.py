"""Where in a stream of octets which fault strikes; pure, so that it holds whatever the segmentation.

A place is a position in the stream as it arrived, before any fault changed it. "After" places are reached as
soon as the octets before them have passed; "before" places once the first octet behind them is here, which
for a pattern means the whole of it. While the end of what arrived may be the beginning of a match, it is held
back; `release` lets it go when nothing follows. What a place can no longer stop strikes nothing: counts tell.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

LINE = -1
"""In place of a count of octets: up to the end of the line that stands there."""


class Direction(Enum):
    """Which way octets go."""

    UP = "up"
    """From the client to the server."""
    DOWN = "down"
    """From the server to the client."""


@dataclass(frozen=True, slots=True)
class AfterBytes:
    """After exactly so many octets of that direction."""

    count: int


@dataclass(frozen=True, slots=True)
class BeforePattern:
    """Before the n-th match of these octets."""

    pattern: bytes
    nth: int = 1


@dataclass(frozen=True, slots=True)
class AfterPattern:
    """After the n-th match of these octets."""

    pattern: bytes
    nth: int = 1


@dataclass(frozen=True, slots=True)
class BeforeLine:
    """Before the first octet of the n-th line, from 1."""

    number: int


Place = AfterBytes | BeforePattern | AfterPattern | BeforeLine


@dataclass(frozen=True, slots=True)
class Close:
    """End the connection to both sides in good order."""


@dataclass(frozen=True, slots=True)
class Reset:
    """End the connection to both sides by RST."""


@dataclass(frozen=True, slots=True)
class HalfClose:
    """Say "end" in this direction only; what follows there is thrown away."""


@dataclass(frozen=True, slots=True)
class HalfWrite:
    """Pass on half of the line that stands there, then close."""


@dataclass(frozen=True, slots=True)
class Hang:
    """Let nothing more pass in this direction, and stay open."""


@dataclass(frozen=True, slots=True)
class Delay:
    """Wait once."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Latency:
    """Let everything from here on arrive later, as over a long line."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Throttle:
    """Pass no more than so many octets a second from here on."""

    rate: int


@dataclass(frozen=True, slots=True)
class Segments:
    """Pass segments of so many octets from here on, each sent by itself."""

    size: int = 1


@dataclass(frozen=True, slots=True)
class Flip:
    """Garble octets: turn over the bits of `mask` in each."""

    count: int = 1
    mask: int = 0x01


@dataclass(frozen=True, slots=True)
class Replace:
    """Pass other octets in the place of `count`."""

    octets: bytes
    count: int = LINE


@dataclass(frozen=True, slots=True)
class Insert:
    """Pass octets that nobody sent."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class Drop:
    """Lose octets."""

    count: int = LINE


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Pass octets twice."""

    count: int = LINE


End = Close | Reset | HalfClose | HalfWrite | Hang
Edit = Flip | Replace | Insert | Drop | Duplicate
Action = End | Edit | Delay | Latency | Throttle | Segments


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens, where, in which direction."""

    direction: Direction
    place: Place
    action: Action


Step = bytes | Fault
"""Octets to pass on, or a fault that strikes now; of an edit the outcome follows as octets."""


@dataclass(slots=True, eq=False)
class _Sought:
    """A fault that has not struck yet."""

    fault: Fault
    at: int | None = None
    """Where it strikes, once that is known."""
    searched: int = 0
    """Where the search for its pattern goes on."""
    left: int = 1
    """Matches still to find, this one included."""

    @property
    def pattern(self) -> bytes:
        match self.fault.place:
            case BeforePattern(pattern) | AfterPattern(pattern):
                return pattern
        return b"\n"

    @property
    def stops(self) -> bool:
        """Whether it has to be known before its pattern has passed."""
        return isinstance(self.fault.place, BeforePattern)

    @property
    def waits(self) -> bool:
        """Whether an octet behind the place has to be here."""
        return isinstance(self.fault.place, BeforePattern | BeforeLine)


def _sought(fault: Fault) -> _Sought:
    match fault.place:
        case AfterBytes(count):
            return _Sought(fault, at=count)
        case BeforeLine(number):
            return _Sought(fault, at=0 if number == 1 else None, left=number - 1)
        case BeforePattern(pattern, nth) | AfterPattern(pattern, nth):
            if not pattern:
                raise ValueError("a pattern has at least one octet")
            return _Sought(fault, left=nth)


@dataclass(slots=True, eq=False)
class _Taking:
    """An action that needs the octets behind its place first."""

    fault: Fault
    count: int
    taken: bytearray = field(default_factory=bytearray)


class Stream:
    """One direction of one connection."""

    def __init__(self, faults: Sequence[Fault] = ()) -> None:
        self.over = False
        """Whether a fault ended this direction; nothing passes any more."""
        self._sought = [_sought(fault) for fault in faults]
        self._keep = max((len(sought.pattern) for sought in self._sought), default=0)
        self._data = bytearray()
        """What arrived and is held back, and as much before it as a pattern may reach into."""
        self._start = 0
        """The position of the first octet of `_data`."""
        self._passed = 0
        """The position up to which everything was dealt with."""
        self._taking: _Taking | None = None

    @property
    def holds(self) -> bool:
        """Whether octets are held back."""
        return not self.over and (self._taking is not None or self._passed < self._end)

    def feed(self, data: bytes) -> list[Step]:
        """Take octets as they arrive; say what passes and what strikes. Begin with none: a place may be 0."""
        if self.over:
            return []
        self._data += data
        for sought in self._sought:
            self._search(sought)
        return list(self._steps(held=True))

    def release(self) -> list[Step]:
        """Let go what is held back, for nothing followed."""
        return [] if self.over else list(self._steps(held=False))

    @property
    def _end(self) -> int:
        return self._start + len(self._data)

    def _search(self, sought: _Sought) -> None:
        while sought.at is None:
            found = self._data.find(sought.pattern, max(0, sought.searched - self._start))
            if found < 0:
                sought.searched = max(sought.searched, self._end - len(sought.pattern) + 1)
                return
            place = self._start + found
            sought.searched = place + len(sought.pattern)
            sought.left -= 1
            if sought.left == 0:
                sought.at = place if sought.stops else sought.searched
                if sought.stops and place < self._passed:
                    self._sought = [one for one in self._sought if one is not sought]
                    return

    def _steps(self, held: bool) -> Iterator[Step]:
        while not self.over:
            if self._taking is not None:
                if not self._take(self._taking, held):
                    break
                taking, self._taking = self._taking, None
                yield from self._outcome(taking.fault, bytes(taking.taken))
            elif (sought := self._next()) is not None:
                assert sought.at is not None
                yield from self._pass(sought.at)
                self._sought.remove(sought)
                yield from self._strike(sought.fault)
            else:
                yield from self._pass(self._held_from() if held else self._end)
                break
        self._forget()

    def _next(self) -> _Sought | None:
        """The fault that strikes next within what is here."""
        ready = [
            sought
            for sought in self._sought
            if sought.at is not None and (sought.at < self._end if sought.waits else sought.at <= self._end)
        ]
        return min(ready, key=lambda sought: sought.at or 0, default=None)

    def _held_from(self) -> int:
        """Where the first match may begin that is not complete yet."""
        places = [self._end]
        for sought in self._sought:
            if sought.at is None and sought.stops:
                places.append(self._end - self._overlap(sought))
        return max(self._passed, min(places))

    def _overlap(self, sought: _Sought) -> int:
        """How many octets at the end may begin the pattern."""
        longest = min(len(sought.pattern) - 1, self._end - sought.searched)
        return next((size for size in range(longest, 0, -1) if self._data.endswith(sought.pattern[:size])), 0)

    def _pass(self, position: int) -> Iterator[Step]:
        """Pass on what lies before a position."""
        if position > self._passed:
            octets = bytes(self._data[self._passed - self._start : position - self._start])
            self._passed = position
            yield octets

    def _strike(self, fault: Fault) -> Iterator[Step]:
        match fault.action:
            case HalfWrite():
                self._taking = _Taking(fault, LINE)
            case Flip(count=count) | Replace(count=count) | Drop(count=count) | Duplicate(count=count):
                self._taking = _Taking(fault, count)
            case Insert(octets):
                yield fault
                yield octets
            case _:
                self.over = isinstance(fault.action, End)
                yield fault

    def _take(self, taking: _Taking, held: bool) -> bool:
        """Take the octets that an action needs; whether it has them all, or has to do with what there is."""
        here = self._data[self._passed - self._start :]
        if taking.count == LINE:
            size = here.find(b"\n") + 1
            done = size > 0
            size = size or len(here)
        else:
            size = min(len(here), taking.count - len(taking.taken))
            done = len(taking.taken) + size == taking.count
        taking.taken += here[:size]
        self._passed += size
        return done or (not held and bool(taking.taken))

    def _outcome(self, fault: Fault, octets: bytes) -> Iterator[Step]:
        match fault.action:
            case HalfWrite():
                self.over = True
                yield from (octets[: len(octets) // 2], fault)
            case Flip(mask=mask):
                yield from (fault, bytes(octet ^ mask for octet in octets))
            case Replace(instead):
                yield from (fault, instead)
            case Duplicate():
                yield from (fault, octets + octets)
            case _:
                yield fault

    def _forget(self) -> None:
        """Drop what no pattern can reach any more."""
        spare = self._passed - self._keep - self._start
        if spare > 0:
            del self._data[:spare]
            self._start += spare

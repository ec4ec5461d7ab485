"""Plans of faults in words, for the command line: `down bytes 100 reset; up before 'UID MOVE' 2 hang`.

A fault is a direction (`up`, `down`), a place (`bytes N`, `before PATTERN [NTH]`, `after PATTERN [NTH]`,
`line N`) and an action with its arguments; faults of a plan are apart by `;`. Quoted words may hold `\\r\\n`.
"""

import shlex
from collections.abc import Callable, Iterator

from tests.servers.faults import (
    Action,
    AfterBytes,
    AfterPattern,
    BeforeLine,
    BeforePattern,
    Close,
    Delay,
    Direction,
    Drop,
    Duplicate,
    Fault,
    Flip,
    HalfClose,
    HalfWrite,
    Hang,
    Insert,
    Latency,
    Place,
    Replace,
    Reset,
    Segments,
    Throttle,
)


def octets(word: str) -> bytes:
    """Read a word with its escapes, such as `\\r\\n`."""
    return word.encode("latin-1").decode("unicode_escape").encode("latin-1")


Reader = Callable[[str], object]
ACTIONS: dict[str, tuple[Callable[..., Action], tuple[Reader, ...]]] = {
    "close": (Close, ()),
    "reset": (Reset, ()),
    "half-close": (HalfClose, ()),
    "half-write": (HalfWrite, ()),
    "hang": (Hang, ()),
    "delay": (Delay, (float,)),
    "latency": (Latency, (float,)),
    "throttle": (Throttle, (int,)),
    "segments": (Segments, (int,)),
    "flip": (Flip, (int, int)),
    "replace": (Replace, (octets, int)),
    "insert": (Insert, (octets,)),
    "drop": (Drop, (int,)),
    "duplicate": (Duplicate, (int,)),
}
"""Actions by name, with what reads their arguments; those with a usual value may be left out."""


def read_plan(text: str) -> tuple[Fault, ...]:
    """Read the faults of one connection; ValueError with the words that cannot be read."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars=";")
    lexer.whitespace_split = True
    lexer.commenters = ""
    lexer.escape = ""
    words: list[list[str]] = [[]]
    for word in lexer:
        words.append([]) if word == ";" else words[-1].append(word)
    return tuple(_fault(part) for part in words)


def spoken(fault: Fault) -> str:
    """A fault in the words that `read_plan` reads, without the arguments of its action."""
    match fault.place:
        case AfterBytes(count):
            place = f"bytes {count}"
        case BeforeLine(number):
            place = f"line {number}"
        case BeforePattern(pattern, nth):
            place = f"before {pattern!r} {nth}"
        case AfterPattern(pattern, nth):
            place = f"after {pattern!r} {nth}"
    action = next(name for name, (kind, _) in ACTIONS.items() if kind is type(fault.action))
    return f"{fault.direction.value} {place} {action}"


def _fault(words: list[str]) -> Fault:
    left = iter(words)
    try:
        direction = Direction(next(left))
        place, action = _place(left)
        make, readers = ACTIONS[action]
        arguments = list(left)
        if len(arguments) > len(readers):
            raise ValueError
        return Fault(
            direction,
            place,
            make(*(read(word) for read, word in zip(readers, arguments, strict=False))),
        )
    except (ValueError, KeyError, TypeError, StopIteration):
        raise ValueError(f"“{' '.join(words)}” is no fault") from None


def _place(words: Iterator[str]) -> tuple[Place, str]:
    """A place, and the word behind it."""
    kind, what = next(words), next(words)
    if kind == "bytes":
        return AfterBytes(int(what)), next(words)
    if kind == "line":
        return BeforeLine(int(what)), next(words)
    behind = next(words)
    nth, behind = (int(behind), next(words)) if behind.isdigit() else (1, behind)
    if kind == "before":
        return BeforePattern(octets(what), nth), behind
    if kind == "after":
        return AfterPattern(octets(what), nth), behind
    raise ValueError(kind)

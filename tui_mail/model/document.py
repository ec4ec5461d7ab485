"""The text of a letter as blocks that know no width.

`mime` makes them, the engine hands them on, the screen lays them out. All text in them is safe.
"""

from dataclasses import dataclass
from enum import Enum, IntFlag

from tui_mail.model.safe_text import EMPTY, SafeText


class Style(IntFlag):
    """How a run of text is set."""

    PLAIN = 0
    BOLD = 1
    ITALIC = 2
    UNDERLINE = 4
    STRIKE = 8
    CODE = 16
    DIM = 32


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text in one style."""

    text: SafeText
    """May hold newlines only in a PREFORMATTED block and after a hard break."""
    style: Style = Style.PLAIN
    link: int = 0
    """Number of the link it belongs to, from 1, an index + 1 into `Document.links`; 0 = none."""


class BlockKind(Enum):
    """What a block is."""

    PARAGRAPH = "paragraph"
    HEADING = "heading"
    ITEM = "item"
    PREFORMATTED = "preformatted"
    RULE = "rule"
    SIGNATURE = "signature"


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph or its kin. A blank line stands between two blocks unless both are ITEM or `tight`."""

    kind: BlockKind
    runs: tuple[Run, ...] = ()
    quote: int = 0
    """How many quotes it stands in."""
    level: int = 0
    """HEADING: 1 to 6. ITEM: depth of its list, from 1."""
    marker: SafeText = EMPTY
    """ITEM: "•", "3." and the like; "" for a further paragraph of the same item."""
    tight: bool = False
    """No blank line before it."""


@dataclass(frozen=True, slots=True)
class Document:
    """A whole text."""

    blocks: tuple[Block, ...]
    links: tuple[SafeText, ...] = ()
    """Targets, http, https or mailto only, in the order of their numbers."""
    remote_images: int = 0
    """Pictures that would have been loaded from elsewhere; they never are."""
    trackers: int = 0
    """Of these, those of at most two pixels."""
    notice: SafeText = EMPTY
    """One sentence on what was left out (too large, damaged), or ""."""

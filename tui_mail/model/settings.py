"""What the user may choose beside accounts."""

from dataclasses import dataclass, field
from enum import StrEnum


class Layout(StrEnum):
    """How the panes stand."""

    AUTO = "auto"
    """By width: one pane below 100 columns, stacked below 160, then columns."""
    COLUMNS = "columns"
    STACKED = "stacked"
    SINGLE = "single"


class Density(StrEnum):
    """Lines a row takes; AUTO is cosy in columns and compact elsewhere."""

    AUTO = "auto"
    COMPACT = "compact"
    COSY = "cosy"


class How(StrEnum):
    """How new mail is announced."""

    AUTO = "auto"
    """By the desktop where there is one, else by the terminal if it is known to announce, else by a bell."""
    BELL = "bell"
    TERMINAL = "terminal"
    """By a sequence that asks the terminal to do it (OSC 9 or 777)."""
    DESKTOP = "desktop"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of every day in which nothing is announced, in minutes since midnight."""

    start: int
    end: int
    """The first minute after them; below `start` where they go over midnight."""

    def holds(self, minute: int) -> bool:
        """Tell whether a minute of the day lies within."""
        if self.start <= self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end


@dataclass(frozen=True, slots=True)
class Notify:
    """The `[notify]` table of the configuration."""

    how: How = How.AUTO
    folders: tuple[str, ...] = ("inbox",)
    """Names, "account/name", names of roles, or "*" for all but drafts, sent, junk and trash."""
    quiet: Quiet | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """The `[settings]` table of the configuration."""

    theme: str = ""
    """Name of a theme; "" = by the terminal's ground."""
    layout: Layout = Layout.AUTO
    density: Density = Density.AUTO
    ascii: bool = False
    """Marks and icons in plain ASCII."""
    mark_read_after: float = 0.0
    """Seconds until an opened message counts as read; 0 = at once, negative = never by itself."""
    disk_limit: int = 2_000
    """Megabytes that mail may take that is on a server too; 0 = any number.

    Beyond it the text of what was read longest ago is given up, and fetched again when it is opened.
    """
    keys: dict[str, str] = field(default_factory=dict)
    """Command id → keys, comma-separated; replaces the default keys of that command."""
    notify: Notify = field(default_factory=Notify)

    @property
    def disk_octets(self) -> int:
        """`disk_limit` in octets."""
        return self.disk_limit * 1_000_000

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
    keys: dict[str, str] = field(default_factory=dict)
    """Command id → keys, comma-separated; replaces the default keys of that command."""

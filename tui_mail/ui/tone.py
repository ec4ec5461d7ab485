"""How loud a few words are; the value names the ink."""

from enum import Enum


class Tone(Enum):
    """The kind of a notice or badge."""

    QUIET = "dim"
    DONE = "done"
    WARNING = "warning"
    ERROR = "error"

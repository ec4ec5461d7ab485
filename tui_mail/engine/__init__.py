"""All that the screen and the commands may call. It knows no screen."""

from tui_mail.engine.engine import AccountReport, Engine
from tui_mail.engine.lock import is_held

__all__ = ["AccountReport", "Engine", "is_held"]

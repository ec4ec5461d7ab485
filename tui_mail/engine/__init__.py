"""All that the screen and the commands may call. It knows no screen."""

from tui_mail.engine.engine import AccountReport, Engine

__all__ = ["AccountReport", "Engine"]

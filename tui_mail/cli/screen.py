"""The screen on the user's own mail."""

import asyncio
import os
import sys
from functools import partial

from tui_mail.cli import output
from tui_mail.cli.arguments import Arguments

NO_TERMINAL = 2


def open_screen(call: Arguments) -> int:
    """Open the screen; without an account it welcomes and offers the demo."""
    if call.json:
        return refused("--json needs a command", "for example: tui-mail list --json")
    if refusal := no_terminal():
        return refusal
    # 165 ms: whoever has no terminal is told without the screen's libraries
    from tui_mail.cli.opening import open_setting
    from tui_mail.cli.stage import Stage
    from tui_mail.config import file
    from tui_mail.engine import Engine
    from tui_mail.ui.app import MailApp

    setting = open_setting(call)
    home, config = setting.home, setting.config
    start = partial(
        Engine.start,
        home,
        config.accounts,
        setting.secrets,
        take_over=True,
        follow=True,
        disk_limit=config.settings.disk_octets,
    )
    engine = asyncio.run(start()) if config.accounts else None
    stage = Stage()
    try:
        app = MailApp(
            engine,
            config.settings,
            home_label=home.profile,
            start_demo=stage.start,
            save_setting=partial(file.set_setting, home.config_file),
            themes=home.config_dir / "themes",
        )
        app.run()
        if app.failure is not None:
            raise app.failure
        return app.return_code or 0
    finally:
        asyncio.run(stage.stop())
        if engine is not None:
            asyncio.run(engine.stop())


def no_terminal() -> int:
    """Return 0 where a screen can be shown, else say why not and return the exit code."""
    for name, stream in (("input", sys.stdin), ("output", sys.stdout), ("error output", sys.stderr)):
        if stream is None or not stream.isatty():
            return refused(
                f"The screen needs a terminal, and standard {name} is none",
                "without one: tui-mail sync, list, show and the others of tui-mail --help",
            )
    if os.environ.get("TERM") == "dumb":
        return refused(
            "This terminal (TERM=dumb) cannot place text on a screen",
            "tui-mail list and show print plain lines",
        )
    return 0


def refused(sentence: str, hint: str) -> int:
    """Say why a call cannot be carried out and return its exit code."""
    output.note(f"tui-mail: {sentence}\n  {hint}")
    return NO_TERMINAL

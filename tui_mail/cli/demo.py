"""`demo`: the screen on made-up mail, without an account and without touching anything of the user's."""

import asyncio
from functools import partial

from tui_mail.cli import log, output
from tui_mail.cli.arguments import Arguments
from tui_mail.cli.screen import no_terminal
from tui_mail.config import file
from tui_mail.model.settings import Settings


class DemoArguments(Arguments):
    """Arguments of `demo`."""

    serve: bool


def demo(call: DemoArguments) -> int:
    """Open the screen on made-up mail, or only serve it."""
    if call.serve:
        asyncio.run(_serve())
        return 0
    return no_terminal() or _show()


def _show() -> int:
    # 165 ms: --serve and a refusal do without the screen's libraries
    from tui_mail.cli.stage import Stage
    from tui_mail.ui.app import MailApp

    stage = Stage()
    try:
        engine = asyncio.run(stage.start())
        log.begin(stage.home.log_file)
        app = MailApp(
            engine,
            Settings(),
            home_label="demo",
            start_demo=None,
            save_setting=partial(file.set_setting, stage.home.config_file),
        )
        app.run()
        if app.failure is not None:
            raise app.failure
        return app.return_code or 0
    finally:
        asyncio.run(stage.stop())


async def _serve() -> None:
    # 18 ms: only where the demo is wanted
    from tui_mail.demo.post_office import PostOffice

    async with PostOffice() as office:
        for account in office.accounts:
            server, password, smtp = account.imap, office.passwords[account.key], account.smtp
            assert smtp is not None
            facts = {"account": account.key, "email": account.email, "username": account.username}
            ports = {"host": server.host, "port": server.port, "smtp_port": smtp.port}
            output.record({**facts, "password": password, **ports})
        output.flush()
        output.note("Serving until Ctrl-C, without TLS, on this machine only")
        await asyncio.Event().wait()

"""The screen follows what the engine tells: names, counts, how accounts stand, messages that come and go."""

from dataclasses import replace
from typing import TYPE_CHECKING

from tui_mail.ui import messages as news
from tui_mail.ui.standing import Standing
from tui_mail.ui.tone import Tone

if TYPE_CHECKING:
    from tui_mail.engine import Engine
    from tui_mail.ui.screens.main import MainScreen


class Following:
    """Takes in one piece of news after the other."""

    def __init__(self, main: "MainScreen", engine: "Engine") -> None:
        self._main = main
        self._reading = engine.reading

    async def take(self, told: news.News) -> None:
        """Show what changed."""
        main = self._main
        if not isinstance(told, news.MailNews | news.BodyNews):
            main.pages.changed()
        match told:
            case news.FolderNews():
                await main.guarded(self._folders_changed())
            case news.AccountNews():
                main.standing = replace(main.standing, statuses=self._reading.statuses())
                main.show_standing()
            case news.MailNews(ids=ids):
                await (main.messages.rescan() if ids is None else main.messages.apply(ids))
            case news.BodyNews(id=id):
                await main.opening.body_arrived(id)
            case news.RevertNews(operation=operation):
                await main.guarded(self._reverted(operation))

    async def read_standing(self) -> None:
        """Take names, counts and how all stands from the store."""
        main, reading = self._main, self._reading
        standing = main.standing = Standing(
            await reading.accounts(),
            await reading.folders(),
            await reading.counters(),
            reading.statuses(),
            await reading.waiting(),
        )
        main.letter.mine = frozenset(account.email.casefold() for account in standing.accounts)
        main.folders.update_folders(standing.accounts, standing.folders, standing.counters)

    async def _folders_changed(self) -> None:
        main = self._main
        await self.read_standing()
        view = main.messages.view
        if view is not None and main.standing.settled(view) != view:
            await main.navigation.open(view)
        main.show_standing()

    async def _reverted(self, operation: int) -> None:
        """Say what the server refused."""
        self._main.say(await self._reading.operation_sentence(operation), Tone.ERROR)

"""The main screen: folders, list and reader, placed by the room there is; title, status and hints around.

It holds the panes and what they say to each other. What is done to mail is in `triage`, what is open in
`opening`, where to go in `navigation`, what keys do in `keyboard`; what the engine tells goes to `following`.
"""

import os
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Static

from tui_mail.model.errors import MailError
from tui_mail.model.folder import Role, RoleView
from tui_mail.model.safe_text import SafeText, joined, safe_text
from tui_mail.model.settings import Settings
from tui_mail.ui import messages as news
from tui_mail.ui import pages
from tui_mail.ui.arrangement import Split
from tui_mail.ui.commands import BY_ID, Command, Scope
from tui_mail.ui.conductor import Conductor
from tui_mail.ui.foldering import Foldering
from tui_mail.ui.following import Following
from tui_mail.ui.format import Icons, content
from tui_mail.ui.heralding import Herald
from tui_mail.ui.journal_page import JournalPage
from tui_mail.ui.keyboard import Keyboard
from tui_mail.ui.keymap import Keymap
from tui_mail.ui.mending import Mending
from tui_mail.ui.navigation import Navigation
from tui_mail.ui.opening import Opening
from tui_mail.ui.pages import Pages
from tui_mail.ui.panes import Panes
from tui_mail.ui.route_page import RoutePage
from tui_mail.ui.searching import Search
from tui_mail.ui.standing import Standing
from tui_mail.ui.sync_page import SyncPage
from tui_mail.ui.tone import Tone
from tui_mail.ui.triage import Triage
from tui_mail.ui.wardrobe import Wardrobe
from tui_mail.ui.widgets.divider import Divider
from tui_mail.ui.widgets.folder_tree import FolderTree
from tui_mail.ui.widgets.hints import HintLine
from tui_mail.ui.widgets.message_list import MessageList
from tui_mail.ui.widgets.message_view import MessageView
from tui_mail.ui.widgets.page_view import PageView
from tui_mail.ui.widgets.search_line import SearchLine
from tui_mail.ui.widgets.status import Notice, StatusLine
from tui_mail.ui.widgets.title import Title, TitleBar

if TYPE_CHECKING:
    from tui_mail.engine import Engine

ROOM = SafeText("tui-mail needs 40 columns and 10 lines")
TICK = 1.0
"""Seconds between two looks at the clock: waiting times count down, dates age."""
T = TypeVar("T")


class MainScreen(Screen[None]):
    """Reading mail."""

    standing: Standing
    """How things stand with accounts and folders."""
    keymap: Keymap
    keyboard: Keyboard
    following: Following
    triage: Triage
    foldering: Foldering
    opening: Opening
    navigation: Navigation
    search: Search
    mending: Mending
    panes: Panes
    pages: Pages
    journal: JournalPage
    sync: SyncPage
    route: RoutePage
    folders: FolderTree
    messages: MessageList
    letter: MessageView
    """The reader."""

    def __init__(
        self,
        engine: "Engine",
        settings: Settings,
        home_label: str,
        save_setting: Callable[[str, object], None],
        wardrobe: Wardrobe,
        emit: Callable[[str], None],
    ) -> None:
        super().__init__()
        self.wardrobe = wardrobe
        icons = Icons.of(ascii=settings.ascii)
        self._icons = icons
        self._engine = engine
        self._home = safe_text(home_label)
        self.save_setting = save_setting
        self.standing = Standing()
        self.keymap = Keymap(settings.keys)
        self.keyboard = Keyboard(self, self.keymap)
        self.following = Following(self, engine)
        self._conductor = Conductor(self, self.complain)
        self.triage = Triage(self, engine)
        self.foldering = Foldering(self, engine)
        self.opening = Opening(self, engine, settings.mark_read_after)
        self.navigation = Navigation(self, engine)
        self.search = Search(self, engine)
        self.mending = Mending(self, engine)
        self._herald = Herald(self, engine, settings.notify, os.environ, emit)
        self.folders = FolderTree(icons, id="tree")
        self.title_bar = TitleBar(icons, id="title")
        self.messages = MessageList(engine.reading, icons, settings.density, id="messages")
        self.letter = MessageView(settings, icons, id="letter")
        self.ready = False
        """Whether the first list is painted."""
        self.status = StatusLine(icons, id="status")
        self.panes = Panes(self, icons, settings.layout)
        self.pages = Pages(self)
        self.journal = JournalPage(self, engine, icons)
        self.sync = SyncPage(self, engine, icons)
        self.route = RoutePage(self, engine, icons)

    def compose(self) -> ComposeResult:
        """The panes, the pages that take their place, and two lines beneath."""
        yield self.panes.row
        yield self.journal.body
        yield self.sync.body
        yield self.route.body
        yield self.status
        yield self.keyboard.hints
        yield self.keyboard.which_key
        yield Static(content(ROOM), id="room", markup=False)

    async def on_mount(self) -> None:
        """Paint from the store, before anything connects; what changes meanwhile waits in the queue."""
        events = self._engine.events()
        self.keyboard.which_key.hide()
        self.panes.focus(Scope.LIST)
        await self.guarded(self.following.read_standing())
        await self.guarded(self.navigation.open(RoleView(Role.INBOX)))
        self.opening.invite()
        self.ready = True
        if self.keymap.problems:
            self.say(joined(self.keymap.problems, "; "), Tone.WARNING)
        self.set_interval(TICK, self.show_standing)
        self.set_interval(pages.TICK, self.pages.tick)
        self.run_worker(news.pump(events, self), group="pump")
        self.run_worker(self.guarded(self._herald.run()), group="herald")

    # Commands

    def run(self, command: Command) -> None:
        """Run a command, after those that still work."""
        self._conductor.run(command)

    @property
    def scope(self) -> Scope:
        """The page that shows, else the pane that has the focus."""
        return self.pages.shown.scope if self.pages.shown else self.panes.focused()

    def say(self, text: SafeText, tone: Tone = Tone.QUIET, command: str = "") -> None:
        """Say something on the status line."""
        self.status.say(Notice(text, tone, command))

    def complain(self, error: MailError) -> None:
        """Say what went wrong and what helps."""
        self.say(safe_text(f"{error} — {error.hint}" if error.hint else str(error)), Tone.ERROR)

    async def guarded(self, work: Awaitable[T]) -> T | None:
        """Await something of the engine's; its declared errors become a notice."""
        try:
            return await work
        except MailError as error:
            self.complain(error)
            return None

    # Panes

    def back(self) -> bool:
        """Go one step back; False when there is none."""
        if self.pages.close():
            return True
        if self.scope is Scope.LIST:
            return self.messages.clear_selection() or self.search.end()
        self.panes.focus(Scope.LIST)
        return True

    def quit(self) -> bool:
        """Leave the program."""
        self.app.exit()
        return True

    def on_resize(self) -> None:
        """Place the panes for the new size."""
        self.panes.place()

    @on(Divider.Dragged)
    def divider_dragged(self, event: Divider.Dragged) -> None:
        """Move the border of two panes."""
        self.panes.dragged(event)

    def on_descendant_focus(self) -> None:
        """Hint at what the focused pane offers."""
        self.panes.follow_focus()
        self.keyboard.hint()

    # What the panes say

    def show_standing(self) -> None:
        """Show how things stand in title, tree and status line."""
        standing, view, now = self.standing, self.messages.view, time.time()
        total, unread = standing.counts(view) or (self.messages.count, 0)
        done, expected = standing.progress(view)
        self.title_bar.show(
            Title(
                name=standing.name(view),
                where=standing.where(view),
                total=total,
                unread=unread,
                new_above=self.messages.new_above,
                done=done,
                expected=expected if expected > done else 0,
                trouble=SafeText("") if self.panes.arrangement.tree else standing.trouble(now, self._icons),
            )
        )
        self.folders.update_statuses(standing.statuses)
        self._herald.title()
        waiting = Notice(standing.waits(self._icons), command="go.journal")
        self.status.show(waiting, *map(Notice, (*standing.right(view, now, self._icons), self._home)))
        self.messages.set_empty(standing.empty(view, self.keymap.shown("app.refresh")))

    @on(MessageList.Changed)
    def list_changed(self) -> None:
        """Keep title and hints true."""
        self.show_standing()
        self.keyboard.hint()

    @on(MessageList.Opened)
    def row_opened(self, event: MessageList.Opened) -> None:
        """Read what was clicked."""
        self.opening.open(event.id)
        if self.panes.arrangement.split is Split.NONE:
            self.panes.focus(Scope.READER)

    @on(MessageList.MarkClicked)
    async def mark_clicked(self, event: MessageList.MarkClicked) -> None:
        """Toggle the mark that was clicked."""
        await self.guarded(self.triage.toggle_these([event.id], event.flag))

    @on(MessageList.Trouble)
    def list_trouble(self, event: MessageList.Trouble) -> None:
        """Say what is wrong with the store."""
        self.complain(event.error)

    @on(TitleBar.NewerWanted)
    def newer_wanted(self) -> None:
        """Go to what came in above."""
        self.messages.go_to(0)

    @on(FolderTree.Opened)
    async def folder_opened(self, event: FolderTree.Opened) -> None:
        """Show a folder."""
        await self.guarded(self.navigation.choose(event.view))

    @on(SearchLine.Typed)
    @on(SearchLine.Wanted)
    def search_told(self, event: SearchLine.Typed | SearchLine.Wanted) -> None:
        """Follow what is typed into the search."""
        self.search.take(event)

    @on(PageView.Told)
    def page_told(self, event: PageView.Told) -> None:
        """Let the page that shows answer."""
        self.pages.take(event)

    @on(FolderTree.AccountChosen)
    def account_chosen(self, event: FolderTree.AccountChosen) -> None:
        """Do what mends an account."""
        self.run_worker(self.guarded(self.mending.mend(event.account)), group="account")

    @on(HintLine.Clicked)
    @on(StatusLine.Clicked)
    def button_clicked(self, event: HintLine.Clicked | StatusLine.Clicked) -> None:
        """Run what was clicked."""
        self.run(BY_ID[event.command])

    @on(MessageView.LinkChosen)
    @on(MessageView.AttachmentChosen)
    def chosen_in_letter(self, event: MessageView.LinkChosen | MessageView.AttachmentChosen) -> None:
        """Ask what to do with a link, or where to save an attachment."""
        asking = (
            self.opening.link(event.url)
            if isinstance(event, MessageView.LinkChosen)
            else self.opening.save(event.path)
        )
        self.run_worker(self.guarded(asking), group="picker")

    @on(news.News)
    async def news_came(self, event: news.News) -> None:
        """Follow what the engine tells."""
        await self.following.take(event)
        event.taken.set()

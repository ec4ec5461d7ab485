"""Opening letters into the reader: what is open, what comes next, and what is inside of it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui_mail.model.errors import MailError
from tui_mail.model.folder import SearchView
from tui_mail.model.message import Flag, Letter
from tui_mail.model.part import Attachment
from tui_mail.model.safe_text import SafeText, safe_identity, safe_text
from tui_mail.ui import saving
from tui_mail.ui.commands import Scope
from tui_mail.ui.format import size_label
from tui_mail.ui.links import browser, host, open_in_browser
from tui_mail.ui.screens.ask import Ask
from tui_mail.ui.screens.picker import Choice, Picker
from tui_mail.ui.tone import Tone

if TYPE_CHECKING:
    from tui_mail.engine import Engine
    from tui_mail.ui.screens.main import MainScreen

END_OF_TIME = 2**62


class Opening:
    """The letter in the reader."""

    def __init__(self, main: "MainScreen", engine: "Engine", mark_read_after: float) -> None:
        self._main = main
        self._engine = engine
        self._mark_read_after = mark_read_after
        self.id: int | None = None
        """The message in the reader."""
        self.letter: Letter | None = None

    @property
    def has_attachments(self) -> bool:
        """Whether the open letter carries any."""
        return bool(self.letter and self.letter.attachments)

    @property
    def has_links(self) -> bool:
        """Whether the open letter holds any."""
        return bool(self.letter and self.letter.document and self.letter.document.links)

    def open_cursor(self) -> None:
        """Open the message under the cursor and go to the reader."""
        if (id := self._main.messages.cursor_id) is not None:
            self.open(id)
            self._main.panes.focus(Scope.READER)

    def open(self, id: int) -> None:
        """Put a message into the reader."""
        self.id = id
        self._main.run_worker(self._open(id), group="letter", exclusive=True)

    async def _open(self, id: int) -> None:
        try:
            letter = await self._show(id)
            self._count_as_read(letter)
            if letter.document is None:
                await self._engine.acting.fetch_body(id)
                await self._show(id)
        except MailError as error:
            if self.id == id:
                self._main.complain(error)
                self._main.letter.show_waiting(safe_text(str(error)))

    async def _show(self, id: int) -> Letter:
        letter = await self._engine.reading.letter(id, self._main.messages.view)
        if self.id == id:
            self.letter = letter
            await self._main.letter.show(letter)
            self._main.keyboard.hint()
        return letter

    def _count_as_read(self, letter: Letter) -> None:
        if letter.flags & Flag.SEEN or self._mark_read_after < 0:
            return
        if self._mark_read_after == 0:
            self._mark_read(letter.id)
        else:
            self._main.set_timer(self._mark_read_after, lambda: self._mark_read(letter.id))

    def _mark_read(self, id: int) -> None:
        if id == self.id:
            view = self._main.messages.view
            mark = self._engine.acting.mark([id], view, add=Flag.SEEN, automatic=True)
            self._main.run_worker(self._main.guarded(mark), group="mark")

    async def body_arrived(self, id: int) -> None:
        """Show the text once it is here."""
        if id == self.id and self.letter is not None and self.letter.document is None:
            await self._main.guarded(self._show(id))

    async def look_again(self, ids: Sequence[int]) -> None:
        """Show what is new about the open message, if it is among these."""
        if self.id is not None and self.id in ids:
            await self._show(self.id)

    def left(self, ids: Sequence[int]) -> None:
        """Messages left the list: if the open one is among them, the next takes its place."""
        if self.id not in ids:
            return
        if self._main.scope is Scope.READER and self._main.messages.cursor_id is not None:
            self.open(self._main.messages.cursor_id)
        else:
            self.close()

    def close(self) -> None:
        """Empty the reader."""
        self.id = self.letter = None
        self._main.workers.cancel_group(self._main, "letter")
        self.invite()
        if self._main.scope is Scope.READER:
            self._main.panes.focus(Scope.LIST)
        self._main.keyboard.hint()

    def invite(self) -> None:
        """Say in an empty reader how to fill it."""
        key = self._main.keymap.shown("list.open")
        sentence = f"{key} reads a message" if key and self._main.messages.count else ""
        self._main.letter.show_placeholder(SafeText(sentence))

    def open_beside(self, rows: int) -> None:
        """Open the message before or after."""
        messages = self._main.messages
        before = messages.position
        messages.step(rows)
        if messages.position != before and messages.cursor_id is not None:
            self.open(messages.cursor_id)

    def read_on(self) -> object:
        """Turn the page; at the end go on to the next unread."""
        return None if self._main.letter.page_down() else self.open_unread(newer=False)

    async def open_unread(self, *, newer: bool) -> None:
        """Open the nearest unread message on one side; past the last, begin anew from the other end."""
        messages, reading = self._main.messages, self._engine.reading
        if messages.view is None:
            return
        if isinstance(messages.view, SearchView):
            self.open_beside(-1 if newer else 1)
            return
        found = await reading.unread_neighbour(messages.view, messages.cursor_moment, newer)
        found = found or await reading.unread_neighbour(messages.view, 0 if newer else END_OF_TIME, newer)
        if found is None:
            self._main.say(SafeText("Nothing unread here"))
            return
        moment, id = found
        messages.go_to_moment(moment)
        self.open(id)
        self._main.panes.focus(Scope.READER)

    # What is inside

    async def attachments(self) -> None:
        """Choose an attachment and where to save it."""
        letter = self.letter
        if letter is None:
            return
        choices = [
            Choice(
                a.name or safe_identity(a.media_type), a, safe_text(f"{a.media_type}   {size_label(a.size)}")
            )
            for a in letter.attachments
        ]
        chosen = await self._main.app.push_screen_wait(Picker("Save", choices))
        if chosen is not None:
            await self._save(letter.id, chosen)

    async def save(self, path: str) -> None:
        """Ask where to save the attachment that lies at a path of the letter."""
        if self.letter is None:
            return
        for attachment in self.letter.attachments:
            if attachment.path == path:
                await self._save(self.letter.id, attachment)

    async def _save(self, id: int, attachment: Attachment) -> None:
        name = self._engine.reading.file_name(attachment.name)
        question = Ask(SafeText("Save as"), str(saving.folder() / name))
        path = await self._main.app.push_screen_wait(question)
        if path is None:
            return
        content = await self._engine.reading.attachment(id, attachment.path)
        if content is None:
            raise MailError("The message is not on this machine yet")
        saved = await saving.save(content, path)
        self._main.say(safe_text(f"Saved {saved}"), Tone.DONE)

    async def links(self) -> None:
        """Choose a link; its true host is in front."""
        if self.letter is None or self.letter.document is None:
            return
        links = list(dict.fromkeys(self.letter.document.links))
        choices = [Choice(safe_text(f"{host(link)}   {link}"), link) for link in links]
        chosen = await self._main.app.push_screen_wait(Picker("Links", choices))
        if chosen is not None:
            await self.link(chosen)

    async def link(self, link: SafeText) -> None:
        """Ask what to do with a link, its whole target in sight."""
        choices = [Choice(SafeText("Copy the address"), "copy")]
        if program := browser():
            choices.append(Choice(safe_text(f"Open in {program[0]}"), "open"))
        wanted = await self._main.app.push_screen_wait(Picker(link, choices))
        if wanted == "copy":
            self._main.app.copy_to_clipboard(link)
            self._main.say(SafeText("Copied, if this terminal takes it"), Tone.DONE)
        elif wanted == "open":
            await open_in_browser(link)
            self._main.say(safe_text(f"Handed to {browser()[0]}"), Tone.DONE)

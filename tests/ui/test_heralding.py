"""New mail said aloud: by which means, and that it can drive nothing."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.hostile import ESCAPES
from tests.ui.letters import Letter
from tests.ui.stage import Stage, stage
from tui_mail.engine.announcing import Clock
from tui_mail.model.message import Flag
from tui_mail.model.safe_text import safe_text
from tui_mail.model.settings import How, Notify, Settings
from tui_mail.ui.desktop import Notifier, notifier
from tui_mail.ui.terminal import BELL, Gate
from tui_mail.ui.voice import Speech, Voice, voice

DESKTOP = Notifier("/usr/bin/notify-send", operands=True)
HOSTILE = ("-rf", "--help", "$(touch owned)", "`touch owned`", "; touch owned", "a\nb", *ESCAPES.values())


def found(environment: Mapping[str, str]) -> Notifier | None:
    return DESKTOP if "DISPLAY" in environment else None


@pytest.mark.parametrize(
    ("how", "environment", "expected"),
    [
        (How.AUTO, {"DISPLAY": ":0", "TERM": "foot"}, Voice(DESKTOP)),
        (How.AUTO, {"TERM": "foot"}, Voice(None, Speech.RXVT)),
        (How.AUTO, {"TERM": "rxvt-unicode-256color"}, Voice(None, Speech.RXVT)),
        (How.AUTO, {"TERM_PROGRAM": "WezTerm"}, Voice(None, Speech.RXVT)),
        (How.AUTO, {"TERM_PROGRAM": "iTerm.app"}, Voice(None, Speech.ITERM)),
        (How.AUTO, {"KITTY_WINDOW_ID": "1"}, Voice(None, Speech.ITERM)),
        (How.AUTO, {"TERM": "xterm-256color"}, Voice()),
        (How.AUTO, {"TERM": "tmux-256color", "TMUX": "x", "KITTY_WINDOW_ID": "1"}, Voice()),
        (How.BELL, {"DISPLAY": ":0", "TERM": "foot"}, Voice()),
        (How.TERMINAL, {"DISPLAY": ":0", "TERM": "xterm"}, Voice(None, Speech.RXVT)),
        (How.DESKTOP, {"TERM": "foot"}, Voice()),
        (How.OFF, {"DISPLAY": ":0", "TERM": "foot"}, Voice()),
    ],
)
def test_the_nearest_means_is_taken(how: How, environment: dict[str, str], expected: Voice) -> None:
    assert voice(how, environment, found) == expected


@pytest.mark.parametrize(
    ("environment", "platform", "path"),
    [
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", "/bin/notify-send"),
        ({"DISPLAY": ":0"}, "linux", "/bin/notify-send"),
        ({"DISPLAY": ":10", "SSH_CONNECTION": "1 2 3 4"}, "linux", None),
        ({}, "linux", None),
        ({}, "darwin", "/bin/terminal-notifier"),
        ({"SSH_TTY": "/dev/ttys0"}, "darwin", None),
    ],
)
def test_a_desktop_announces_where_it_is_near(
    environment: dict[str, str], platform: str, path: str | None
) -> None:
    told = notifier(environment, platform=platform, which=lambda name: f"/bin/{name}")
    assert (told and told.path) == path
    assert notifier(environment, platform=platform, which=lambda _: None) is None


@pytest.mark.parametrize("operands", [True, False])
@pytest.mark.parametrize("payload", HOSTILE)
async def test_what_a_sender_writes_is_never_an_option_or_a_command(
    tmp_path: Path, payload: str, operands: bool
) -> None:
    program, told = tmp_path / "announce", tmp_path / "told"
    program.write_text(f'#!/bin/sh\nfor word; do printf "%s\\0" "$word"; done > {told}\ncat >> {told}\n')
    program.chmod(0o700)
    safe = safe_text(payload)
    speaker = Notifier(str(program), operands=operands)
    assert await speaker.say(safe, safe)
    words = told.read_text().split("\0")
    if operands:
        assert words[words.index("--") + 1] == safe
        assert all(word.startswith("--") for word in words[: words.index("--")])
    else:
        assert words[:-1] == ["-title", "tui-mail", "-group", "tui-mail"]
        assert words[-1] == f"{safe}\n{safe}"
    assert not list(Path.cwd().glob("owned"))


async def test_a_desktop_that_fails_is_told_of() -> None:
    nothing = safe_text("x")
    assert not await Notifier("/nowhere/notify-send", operands=True).say(nothing, nothing)
    assert not await Notifier("/bin/false", operands=True).say(nothing, nothing)


class Heard:
    """A screen whose terminal is listened to, and whose announcer waits for nothing."""

    def __init__(self, screen: Stage) -> None:
        self.screen = screen
        self.written: list[str] = []
        driver = screen.app._driver
        assert driver is not None
        driver.write = self.written.append  # type: ignore[method-assign]  # what a headless driver drops
        screen.main._herald._announcer._clock = Clock(sleep=lambda _: asyncio.sleep(0))

    async def announcement(self) -> str:
        """Return what was written to announce, once it is."""
        await self.screen.until(lambda: self.loud)
        return self.loud[0]

    @property
    def loud(self) -> list[str]:
        return [each for each in self.written if each == BELL or each.startswith(("\x1b]9;", "\x1b]777;"))]


LETTER = Letter("Ada [b]", "ada@example.net", "Figures; [red]soon\x1b[2J", "Text", 0, Flag.NONE)


async def test_new_mail_rings(tmp_path: Path) -> None:
    async with stage(tmp_path, settings=Settings(notify=Notify(How.BELL))) as screen:
        heard = Heard(screen)
        await screen.arrive("work", LETTER, new=True)
        assert await heard.announcement() == BELL


async def test_the_terminal_is_told_sender_and_subject(tmp_path: Path) -> None:
    async with stage(tmp_path, settings=Settings(notify=Notify(How.TERMINAL))) as screen:
        heard = Heard(screen)
        await screen.arrive("work", LETTER, new=True)
        said = await heard.announcement()
        assert "Ada [b]" in said
        assert "Figures, [red]soon␛[2J" in said
        assert Gate()(said) == said


async def test_what_another_view_hides_is_said_on_the_status_line_too(tmp_path: Path) -> None:
    async with stage(tmp_path, settings=Settings(notify=Notify(How.BELL))) as screen:
        heard = Heard(screen)
        await screen.press("g", "s")
        await screen.arrive("work", LETTER, new=True)
        await heard.announcement()
        await screen.until(lambda: "New Ada [b]: Figures" in screen.text())
        await screen.pilot.click(screen.main.status, offset=(6, 0))
        await screen.until(lambda: "Inbox" in screen.line(0))


async def test_a_first_fill_is_silent(tmp_path: Path) -> None:
    async with stage(tmp_path, settings=Settings(notify=Notify(How.BELL))) as screen:
        heard = Heard(screen)
        await screen.arrive("work", LETTER)
        await screen.until(lambda: screen.main.messages.count == 10)
        await screen.arrive("home", LETTER, new=True)
        await heard.announcement()
        assert len(heard.loud) == 1


async def test_the_window_is_named_after_what_is_unread(screen: Stage) -> None:
    heard = Heard(screen)
    await screen.press("I")
    await screen.until(lambda: "\x1b]2;(2) tui-mail\x07" in heard.written)
    await screen.press("ctrl+r")
    await screen.until(lambda: "\x1b]2;tui-mail\x07" in heard.written)

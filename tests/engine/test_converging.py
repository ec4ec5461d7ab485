"""Random changes on both sides, with lines that break anywhere: store and server end up the same.

The server is the model of the post office, so that another device can change it between any two lines. What
is checked in the end: both sides hold the same, no letter is lost but those that somebody removed for ever,
none is doubled, and a flag that only one side touched has the value that this side gave it.
"""

import asyncio
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.engine.conftest import Stage, letter
from tests.report import Report
from tests.servers.lies import Close, GoOn, Reset, Rule, Say
from tests.servers.lying import PASSWORD, LyingServer
from tui_mail.config.paths import Home
from tui_mail.config.secrets import Given
from tui_mail.demo.mailboxes import Mailbox, Stored
from tui_mail.engine import Engine
from tui_mail.model.folder import FolderView
from tui_mail.model.message import Flag, Row
from tui_mail.sync import replay

T = TypeVar("T")

FOLDERS = ("INBOX", "Work", "Trash")
NAMES = {Flag.SEEN: "\\Seen", Flag.FLAGGED: "\\Flagged", Flag.ANSWERED: "\\Answered"}
SHOWN = NAMES | {Flag.DELETED: "\\Deleted"}
BREAKS = {
    "before the command": (Close(),),
    "after the command": (GoOn(), Close()),
    "reset after the command": (GoOn(), Reset()),
    "in the middle of a line": (GoOn(), Say(b"* 1 FETCH (UID"), Close()),
}
"""Where a line breaks. The answer to a command that was carried out may or may not get through."""

which = st.integers(0, 1_000_000)
folder_names = st.sampled_from(FOLDERS)
flags = st.sampled_from(sorted(NAMES))
KINDS = {
    "every extension": (),
    "no QRESYNC": ("ENABLE",),
    "no CONDSTORE": ("ENABLE", "CONDSTORE"),
    "neither MOVE nor UIDPLUS": ("MOVE", "UIDPLUS"),
    "the bare protocol": ("ENABLE", "CONDSTORE", "ESEARCH", "MOVE", "UIDPLUS", "LIST-EXTENDED"),
}


class Converging(RuleBasedStateMachine):
    """Two devices and one server."""

    lacks: tuple[str, ...] = ()
    broken: int = 0
    """Lines that broke, over all runs."""

    def __init__(self) -> None:
        super().__init__()
        self._loop = asyncio.new_event_loop()
        self._folder = tempfile.TemporaryDirectory()
        self._home = Home.at(Path(self._folder.name) / "home")
        self._home.prepare()
        self._server = LyingServer(without=self.lacks)
        self._run(self._server.__aenter__())
        self._stage: Stage | None = None
        self._sent = 0
        self._removed: set[str] = set()
        self._writers: dict[tuple[str, Flag], set[str]] = {}
        self._values: dict[tuple[str, Flag], bool] = {}

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(asyncio.wait_for(work, 60))

    @initialize(counts=st.tuples(*(st.integers(0, 4) for _ in FOLDERS)))
    def begin(self, counts: tuple[int, ...]) -> None:
        for name, count in zip(FOLDERS, counts, strict=True):
            if name not in self._server.user.mailboxes:
                self._server.user.create(name)
            for _ in range(count):
                self._deliver(name)
        self.start()
        self.sync()

    # The other device.

    @rule(name=folder_names)
    def they_deliver(self, name: str) -> None:
        self._deliver(name)

    @rule(name=folder_names, nth=which, flag=flags, on=st.booleans())
    def they_flag(self, name: str, nth: int, flag: Flag, on: bool) -> None:
        if stored := self._there(name, nth):
            wanted = stored.flags | {NAMES[flag]} if on else stored.flags - {NAMES[flag]}
            self._box(name).set_flags(stored, wanted)
            self._wrote("them", _subject(stored), flag, on)

    @rule(name=folder_names, nth=which)
    def they_remove(self, name: str, nth: int) -> None:
        if stored := self._there(name, nth):
            self._removed.add(_subject(stored))
            self._box(name).remove([stored.uid])

    @rule(name=folder_names, into=folder_names, nth=which)
    def they_move(self, name: str, into: str, nth: int) -> None:
        stored = self._there(name, nth)
        if stored and name != into:
            self._touched(_subject(stored))  # what we change where it was has nowhere to go
            self._box(into).add(stored.content, stored.moment, stored.flags)
            self._box(name).remove([stored.uid])

    @rule(name=folder_names)
    def they_renumber(self, name: str) -> None:
        box = self._box(name)
        box.uidvalidity += 1_000
        kept, box.messages, box.uidnext = list(box.messages.values()), {}, 1
        for stored in kept:
            box.add(stored.content, stored.moment, stored.flags)

    # This device.

    @rule(name=folder_names, nth=which, flag=flags, on=st.booleans())
    def we_flag(self, name: str, nth: int, flag: Flag, on: bool) -> None:
        if row := self._here(name, nth):
            change = {"add": flag} if on else {"remove": flag}
            self._run(self.stage.engine.acting.mark([row.id], FolderView(row.folder), **change))
            self._wrote("us", row.subject, flag, on)

    @rule(name=folder_names, into=folder_names, nth=which)
    def we_move(self, name: str, into: str, nth: int) -> None:
        if row := self._here(name, nth):
            folder = self._run(self.stage.folder(into))
            self._run(self.stage.engine.acting.move([row.id], FolderView(row.folder), folder.id))

    @rule(name=folder_names, nth=which)
    def we_remove(self, name: str, nth: int) -> None:
        if row := self._here(name, nth):
            self._removed.add(row.subject)
            self._run(self.stage.engine.acting.delete_forever([row.id], FolderView(row.folder)))

    @rule(back=st.booleans())
    def we_undo_or_redo(self, back: bool) -> None:
        acting = self.stage.engine.acting
        done = self._run(acting.undo() if back else acting.redo())
        if done is not None:  # it may have touched any flag
            for subject, _ in list(self._writers):
                self._touched(subject)

    # The line.

    @rule()
    def sync(self) -> None:
        self._run(self.stage.engine.sync_once())

    @rule(line=st.integers(0, 40), how=st.sampled_from(sorted(BREAKS)))
    def sync_on_a_bad_line(self, line: int, how: str) -> None:
        broken = Rule(b"", BREAKS[how], skip=line)
        self._server.rules.append(broken)
        self.sync()
        type(self).broken += self._server.fired[broken]
        self._server.honest()

    @precondition(lambda self: self._stage is not None)
    @rule()
    def start_anew(self) -> None:
        self._run(self.stage.engine.stop())
        self.start()

    def start(self) -> None:
        account = self._server.account()
        engine = self._run(Engine.start(self._home, [account], Given({account.key: PASSWORD}), workers=False))
        self._stage = Stage(engine, account)

    # The end.

    def teardown(self) -> None:
        try:
            if self._stage is not None:
                self._agree()
        finally:
            if self._stage is not None:
                self._run(self._stage.engine.stop())
            self._run(self._server.__aexit__(None, None, None))
            self._loop.run_until_complete(asyncio.sleep(0))
            self._loop.close()
            self._folder.cleanup()

    def _agree(self) -> None:
        for _ in range(6):
            (report,) = self._run(self.stage.engine.sync_once())
            assert report.error is None
            if not self._run(self.stage.engine.reading.waiting()):
                break
        assert self._run(self.stage.engine.reading.waiting()) == 0
        self._look_at_every_folder()
        there = {
            name: sorted((stored.uid, _subject(stored), _flags(stored)) for stored in box.messages.values())
            for name, box in self._server.user.mailboxes.items()
        }
        here = {
            name: sorted(
                (row.uid or 0, str(row.subject), row.flags) for row in self._run(self.stage.rows(name))
            )
            for name in there
        }
        there, here = _without_deleted(there), _without_deleted(here)
        assert here == there
        subjects = [subject for held in there.values() for _, subject, _ in held]
        assert len(subjects) == len(set(subjects)), "a letter was doubled"
        lost = {f"letter {n}" for n in range(self._sent)} - set(subjects) - self._removed
        assert not lost, "a letter was lost"
        shown = {subject: flags for held in there.values() for _, subject, flags in held}
        for (subject, flag), value in self._values.items():
            if subject in shown and len(self._writers[subject, flag]) == 1:
                assert bool(shown[subject] & flag) == value, (
                    f"{flag!r} of {subject} is not as its one writer left it"
                )

    def _look_at_every_folder(self) -> None:
        """Open them: a server without MODSEQ betrays flags that changed elsewhere only to who looks."""
        for name in self._server.user.mailboxes:
            view = self._run(self.stage.view(name))
            self._run(self.stage.engine.acting.look_at(view))
            self.sync()

    # What the rules stand on.

    @property
    def stage(self) -> Stage:
        assert self._stage is not None
        return self._stage

    def _deliver(self, name: str) -> None:
        self._server.deliver(letter(f"letter {self._sent}"), name)
        self._sent += 1

    def _box(self, name: str) -> Mailbox:
        return self._server.user.mailbox(name)

    def _there(self, name: str, nth: int) -> Stored | None:
        held = list(self._box(name).messages.values())
        return held[nth % len(held)] if held else None

    def _here(self, name: str, nth: int) -> Row | None:
        held = self._run(self.stage.rows(name))
        return held[nth % len(held)] if held else None

    def _touched(self, subject: str) -> None:
        for flag in NAMES:
            self._writers.setdefault((subject, flag), set()).update(("us", "them"))

    def _wrote(self, who: str, subject: str, flag: Flag, on: bool) -> None:
        self._writers.setdefault((subject, flag), set()).add(who)
        self._values[subject, flag] = on


Held = dict[str, list[tuple[int, str, Flag]]]
"""(UID, subject, flags) of the letters of each folder."""


def _without_deleted(held: Held) -> Held:
    """Leave out what is marked as deleted: without UIDPLUS it stays behind where it was removed."""
    return {name: [one for one in letters if not one[2] & Flag.DELETED] for name, letters in held.items()}


def _subject(stored: Stored) -> str:
    head = stored.content.raw.partition(b"Subject: ")[2]
    return head.partition(b"\r\n")[0].decode()


def _flags(stored: Stored) -> Flag:
    return Flag(sum(flag for flag, name in SHOWN.items() if name in stored.flags))


@pytest.mark.parametrize("lacks", KINDS.values(), ids=KINDS.keys())
def test_both_sides_end_up_the_same(
    lacks: tuple[str, ...], long_form: bool, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "SETTLE_WAIT", 0.0)
    machine = type("Converging", (Converging,), {"lacks": lacks, "broken": 0})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=400 if long_form else 30, stateful_step_count=30, phases=(Phase.generate,)
        ),
    )
    report.count("Random changes on both sides", runs=400 if long_form else 30, lines_broken=machine.broken)
    assert machine.broken

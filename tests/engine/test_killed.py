"""The program killed at any moment while both sides change mail: what it acknowledged holds, here and there.

The program is a process of its own ended by SIGKILL; another device changes the mailbox meanwhile.
"""

import asyncio
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
from imapclient import IMAPClient

from tests.engine.changing import SUBJECT
from tests.engine.conftest import Start, letter
from tests.engine.copies import Copy, differences, held_here, held_there
from tests.report import Report
from tests.servers.mailbox import Mailbox
from tui_mail.config.paths import Home
from tui_mail.model.account import Security
from tui_mail.model.folder import Role
from tui_mail.model.message import Flag
from tui_mail.sync import replay

OURS = [f"{SUBJECT} {n:02}" for n in range(12)]
THEIRS = [f"Theirs {n:02}" for n in range(6)]
EMPTY_EVERY = 8
"""Each so many trials the program begins with an empty store, so that first fills are killed too."""

State = tuple[str, Flag]
"""Name of the folder's role, and the flags that matter here."""


@dataclass
class Said:
    """What a killed program had said."""

    acknowledged: dict[str, State] = field(default_factory=dict)
    """What it had acknowledged last of each letter."""
    begun: dict[str, State] = field(default_factory=dict)
    """What it had begun and not acknowledged: it may hold or not."""

    @classmethod
    def read(cls, lines: Iterator[str]) -> "Said":
        """Read what it said."""
        said = cls()
        for line in lines:
            word, _, rest = line.strip().partition(" ")
            if word == "do":
                subject, role, flags = rest.partition(" ")[2].split("\t")
                said.begun = {subject: (role, Flag(int(flags)))}
            elif word == "done":
                said.acknowledged |= said.begun
                said.begun = {}
        return said


class Device:
    """Another device on the same mailbox; it touches its own letters only, and knows what they are like."""

    def __init__(self, client: IMAPClient, chance: Random) -> None:
        self._client = client
        self._chance = chance
        self.flags: dict[str, Flag] = dict.fromkeys(THEIRS, Flag.NONE)

    def change(self) -> None:
        """Turn a flag of a letter."""
        subject = self._chance.choice(THEIRS)
        name, flag = self._chance.choice((("\\Seen", Flag.SEEN), ("\\Flagged", Flag.FLAGGED)))
        self._client.select_folder("INBOX")
        uids = self._client.search(["SUBJECT", subject])
        if self.flags[subject] & flag:
            self._client.remove_flags(uids, [name])
        else:
            self._client.add_flags(uids, [name])
        self.flags[subject] ^= flag


def killed(mailbox: Mailbox, root: Path, seed: int, device: Device, chance: Random) -> Said:
    """Let the program work, kill it at a moment taken by chance, and return what it said."""
    server = mailbox.server(Security.NONE)
    program = [sys.executable, "-m", "tests.engine.changing", str(root)]
    child = subprocess.Popen(
        [*program, str(server.port), mailbox.username, mailbox.password, str(seed)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    with child.stdout as told:
        lines = [told.readline()]
        for _ in range(chance.randint(0, 12)):
            lines.append(told.readline())
            if chance.random() < 0.3:
                device.change()
        moment = time.monotonic() + chance.random() * 0.02
        while time.monotonic() < moment:
            pass  # somewhere within what it does next
        child.kill()
        lines += told.readlines()
        child.wait()
    return Said.read(iter(lines))


def sound(path: Path) -> bool:
    """Tell whether the database is intact."""
    with closing(sqlite3.connect(path)) as connection:
        whole = connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return whole and not connection.execute("PRAGMA foreign_key_check").fetchall()


@pytest.fixture
async def settled(mailbox: Mailbox, start: Start, other: IMAPClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mailbox with letters, synced once."""
    monkeypatch.setattr(replay, "SETTLE_WAIT", 0.0)
    mailbox.fill("INBOX", [letter(subject) for subject in OURS + THEIRS])
    stage = await start(workers=False)
    await stage.engine.sync_once()
    await stage.engine.stop()


@pytest.mark.usefixtures("settled")
async def test_a_killed_program_loses_no_change_and_doubles_no_letter(
    mailbox: Mailbox, home: Home, start: Start, other: IMAPClient, long_form: bool, report: Report
) -> None:
    kills, chance = 1_000 if long_form else 20, Random(7)
    device = Device(other, chance)
    figures = dict.fromkeys(("with_unconfirmed_changes", "in_a_first_fill", "changes_acknowledged"), 0)
    for trial in range(kills):
        if trial % EMPTY_EVERY == EMPTY_EVERY - 1:
            shutil.rmtree(home.data_dir)
            home.prepare()
        said = await asyncio.to_thread(killed, mailbox, home.data_dir.parent, trial, device, chance)
        figures["changes_acknowledged"] += len(said.acknowledged)
        if home.database.exists():
            assert sound(home.database)
        stage = await start(workers=False)
        figures["with_unconfirmed_changes"] += await stage.engine.reading.waiting() > 0
        figures["in_a_first_fill"] += not await stage.engine.reading.folders() or any(
            not folder.complete for folder in await stage.engine.reading.folders()
        )
        (done,) = await stage.engine.sync_once()
        assert done.error is None
        assert await stage.engine.reading.waiting() == 0
        there, here = held_there(other), await held_here(stage.engine)
        assert not differences(here, there), trial
        names = {folder.role: folder.name for folder in await stage.engine.reading.folders()}
        check_letters(
            states(there, {names[Role.INBOX]: "INBOX", names[Role.ARCHIVE]: "ARCHIVE"}), said, device
        )
        await stage.engine.stop()
    report.count("Kills while both sides change mail", kills=kills, **figures)
    assert all(figures.values())


def states(copy: Copy, roles: dict[str, str]) -> dict[str, list[State]]:
    """Return where each letter is and how it is flagged, by subject."""
    found: dict[str, list[State]] = {}
    for name, held in copy.items():
        for one in held:
            assert one.raw is not None
            subject = one.raw.partition(b"Subject: ")[2].partition(b"\r\n")[0].decode()
            found.setdefault(subject, []).append(
                (roles.get(name, name), one.flags & (Flag.SEEN | Flag.FLAGGED))
            )
    return found


def check_letters(found: dict[str, list[State]], said: Said, device: Device) -> None:
    """Each letter is there once; ours as acknowledged or as begun, theirs as they left them."""
    assert sorted(found) == sorted(OURS + THEIRS)
    assert {subject: len(places) for subject, places in found.items()} == dict.fromkeys(found, 1)
    for subject, state in said.acknowledged.items():
        assert found[subject][0] in (state, said.begun.get(subject)), subject
    for subject in THEIRS:
        assert found[subject] == [("INBOX", device.flags[subject])]

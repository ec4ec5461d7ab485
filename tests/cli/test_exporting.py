"""Messages written to files, as a person would who leaves for another program."""

import json
import subprocess
import sys
import time
from email.utils import formatdate
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.cli.test_changing import letters
from tests.cli.test_mail import add, cut_off, listed
from tests.servers.mailbox import Mailbox
from tui_mail.mime import mbox
from tui_mail.mime.maildir import flags_of
from tui_mail.model.message import Flag

WHEN = int(time.time()) - 10_000
"""When the older half of the letters came."""


def entries(place: Path) -> list[mbox.Entry]:
    with place.open("rb") as file:
        return list(mbox.read(file, 1 << 28))


def odd(count: int) -> list[bytes]:
    """Return letters of today whose ends and lines are not the usual ones."""
    ends = [b"", b"no end", b"From here\r\n", b">From there\r\n\r\n", b"\rlone\r\n", b"8-bit \xff\xe4\r\n"]
    return [
        raw.replace(b"Tue, 12 May 2026 14:02:00 +0200", formatdate().encode()) + ends[n % len(ends)]
        for n, raw in enumerate(letters(count))
    ]


@pytest.fixture
def sent(tui_mail: Command, mailbox: Mailbox) -> list[bytes]:
    """Twelve odd letters, flagged, in a synced inbox; oldest first."""
    raws = odd(12)
    mailbox.fill("INBOX", raws[:6], last=WHEN)
    mailbox.fill("INBOX", raws[6:], flags="FRS", last=WHEN + 1000)
    assert add(tui_mail, mailbox).returncode == 0
    assert tui_mail("sync").returncode == 0
    return raws


def test_a_folder_becomes_an_mbox_of_the_servers_octets(
    tui_mail: Command, tmp_path: Path, sent: list[bytes]
) -> None:
    place = tmp_path / "inbox.mbox"
    done = tui_mail("export", "--folder", "inbox", str(place))
    assert (done.returncode, done.stdout, done.stderr) == (0, f"12 written to {place}\n", "")
    found = entries(place)
    assert sorted(one.raw or b"" for one in found) == sorted(sent)
    assert {one.flags for one in found if one.raw in sent[6:]} == {Flag.FLAGGED | Flag.ANSWERED | Flag.SEEN}
    assert max(one.date or 0 for one in found) == WHEN + 1000
    assert place.stat().st_mode & 0o077 == 0
    again = tui_mail("export", "--folder", "inbox", str(place))
    assert again.returncode == 1
    assert "is there already" in again.stderr


def test_a_folder_becomes_a_maildir_and_a_second_run_writes_nothing(
    tui_mail: Command, tmp_path: Path, sent: list[bytes]
) -> None:
    place = tmp_path / "box"
    for written, known in ((12, 0), (0, 12)):
        done = tui_mail("export", "--folder", "inbox", "--format", "maildir", str(place), "--json")
        told = json.loads(done.stdout)
        assert (told["written"], told["known"], told["missing"]) == (written, known, [])
    files = sorted((place / "cur").iterdir())
    assert sorted(mbox.travelling(file.read_bytes()) for file in files) == sorted(sent)
    flagged = [file for file in files if flags_of(file.name) & Flag.FLAGGED]
    assert len(flagged) == 6
    assert max(int(file.stat().st_mtime) for file in flagged) == WHEN + 1000
    assert list((place / "tmp").iterdir()) == []


def test_chosen_messages_become_files_with_names_that_people_read(
    tui_mail: Command, tmp_path: Path, sent: list[bytes]
) -> None:
    ids = [str(row["id"]) for row in listed(tui_mail)][:3]
    place = tmp_path / "letters"
    place.mkdir()
    done = tui_mail("export", "-", str(place), input="\n".join(ids))
    assert done.returncode == 0
    assert {file.read_bytes() for file in place.iterdir()} <= set(sent)
    assert all(" letter" in file.name and file.name.endswith(".eml") for file in place.iterdir())
    one = tmp_path / "one.eml"
    assert tui_mail("export", ids[0], str(one)).returncode == 0
    assert one.read_bytes() in sent


def test_what_is_not_here_is_fetched_or_named(tui_mail: Command, mailbox: Mailbox, tmp_path: Path) -> None:
    mailbox.fill("INBOX", [raw.replace(b"2026", b"2016") for raw in letters(3)])
    assert add(tui_mail, mailbox).returncode == 0
    assert tui_mail("sync").returncode == 0
    first, second, third = (str(row["id"]) for row in listed(tui_mail))
    fetched = tui_mail("export", first, str(tmp_path / "first.mbox"))
    assert fetched.returncode == 0
    assert fetched.stderr == "1 are not on this machine yet and are fetched first\n"
    cut_off(tui_mail, mailbox)
    done = tui_mail("export", first, second, third, "999", str(tmp_path / "all.mbox"))
    assert done.returncode == 1
    assert f"Not to be had: {second}, {third}, 999\n" in done.stderr
    assert len(entries(tmp_path / "all.mbox")) == 1


def test_a_place_that_cannot_be_written_is_told_in_words(
    tui_mail: Command, tmp_path: Path, sent: list[bytes]
) -> None:
    done = tui_mail("export", "--folder", "inbox", str(tmp_path / "nowhere" / "inbox.mbox"))
    assert done.returncode == 1
    assert done.stderr.endswith("inbox.mbox.part cannot be written: No such file or directory\n")
    assert tui_mail("export", str(tmp_path / "x")).returncode == 2


@pytest.mark.parametrize("form", ["mbox", "maildir", "eml"])
def test_an_export_that_is_killed_and_run_again_equals_one_clean_run(
    tui_mail: Command, tmp_path: Path, sent: list[bytes], form: str
) -> None:
    def contents(place: Path) -> dict[str, bytes]:
        files = [place] if place.is_file() else [file for file in place.rglob("*") if file.is_file()]
        return {str(file.relative_to(place)): file.read_bytes() for file in files}

    clean, killed = tmp_path / "clean", tmp_path / "killed"
    words = ["export", "--folder", "inbox", "--format", form]
    assert tui_mail(*words, str(clean)).returncode == 0
    assert len(contents(clean)) == (1 if form == "mbox" else len(sent))
    partial = killed.with_name("killed.part") if form == "mbox" else killed
    code = (
        "import os, signal, sys\n"
        "from tui_mail.engine import exporting\n"
        "from tui_mail.cli import main\n"
        "put, seen = exporting._put, []\n"
        "async def counted(*facts):\n"
        "    seen.append(1)\n"
        "    if len(seen) == 5: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    await put(*facts)\n"
        "exporting._put = counted\n"
        "main(sys.argv[1:])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words, str(killed)], env=tui_mail.environment(), check=False
    )
    assert done.returncode == -9
    assert partial.exists()
    assert not (form == "mbox" and killed.exists())
    assert tui_mail(*words, str(killed)).returncode == 0
    assert contents(killed) == contents(clean)

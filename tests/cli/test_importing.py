"""Files as messages of a folder: what is imported, carried to a server and exported again is the same."""

import json
import mailbox as boxes
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from imapclient import IMAPClient

from tests.cli.conftest import Command
from tests.cli.test_changing import count, letters
from tests.cli.test_exporting import entries, odd
from tests.cli.test_mail import add, listed
from tests.servers.mailbox import Mailbox
from tui_mail.mime import mbox
from tui_mail.model.message import Flag

WHEN = 1_700_000_000


@pytest.fixture
def account(tui_mail: Command, mailbox: Mailbox) -> None:
    """A synced, empty account."""
    assert add(tui_mail, mailbox).returncode == 0
    assert tui_mail("sync").returncode == 0


def on_server(server: IMAPClient, folder: str) -> list[bytes]:
    """Return the octets of all messages of a folder, in order."""
    server.select_folder(folder, readonly=True)
    found = server.fetch(server.search(), ["BODY.PEEK[]"]) if server.search() else {}
    server.unselect_folder()
    return sorted(one[b"BODY[]"] for one in found.values())


def box(place: Path, raws: list[bytes], flags: Flag = Flag.NONE) -> Path:
    place.write_bytes(b"".join(mbox.written(raw, "a@b.c", WHEN + n, flags) for n, raw in enumerate(raws)))
    return place


def test_an_mbox_shows_at_once_goes_to_the_server_and_comes_back_the_same(
    tui_mail: Command, mailbox: Mailbox, server: IMAPClient, tmp_path: Path, account: None, long_form: bool
) -> None:
    raws = [raw + b"%d" % n for n, raw in enumerate(odd(1000 if long_form else 120))]
    place = box(tmp_path / "in.mbox", raws, Flag.SEEN | Flag.FLAGGED)
    done = tui_mail("import", str(place), "--folder", "archive")
    assert (done.returncode, done.stdout) == (0, f"{len(raws)} added to archive\n")
    assert "Kept here" in done.stderr
    assert len(listed(tui_mail, "--folder", "archive", "--limit", "9999")) == len(raws)
    assert tui_mail("sync").returncode == 0
    assert on_server(server, "Archive") == sorted(raws)
    server.select_folder("Archive", readonly=True)
    facts = server.fetch(server.search(), ["FLAGS", "INTERNALDATE"])
    assert {tuple(sorted(set(one[b"FLAGS"]) - {b"\\Recent"})) for one in facts.values()} == {
        (b"\\Flagged", b"\\Seen")
    }
    dates = sorted(one[b"INTERNALDATE"].timestamp() for one in facts.values())
    assert dates[-1] - dates[0] == len(raws) - 1
    out = tmp_path / "out.mbox"
    assert tui_mail("export", "--folder", "archive", str(out)).returncode == 0
    assert sorted(one.raw or b"" for one in entries(out)) == sorted(raws)
    assert Counter(one.date for one in entries(out)) == Counter(one.date for one in entries(place))
    again = tui_mail("import", str(out), "--folder", "archive")
    assert again.stdout == f"0 added to archive, {len(raws)} were there already\n"


def test_what_is_in_the_files_twice_is_there_twice_and_no_more(
    tui_mail: Command, tmp_path: Path, account: None
) -> None:
    one, two, _ = letters(3)
    place = box(tmp_path / "in.mbox", [one, two, one])
    for added, known in ((3, 0), (0, 3)):
        told = json.loads(tui_mail("import", str(place), "--folder", "archive", "--json").stdout)
        assert (told["added"], told["known"]) == (added, known)
    more = box(tmp_path / "more.mbox", [one, one, one])
    assert json.loads(tui_mail("import", str(more), "--folder", "archive", "--json").stdout)["added"] == 1


def test_what_the_server_has_and_this_machine_has_not_is_known_by_its_look(
    tui_mail: Command, mailbox: Mailbox, tmp_path: Path
) -> None:
    old = [raw.replace(b"2026", b"2016") for raw in letters(3)]
    mailbox.fill("Archive", old[:2])
    assert add(tui_mail, mailbox).returncode == 0
    assert tui_mail("sync").returncode == 0
    place = box(tmp_path / "in.mbox", old)
    done = tui_mail("import", str(place), "--folder", "archive")
    assert done.stdout == "1 added to archive, 2 were there already\n"


def test_a_maildir_comes_with_its_flags_its_dates_and_its_folders(
    tui_mail: Command, server: IMAPClient, tmp_path: Path, account: None
) -> None:
    raws = odd(4)
    place = tmp_path / "Mail"
    made = boxes.Maildir(place)
    for folder in (None, "Work", "Work.R&AOQ-te"):
        inner = made.add_folder(folder) if folder else made
        for n, raw in enumerate(raws):
            message = boxes.MaildirMessage(raw.replace(b"\r\n", b"\n"))
            message.set_flags("FRS" if n else "")
            message.set_subdir("cur" if n else "new")
            message.set_date(WHEN + n)
            inner.add(message)
    done = tui_mail("import", str(place), "--folder", "Old", "--create", "--now")
    assert (done.returncode, done.stdout, done.stderr) == (0, "12 added to Old\n", "")
    assert {name for _, _, name in server.list_folders() if name.startswith("Old")} == {
        "Old",
        "Old/Work",
        "Old/Work/Räte",
    }
    assert count(server, "Old/Work/Räte") == 4
    server.select_folder("Old", readonly=True)
    facts = server.fetch(server.search(), ["FLAGS", "INTERNALDATE"])
    assert sorted(len(set(one[b"FLAGS"]) - {b"\\Recent"}) for one in facts.values()) == [0, 3, 3, 3]
    dates = sorted(one[b"INTERNALDATE"].timestamp() for one in facts.values())
    assert dates[-1] - dates[0] == 3


def test_a_folder_of_messages_is_read_and_what_is_none_is_named(
    tui_mail: Command, server: IMAPClient, tmp_path: Path, account: None
) -> None:
    place = tmp_path / "letters"
    (place / "inner").mkdir(parents=True)
    first, second, third, fourth = letters(4)
    (place / "one.eml").write_bytes(first)
    (place / "inner" / "two.EML").write_bytes(second.replace(b"\r\n", b"\n"))
    box(place / "inner" / "three.mbox", [third])
    (place / "photo.jpg").write_bytes(b"\xff\xd8")
    (place / "four\x1b.eml").write_bytes(b"\xff\xd8 no message")
    (place / "nul.eml").write_bytes(fourth + b"\0")
    done = tui_mail("import", str(place), "--folder", "archive", "--read", "--now")
    assert (done.returncode, done.stdout) == (1, "3 added to archive\n")
    assert "four␛.eml was left out: it does not begin as a message does\n" in done.stderr
    assert "nul.eml was left out: it holds NUL octets, which no IMAP server takes\n" in done.stderr
    assert on_server(server, "Archive") == sorted([first, second, third])
    assert all(row["flags"] == ["\\Seen"] for row in listed(tui_mail, "--folder", "archive"))


def test_an_empty_file_holds_nothing(tui_mail: Command, tmp_path: Path, account: None) -> None:
    done = tui_mail("import", str(box(tmp_path / "in.mbox", [])), "--folder", "archive")
    assert (done.returncode, done.stdout, done.stderr) == (0, "0 added to archive\n", "")


def test_what_was_deleted_is_not_deleted_anew(tui_mail: Command, tmp_path: Path, account: None) -> None:
    place = box(tmp_path / "in.mbox", letters(1), Flag.DELETED | Flag.SEEN)
    assert tui_mail("import", str(place), "--folder", "archive").returncode == 0
    assert [row["flags"] for row in listed(tui_mail, "--folder", "archive")] == [["\\Seen"]]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere", "--folder", "archive"], "There is nothing at nowhere"),
        (["in.mbox", "--folder", "Archvie"], "There is no folder “Archvie”"),
        (["in.mbox", "--folder", "archive", "--account", "wrok"], "There is no account “wrok”"),
    ],
)
def test_a_wrong_place_is_told_in_words(
    tui_mail: Command, tmp_path: Path, account: None, words: list[str], said: str
) -> None:
    place = box(tmp_path / "in.mbox", letters(1))
    words = [str(place) if word == place.name else word for word in words]
    done = tui_mail("import", *words)
    assert done.returncode == 1
    assert said in done.stderr


@pytest.mark.parametrize("point", ["before", "after"])
def test_an_import_that_is_killed_and_run_again_equals_one_clean_run(
    tui_mail: Command, server: IMAPClient, tmp_path: Path, account: None, point: str
) -> None:
    raws = [raw + b"%d" % (n // 2) for n, raw in enumerate(odd(220))]
    raws += raws[:30]
    place = box(tmp_path / "in.mbox", raws)
    code = (
        "import os, signal, sys\n"
        "from tui_mail.engine.acting import Acting\n"
        "from tui_mail.cli import main\n"
        "append, seen = Acting.append, []\n"
        "async def counted(*facts, **more):\n"
        "    seen.append(1)\n"
        f"    if len(seen) == 2 and {point!r} == 'before': os.kill(os.getpid(), signal.SIGKILL)\n"
        "    done = await append(*facts, **more)\n"
        "    if len(seen) == 2: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return done\n"
        "Acting.append = counted\n"
        "main(sys.argv[1:])\n"
    )
    words = ["import", str(place), "--folder", "archive"]
    killed = subprocess.run([sys.executable, "-c", code, *words], env=tui_mail.environment(), check=False)
    assert killed.returncode == -9
    left = 100 if point == "before" else 200
    assert len(listed(tui_mail, "--folder", "archive", "--limit", "999")) == left
    done = tui_mail(*words, "--now")
    assert done.stdout == f"{250 - left} added to archive, {left} were there already\n"
    assert on_server(server, "Archive") == sorted(raws)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's own peak")
def test_a_large_mbox_needs_little_memory(tui_mail: Command, tmp_path: Path, account: None) -> None:
    head = letters(1)[0].replace(b"text/plain; charset=utf-8", b"application/pdf").replace(b"8bit", b"base64")
    raw = head.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + (b"QUJD" * 19 + b"\r\n") * 27_000
    place = box(tmp_path / "in.mbox", [raw.replace(b"<letter0", b"<large%d" % n) for n in range(60)])
    assert os.path.getsize(place) > 110 << 20
    code = (
        "import sys\n"
        "from tui_mail.cli import main\n"
        "code = main(sys.argv[1:])\n"
        "print(*(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "import", str(place), "--folder", "archive"],
        env=tui_mail.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    added, kibibytes = done.stdout.splitlines()
    assert added == "60 added to archive"
    assert int(kibibytes) < 150 << 10, f"{int(kibibytes) >> 10} MiB"

"""The change journal, tags, copies and folders, without a screen."""

import json
from pathlib import Path

import pytest
from imapclient import IMAPClient

from tests.cli.conftest import Command
from tests.cli.test_changing import count, filled, flags
from tests.cli.test_mail import cut_off, listed
from tests.servers.mailbox import Mailbox

__all__ = ["filled"]


def journal(tui_mail: Command, *words: str) -> list[dict[str, object]]:
    done = tui_mail("journal", "--json", *words)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_journal_tells_what_waits_and_what_is_confirmed(tui_mail: Command, filled: list[str]) -> None:
    assert tui_mail("mark", "--read", filled[0], "--now").returncode == 0
    assert tui_mail("archive", filled[1]).returncode == 0
    assert [(entry["sentence"], entry["standing"]) for entry in journal(tui_mail)] == [
        ("Archived 1", "waiting"),
        ("Marked read: 1", "confirmed"),
    ]
    assert [entry["sentence"] for entry in journal(tui_mail, "--open")] == ["Archived 1"]
    assert journal(tui_mail, "--failed") == []
    assert len(journal(tui_mail, "--limit", "1")) == 1
    first = tui_mail("journal").stdout.splitlines()[0]
    assert "waiting" in first
    assert "Archived 1" in first


def test_what_waits_is_cancelled_and_what_is_done_is_not(
    tui_mail: Command, server: IMAPClient, filled: list[str]
) -> None:
    waits = json.loads(tui_mail("archive", filled[0], "--json").stdout)["command"]
    assert tui_mail("journal", "cancel", str(waits)).returncode == 0
    assert len(listed(tui_mail)) == 4
    assert journal(tui_mail, "--open") == []
    gone = json.loads(tui_mail("archive", filled[0], "--now", "--json").stdout)["command"]
    late = tui_mail("journal", "cancel", str(gone))
    assert late.returncode == 1
    assert f"tui-mail undo {gone} takes back" in late.stderr
    assert tui_mail("mark", "--read", filled[1], "--now").returncode == 0
    assert tui_mail("undo", str(gone), "--now").returncode == 0
    assert (count(server, "INBOX"), count(server, "Archive")) == (4, 0)
    assert ["\\Seen"] in flags(server)
    assert tui_mail("redo", str(gone), "--now").returncode == 0
    assert count(server, "Archive") == 1


def test_what_waits_is_tried_at_once(
    tui_mail: Command, mailbox: Mailbox, server: IMAPClient, filled: list[str]
) -> None:
    before = tui_mail.config_file.read_text()
    cut_off(tui_mail, mailbox)
    assert tui_mail("mark", "--star", filled[0], "--now").returncode == 1
    tui_mail.config_file.write_text(before)
    done = tui_mail("journal", "retry", "--now")
    assert (done.returncode, done.stderr) == (0, "1 wait\n")
    assert ["\\Flagged"] in flags(server)
    assert tui_mail("journal", "retry").stderr == "Nothing waits\n"


def test_tags_are_set_and_taken_off(tui_mail: Command, server: IMAPClient, filled: list[str]) -> None:
    done = tui_mail("mark", "--tag", "urgent", "--tag", "paid", "--star", *filled[:2], "--now")
    assert done.returncode == 0, done.stderr
    assert sorted(flags(server)) == [[], [], *[["\\Flagged", "paid", "urgent"]] * 2]
    assert tui_mail("mark", "--untag", "paid", filled[0], "--now").returncode == 0
    assert ["\\Flagged", "urgent"] in flags(server)
    assert tui_mail("mark", "--tag", "two words", filled[0]).returncode == 1


def test_messages_are_copied(tui_mail: Command, server: IMAPClient, filled: list[str]) -> None:
    assert tui_mail("copy", *filled[:3], "archive", "--now").returncode == 0
    assert (count(server, "INBOX"), count(server, "Archive")) == (4, 3)


def test_folders_are_made_renamed_subscribed_to_and_deleted(
    tui_mail: Command, server: IMAPClient, filled: list[str]
) -> None:
    def names() -> set[str]:
        return {name for _, _, name in server.list_folders()}

    assert tui_mail("folder", "create", "Räte", "--now").stdout == "Made folder Räte\n"
    assert "Räte" in names()
    assert tui_mail("move", *filled[:2], "Räte", "--now").returncode == 0
    assert tui_mail("folder", "rename", "Räte", "Rat", "--now").returncode == 0
    assert "Rat" in names()
    assert tui_mail("folder", "unsubscribe", "Rat", "--now").returncode == 0
    assert "Rat" not in {name for _, _, name in server.list_sub_folders()}
    assert tui_mail("folder", "subscribe", "Rat", "--now").returncode == 0
    assert tui_mail("folder", "delete", "Rat", "--now").returncode == 0
    assert "Rat" not in names()
    assert count(server, "Trash") == 2
    assert tui_mail("folder", "delete", "inbox").returncode == 1


@pytest.mark.parametrize(
    "words", [["journal", "cancel"], ["journal", "--open", "--all"], ["folder"], ["folder", "rename", "x"]]
)
def test_a_wrong_call_is_one(tui_mail: Command, tmp_path: Path, words: list[str]) -> None:
    assert tui_mail(*words).returncode == 2

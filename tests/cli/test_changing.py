"""The screen's commands on ids, without a screen."""

import json

import pytest
from imapclient import IMAPClient

from tests.cli.conftest import Command
from tests.cli.test_mail import HELLO, add, cut_off, listed
from tests.servers.mailbox import Mailbox

KEPT = "Kept here; the next tui-mail or tui-mail sync carries it to the server, --now does it at once\n"


def letters(count: int) -> list[bytes]:
    """Return letters that differ in subject and Message-ID."""
    return [
        HELLO.replace(b"Caf=C3=A9", b"letter%d" % n).replace(b"<hello", b"<letter%d" % n)
        for n in range(count)
    ]


@pytest.fixture
def filled(tui_mail: Command, mailbox: Mailbox) -> list[str]:
    """Four synced letters in the inbox, by their ids, newest first."""
    mailbox.fill("INBOX", letters(4))
    assert add(tui_mail, mailbox).returncode == 0
    assert tui_mail("sync").returncode == 0
    return [str(row["id"]) for row in listed(tui_mail)]


def flags(server: IMAPClient, folder: str = "INBOX") -> list[list[str]]:
    """Return the flags of every message of a folder, as the server has them."""
    server.select_folder(folder, readonly=True)
    found = server.fetch(server.search(), ["FLAGS"])
    server.unselect_folder()  # the count of a selected folder is stale
    return [
        sorted(flag.decode() for flag in one[b"FLAGS"] if flag != b"\\Recent")
        for _, one in sorted(found.items())
    ]


def count(server: IMAPClient, folder: str) -> int:
    return int(server.folder_status(folder, ["MESSAGES"])[b"MESSAGES"])


def test_a_change_shows_at_once_and_goes_out_with_the_next_sync(
    tui_mail: Command, server: IMAPClient, filled: list[str]
) -> None:
    done = tui_mail("mark", "--read", "--star", filled[0], filled[1])
    assert (done.returncode, done.stdout, done.stderr) == (0, "Marked read: 2\n", KEPT)
    assert [row["flags"] for row in listed(tui_mail)][:2] == [["\\Seen", "\\Flagged"]] * 2
    assert sorted(flags(server)) == [[]] * 4
    assert tui_mail("sync").returncode == 0
    assert sorted(flags(server)) == [[], [], ["\\Flagged", "\\Seen"], ["\\Flagged", "\\Seen"]]


def test_a_change_asked_for_now_is_on_the_server_when_the_command_ends(
    tui_mail: Command, server: IMAPClient, filled: list[str]
) -> None:
    done = tui_mail("mark", "--answered", filled[0], "--now")
    assert (done.returncode, done.stderr) == (0, "")
    assert ["\\Answered"] in flags(server)
    assert tui_mail("mark", "--unanswered", filled[0], "--now").returncode == 0
    assert ["\\Answered"] not in flags(server)


def test_now_without_a_network_keeps_the_change_and_says_so(
    tui_mail: Command, mailbox: Mailbox, filled: list[str]
) -> None:
    cut_off(tui_mail, mailbox)
    done = tui_mail("archive", filled[0], "--now")
    assert done.returncode == 1
    assert "The change is kept here and goes out later" in done.stderr
    assert len(listed(tui_mail)) == 3
    assert tui_mail("archive", filled[1]).returncode == 0


def test_messages_are_moved_by_role_and_by_name_and_brought_back(
    tui_mail: Command, server: IMAPClient, filled: list[str]
) -> None:
    server.create_folder("Räte")
    assert tui_mail("sync").returncode == 0
    assert tui_mail("move", filled[0], filled[1], "Räte").stdout == "Moved 2 to Räte\n"
    assert tui_mail("archive", filled[2]).stdout == "Archived 1\n"
    assert tui_mail("junk", filled[3]).stdout == "Marked as junk 1\n"
    assert tui_mail("unjunk", filled[3]).stdout == "Moved to the inbox 1\n"
    assert tui_mail("delete", filled[3], "--now").stdout == "Deleted 1\n"
    assert [count(server, name) for name in ("INBOX", "Räte", "Archive", "Trash")] == [0, 2, 1, 1]
    undone = tui_mail("undo", "--json", "--now")
    assert json.loads(undone.stdout)["sentence"] == "Undone: deleted 1"
    assert [count(server, name) for name in ("INBOX", "Trash")] == [1, 0]
    assert tui_mail("redo", "--now").stdout == "Redone: deleted 1\n"
    assert count(server, "Trash") == 1


def test_a_folder_that_one_of_the_accounts_lacks_changes_nothing(
    tui_mail: Command, filled: list[str]
) -> None:
    done = tui_mail("move", filled[0], "Archvie")
    assert done.returncode == 1
    assert "There is no folder “Archvie”" in done.stderr
    assert len(listed(tui_mail)) == 4


def test_what_is_deleted_for_ever_needs_a_yes(
    tui_mail: Command, server: IMAPClient, filled: list[str]
) -> None:
    assert tui_mail("delete", "--forever", filled[0]).returncode == 2
    assert len(listed(tui_mail)) == 4
    assert tui_mail("delete", "--forever", "--yes", "--now", filled[0]).returncode == 0
    assert count(server, "INBOX") == 3
    assert tui_mail("undo").returncode == 1


def test_deleting_what_is_in_the_trash_says_how_to_remove_it(tui_mail: Command, filled: list[str]) -> None:
    assert tui_mail("delete", filled[0]).returncode == 0
    again = tui_mail("delete", filled[0])
    assert again.stderr == f"In the trash already: {filled[0]}; --forever removes them\n"


def test_an_id_that_is_not_here_is_named_and_spoils_nothing_else(
    tui_mail: Command, filled: list[str]
) -> None:
    done = tui_mail("mark", "--read", "999", filled[0], "1000", "--json")
    assert done.returncode == 1
    assert done.stderr.startswith("No message here has the id 999, 1000\n")
    told = json.loads(done.stdout)
    assert told["count"] == 1
    assert told["operations"] == [told["command"]]


@pytest.mark.parametrize("form", ["list", "list --json", "ids"])
def test_ids_come_from_a_pipe_as_list_prints_them(tui_mail: Command, filled: list[str], form: str) -> None:
    lines = "\n".join(filled) if form == "ids" else tui_mail(*form.split()).stdout
    assert tui_mail("mark", "--read", "-", input=lines).stdout == "Marked read: 4\n"
    assert all(row["flags"] == ["\\Seen"] for row in listed(tui_mail))


def test_a_line_without_an_id_changes_nothing(tui_mail: Command, filled: list[str]) -> None:
    done = tui_mail("mark", "--read", "-", input=f"{filled[0]}\nhello\x1b\n")
    assert done.returncode == 1
    assert "Line 2 of the input begins with no id: hello␛" in done.stderr
    assert not any(row["flags"] for row in listed(tui_mail))


def test_marking_with_nothing_named_is_a_wrong_call(tui_mail: Command) -> None:
    assert tui_mail("mark", "7").returncode == 2
    assert tui_mail("mark", "--read", "--unread", "7").returncode == 2


def test_nothing_to_undo_is_said(tui_mail: Command, filled: list[str]) -> None:
    done = tui_mail("undo")
    assert (done.returncode, done.stderr) == (1, "There is nothing to undo\n")
    assert tui_mail("mark", "--read", filled[0]).returncode == 0
    assert tui_mail("redo").returncode == 1

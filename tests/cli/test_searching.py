"""Searching what is here, and what the offline copy takes, without a screen."""

import json
import sqlite3
import time
from contextlib import closing
from email.utils import formatdate

from tests.cli.conftest import Command
from tests.cli.test_mail import HELLO, add
from tests.servers.mailbox import Mailbox


def synced(tui_mail: Command, mailbox: Mailbox, *texts: str) -> None:
    """Deliver a letter for each text, the last one newest, and sync."""
    for n, text in enumerate(texts, 1):
        date = formatdate(time.time() - 1000 + n).encode()
        raw = HELLO.replace(b"hello@", b"%d@" % n).replace(b"Tue, 12 May 2026 14:02:00 +0200", date)
        mailbox.deliver(raw.replace(b"word word", text.encode(), 1))
    assert add(tui_mail, mailbox).returncode == 0
    done = tui_mail("sync")
    assert done.returncode == 0, done.stderr


def found(tui_mail: Command, *words: str) -> list[str]:
    """The Message-IDs that a search prints."""
    done = tui_mail("search", "--json", *words)
    assert done.returncode in (0, 1), done.stderr
    return [str(json.loads(line)["message_id"]) for line in done.stdout.splitlines()]


def told(tui_mail: Command) -> list[dict[str, int]]:
    done = tui_mail("cache", "--json")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_what_a_sync_brought_is_found_by_its_words_newest_first(tui_mail: Command, mailbox: Mailbox) -> None:
    synced(tui_mail, mailbox, "dumplings for all", "noodles", "dumplings again")
    assert found(tui_mail, "dumplings") == ["<3@example.org>", "<1@example.org>"]
    assert found(tui_mail, "dumplings", "AGA") == ["<3@example.org>"]
    assert found(tui_mail, "ada", "cafe", "--limit", "2") == ["<3@example.org>", "<2@example.org>"]
    assert found(tui_mail, "noodles", "--folder", "inbox") == ["<2@example.org>"]
    assert found(tui_mail, "noodles", "--account", "work") == ["<2@example.org>"]
    plain = tui_mail("search", "noodles")
    assert plain.returncode == 0
    assert "Café ␛[2J" in plain.stdout
    assert "\x1b" not in plain.stdout


def test_a_search_without_a_hit_says_so_whatever_was_typed(tui_mail: Command, mailbox: Mailbox) -> None:
    synced(tui_mail, mailbox, "noodles")
    for words in (("dumplings",), ('"',), ("a1 OR",), ("*",), ("subject:x NEAR(",), ("日本",)):
        done = tui_mail("search", *words)
        assert (done.returncode, done.stdout) == (1, ""), words
        assert done.stderr == "Nothing holds all of these words\n"
    done = tui_mail("search", "noodles", "--folder", "elsewhere")
    assert done.returncode == 1
    assert "There is no folder “elsewhere”" in done.stderr


def test_the_cache_is_told_given_up_and_fetched_again(tui_mail: Command, mailbox: Mailbox) -> None:
    synced(tui_mail, mailbox, "dumplings", "noodles " * 20_000)
    account, whole = told(tui_mail)
    assert (account["account"], account["messages"], account["bodies"]) == ("work", 2, 2)
    assert 0 < account["octets"] == account["cached"] == whole["cached"] < whole["file"]
    assert whole["words"] > 0
    plain = tui_mail("cache")
    assert plain.returncode == 0
    assert "2 letters here" in plain.stdout
    with closing(sqlite3.connect(tui_mail.database)) as connection:
        connection.execute("UPDATE body SET keep = 1 WHERE id = (SELECT body FROM message WHERE id = 1)")
        connection.commit()
    assert tui_mail("cache", "clear", "--account", "nobody").returncode == 1
    done = tui_mail("cache", "clear", "--json", "--account", "work")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["freed"] > 0
    account, whole = told(tui_mail)
    assert (account["messages"], account["bodies"], account["cached"], whole["free"]) == (2, 1, 0, 0)
    assert found(tui_mail, "noodles") == ["<2@example.org>"]
    assert tui_mail("sync").returncode == 0
    assert told(tui_mail)[0]["bodies"] == 2


def test_without_an_account_there_is_nothing_to_search_or_to_clear(tui_mail: Command) -> None:
    done = tui_mail("search", "x")
    assert (done.returncode, done.stdout) == (1, "")
    assert "No account is set up yet" in done.stderr
    assert tui_mail("cache").returncode == 0
    assert tui_mail("cache", "clear").returncode == 0

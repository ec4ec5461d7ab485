"""The tree's lines, badges, chips and the words about how things stand, all decided purely."""

import pytest

from tui_mail.model.account import AccountEntry, AccountPhase, AccountStatus
from tui_mail.model.folder import Folder, FolderView, Role, RoleView
from tui_mail.model.safe_text import SafeText, safe_text
from tui_mail.ui.badges import badge, progress
from tui_mail.ui.format import ICONS
from tui_mail.ui.outline import Entry, Gap, Heading, outline
from tui_mail.ui.standing import Standing

NOW = 1_700_000_000


def account(id: int, key: str) -> AccountEntry:
    return AccountEntry(id, key, safe_text(key), safe_text(f"{key}@example.org"), id - 1)


def folder(id: int, name: str, role: Role = Role.NONE, *, account: int = 1, **facts: object) -> Folder:
    known = {"separator": "/", "selectable": True, "total": 5, "unread": 2, "synced_at": NOW}
    made = {**known, "remote_count": 5, "complete": True, **facts}
    return Folder(id, account, name.encode(), safe_text(name), role=role, **made)  # type: ignore[arg-type]


WORK, HOME = account(1, "work"), account(2, "home")


def names(lines: list[object]) -> list[str]:
    return ["  " * line.depth + line.name for line in lines if isinstance(line, Entry)]


def test_a_single_account_has_no_unified_views():
    lines = outline([WORK], [folder(1, "INBOX", Role.INBOX)], {})
    assert lines[0] == Heading(SafeText("work"), 1)
    assert names(lines) == ["Inbox"]


def test_two_accounts_are_united_on_top():
    counters = {RoleView(Role.INBOX): (10, 4), RoleView(Role.DRAFTS): (2, 0)}
    lines = outline([WORK, HOME], [], counters)
    assert names(lines) == ["Inbox", "Starred", "Drafts", "Sent", "Archive"]
    assert [line.count for line in lines if isinstance(line, Entry)] == [4, 0, 2, 0, 0]
    assert Gap() in lines


def test_empty_drafts_are_not_listed_on_top():
    assert "Drafts" not in names(outline([WORK, HOME], [], {}))


def test_folders_nest_by_their_separator_behind_their_parents():
    folders = [folder(1, "B"), folder(2, "A/C"), folder(3, "B/D"), folder(4, "B/D/E"), folder(5, "Z.X")]
    assert names(outline([WORK], folders, {})) == ["B", "  D", "    E", "A/C", "Z.X"]


def test_what_nobody_subscribed_to_is_counted_but_what_holds_a_subscribed_folder_stays():
    folders = [
        folder(1, "INBOX", Role.INBOX, subscribed=False),
        folder(2, "B", selectable=False, subscribed=False),
        folder(3, "B/D"),
        folder(4, "B/E", subscribed=False),
        folder(5, "C", subscribed=False),
    ]
    lines = outline([WORK], folders, {})
    assert names(lines) == ["Inbox", "B", "  D"]
    assert lines[-1] == Heading(SafeText("  2 not subscribed"))
    assert names(outline([WORK], folders, {}, everything=True)) == ["Inbox", "B", "  D", "  E", "C"]


def test_an_account_without_subscriptions_hides_nothing():
    folders = [
        folder(1, "INBOX", Role.INBOX),
        folder(2, "B", subscribed=False),
        folder(3, "C", subscribed=False),
    ]
    assert names(outline([WORK], folders, {})) == ["Inbox", "B", "C"]


def test_folding_hides_what_lies_below():
    folders = [folder(1, "B"), folder(3, "B/D"), folder(4, "B/D/E")]
    lines = outline([WORK], folders, {}, {(1, SafeText("B"))})
    assert names(lines) == ["B"]
    assert [line.folded for line in lines if isinstance(line, Entry)] == [True]


def test_servers_that_nest_all_below_the_inbox_bury_nothing():
    folders = [folder(1, "INBOX", Role.INBOX), folder(2, "INBOX.Lists", separator=".")]
    assert names(outline([WORK], folders, {})) == ["Inbox", "INBOX.Lists"]


@pytest.mark.parametrize(
    ("phase", "facts", "words"),
    [
        (AccountPhase.LIVE, {}, ""),
        (AccountPhase.SYNCING, {"done": 40, "total": 100}, "↻ 40 %"),
        (AccountPhase.CONNECTING, {}, "↻"),
        (AccountPhase.OFFLINE, {}, "○ offline"),
        (AccountPhase.WAITING, {"retry_at": NOW + 12.0}, "◌ retry 12 s"),
        (AccountPhase.WAITING, {"retry_at": NOW + 600.0}, "◌ retry 10 min"),
        (AccountPhase.SIGN_IN, {}, "! sign in"),
        (AccountPhase.FAILED, {}, "! error"),
    ],
)
def test_an_account_wears_a_badge_only_if_something_is_up(
    phase: AccountPhase, facts: dict[str, float], words: str
):
    status = AccountStatus(1, phase, **facts)  # type: ignore[arg-type]
    assert badge(status, NOW, ascii=False)[0] == words
    assert badge(status, NOW, ascii=True)[0].isascii()


def test_fills_are_counted_together():
    filling = [AccountStatus(n, AccountPhase.SYNCING, done=10, total=50) for n in (1, 2)]
    assert progress([*filling, AccountStatus(3, AccountPhase.LIVE, done=5, total=5)]) == (20, 100)


def test_chips_are_two_letters_that_no_other_account_has():
    standing = Standing([account(1, "work"), account(2, "wolf"), account(3, "w"), account(4, "home")])
    letters = [text for _, text, _ in standing.facts(RoleView(Role.INBOX)).chips]
    assert letters == ["wo", "wl", "w", "ho"]
    assert len(set(letters)) == 4
    assert not standing.facts(FolderView(1)).chips


def test_sent_mail_names_its_recipients():
    standing = Standing([WORK], [folder(1, "Sent", Role.SENT)])
    assert standing.facts(FolderView(1)).recipients
    assert not standing.facts(RoleView(Role.INBOX)).recipients


def test_the_status_tells_the_oldest_complete_sync_of_what_is_shown():
    folders = [
        folder(1, "INBOX", Role.INBOX, synced_at=NOW - 3 * 86_400),
        folder(2, "INBOX", Role.INBOX, account=2),
    ]
    standing = Standing([WORK, HOME], folders, waiting=2)
    right = standing.right(RoleView(Role.INBOX), NOW, ICONS)
    assert standing.waits(ICONS) == "⇡ 2 changes wait"
    assert right[-1].startswith("synced")
    assert "now" not in right[-1]


def test_the_loudest_trouble_is_told():
    statuses = {
        1: AccountStatus(1, AccountPhase.WAITING, retry_at=NOW + 5.0),
        2: AccountStatus(2, AccountPhase.SIGN_IN),
    }
    assert Standing([WORK, HOME], statuses=statuses).trouble(NOW, ICONS) == "home ! sign in"


@pytest.mark.parametrize(
    ("phase", "words"),
    [
        (AccountPhase.SYNCING, "on its way"),
        (AccountPhase.OFFLINE, "comes when work is online"),
        (AccountPhase.SIGN_IN, "needs its password"),
    ],
)
def test_a_folder_that_was_never_synced_says_why_it_is_empty(phase: AccountPhase, words: str):
    folders = [folder(1, "INBOX", Role.INBOX, synced_at=None)]
    standing = Standing([WORK], folders, statuses={1: AccountStatus(1, phase)})
    assert words in standing.empty(FolderView(1), "F5")
    synced = Standing([WORK], [folder(1, "INBOX", Role.INBOX)])
    assert synced.empty(FolderView(1), "F5") == "Nothing here; F5 looks again"

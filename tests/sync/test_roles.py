"""Which role a folder has."""

from tui_mail.model.folder import Role
from tui_mail.sync.roles import roles

NONE: frozenset[str] = frozenset()


def test_the_servers_word_counts_before_any_guess() -> None:
    found = roles(
        [
            (b"Trash", "Trash", "/", NONE),
            (b"Bin", "Bin", "/", frozenset({"\\trash"})),
            (b"INBOX", "INBOX", "/", NONE),
        ]
    )
    assert found == {b"Trash": Role.NONE, b"Bin": Role.TRASH, b"INBOX": Role.INBOX}


def test_names_in_many_languages_and_below_inbox_are_known() -> None:
    found = roles(
        [
            (b"INBOX", "INBOX", ".", NONE),
            (b"INBOX.Gesendet", "INBOX.Gesendet", ".", NONE),
            (b"INBOX.Sampah", "INBOX.Sampah", ".", NONE),
            (b"x", "下書き", ".", NONE),
        ]
    )
    assert list(found.values()) == [Role.INBOX, Role.SENT, Role.TRASH, Role.DRAFTS]


def test_a_role_has_one_folder_and_deep_namesakes_are_ordinary() -> None:
    found = roles(
        [
            (b"Sent", "Sent", "/", NONE),
            (b"Sent Items", "Sent Items", "/", NONE),
            (b"Projects/Archive", "Projects/Archive", "/", NONE),
        ]
    )
    assert found == {b"Sent": Role.SENT, b"Sent Items": Role.NONE, b"Projects/Archive": Role.NONE}

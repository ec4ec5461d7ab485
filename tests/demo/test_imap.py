"""The IMAP counter, visited by clients that are not ours."""

import asyncio
import imaplib
from datetime import date, datetime

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError

from tests.demo.conftest import Visit, sign_in
from tui_mail.demo.post_office import PostOffice

LETTER = b"From: a@one.example\r\nSubject: =?utf-8?q?K=C3=BCste?=\r\n\r\nGood morning.\r\n"


async def test_a_wrong_password_is_refused(office: PostOffice) -> None:
    def story() -> None:
        client = IMAPClient(office.host, office.port, ssl=False)
        with pytest.raises(LoginError):
            client.login(office.accounts[0].username, "wrong")
        client.login(office.accounts[0].username, office.passwords["work"])
        client.logout()

    await asyncio.to_thread(story)


async def test_authenticate_plain_lets_a_user_in(office: PostOffice) -> None:
    def story() -> None:
        client = imaplib.IMAP4(office.host, office.port)
        word = f"\0{office.accounts[1].username}\0{office.passwords['home']}".encode()
        assert client.authenticate("PLAIN", lambda _: word)[0] == "OK"
        assert client.select("INBOX")[0] == "OK"
        client.logout()

    await asyncio.to_thread(story)


async def test_folders_are_listed_with_their_special_use(visit: Visit[list[tuple[object, ...]]]) -> None:
    folders = await visit(lambda client: client.list_folders())
    uses = {name: set(flags) for flags, _, name in folders}
    for name in ("Drafts", "Sent", "Archive", "Junk", "Trash"):
        assert f"\\{name}".encode() in uses[name]
    assert b"\\Noselect" in uses["Projects"]
    assert b"\\HasChildren" in uses["Projects"]
    assert "Projects/Kestrel Point" in uses


async def test_percent_stays_on_one_level(visit: Visit[list[tuple[object, ...]]]) -> None:
    folders = await visit(lambda client: client.list_folders("", "%"))
    assert not any("/" in str(name) for _, _, name in folders)
    below = await visit(lambda client: client.list_folders("Projects/", "%"))
    assert [name for _, _, name in below] == ["Projects/Harbour", "Projects/Kestrel Point"]


async def test_select_tells_what_a_client_needs(
    office: PostOffice, visit: Visit[dict[bytes, object]]
) -> None:
    inbox = office.user("work").mailbox("INBOX")
    found = await visit(lambda client: client.select_folder("INBOX"))
    assert found[b"EXISTS"] == len(inbox.messages)
    assert found[b"UIDNEXT"] == inbox.uidnext
    assert found[b"UIDVALIDITY"] == inbox.uidvalidity
    assert found[b"HIGHESTMODSEQ"] == inbox.modseq
    assert b"\\*" in found[b"PERMANENTFLAGS"]


async def test_a_whole_message_and_its_parts_come_as_they_are(office: PostOffice, visit: Visit[None]) -> None:
    def story(client: IMAPClient) -> None:
        client.select_folder("INBOX", readonly=True)
        for uid, stored in office.user("work").mailbox("INBOX").messages.items():
            raw = stored.content.raw
            items = [
                b"BODY.PEEK[]",
                b"BODY.PEEK[HEADER]",
                b"BODY.PEEK[TEXT]",
                b"BODY.PEEK[]<10.50>",
                b"RFC822.SIZE",
            ]
            found = client.fetch([uid], items)[uid]
            assert found[b"BODY[]"] == raw
            assert found[b"BODY[HEADER]"] + found[b"BODY[TEXT]"] == raw
            assert found[b"BODY[]<10>"] == raw[10:60]
            assert found[b"RFC822.SIZE"] == len(raw)

    await visit(story)


async def test_body_structure_names_attachments(office: PostOffice, visit: Visit[None]) -> None:
    def story(client: IMAPClient) -> None:
        client.select_folder("INBOX")
        uid = client.search(["SUBJECT", "Lamps for the east pier", "SINCE", date(2025, 6, 19)])[-1]
        found = client.fetch([uid], ["BODYSTRUCTURE", "BODY.PEEK[2]", "BODY.PEEK[2.MIME]", "ENVELOPE"])[uid]
        structure = found[b"BODYSTRUCTURE"]
        assert structure.is_multipart
        assert structure[0][1][:2] == (b"application", b"pdf")
        assert b"resolution-east-pier.pdf" in repr(structure).encode()
        assert found[b"BODY[2]"].startswith(b"JVBERi0")
        assert b"application/pdf" in found[b"BODY[2.MIME]"]
        assert found[b"ENVELOPE"].subject == b"Re: Lamps for the east pier"

    await visit(story)


async def test_every_structure_and_envelope_can_be_read(visit: Visit[None]) -> None:
    def story(client: IMAPClient) -> None:
        for _, _, name in client.list_sub_folders():
            client.select_folder(name, readonly=True)
            uids = client.search("ALL")
            found = client.fetch(uids, ["BODYSTRUCTURE", "ENVELOPE", "BODY.PEEK[HEADER.FIELDS (DATE FROM)]"])
            assert list(found) == uids
            assert all(b"BODYSTRUCTURE" in one and b"ENVELOPE" in one for one in found.values())

    await visit(story)


async def test_reading_without_peek_marks_as_seen(visit: Visit[None]) -> None:
    def story(client: IMAPClient) -> None:
        client.select_folder("INBOX")
        uid = client.search(["UNSEEN"])[0]
        assert b"\\Seen" in client.fetch([uid], ["BODY[TEXT]"])[uid][b"FLAGS"]
        assert b"\\Seen" in client.get_flags([uid])[uid]

    await visit(story)


async def test_flags_are_added_removed_and_replaced(visit: Visit[None]) -> None:
    def story(client: IMAPClient) -> None:
        client.select_folder("INBOX")
        uid = client.search("ALL")[0]
        assert b"$Forwarded" in client.add_flags([uid], ["\\Flagged", "$Forwarded"])[uid]
        assert b"\\Flagged" not in client.remove_flags([uid], ["\\Flagged"])[uid]
        assert client.set_flags([uid], ["\\Answered"])[uid] == (b"\\Answered",)
        assert client.set_flags([uid], ["\\Seen"], silent=True) is None
        assert client.get_flags([uid])[uid] == (b"\\Seen",)

    await visit(story)


async def test_a_move_tells_the_new_uids(office: PostOffice, visit: Visit[None]) -> None:
    def story(client: IMAPClient) -> None:
        count = client.select_folder("INBOX")[b"EXISTS"]
        uids = client.search("ALL")[:3]
        raw = client.fetch([uids[1]], ["BODY.PEEK[]"])[uids[1]][b"BODY[]"]
        client.move(uids, "Archive")
        assert client.search(["UID", "1:3"]) == []
        assert client.select_folder("INBOX")[b"EXISTS"] == count - 3
        client.select_folder("Archive")
        assert client.fetch([client.search("ALL")[-2]], ["BODY.PEEK[]"]).popitem()[1][b"BODY[]"] == raw

    await visit(story)
    archive = office.user("work").mailbox("Archive")
    assert archive.uidnext == max(archive.messages) + 1


async def test_appenduid_tells_where_a_letter_was_filed(office: PostOffice, visit: Visit[None]) -> None:
    archive = office.user("work").mailbox("Archive")
    following = archive.uidnext

    def story(client: IMAPClient) -> None:
        answer = client.append("Archive", LETTER, ["\\Seen"], datetime(2025, 3, 1, 12, 0)).decode()
        assert f"[APPENDUID {archive.uidvalidity} {following}]" in answer
        client.select_folder("Archive")
        found = client.fetch([following], ["BODY.PEEK[]", "INTERNALDATE", "FLAGS"])[following]
        assert found[b"BODY[]"] == LETTER
        assert found[b"INTERNALDATE"].date() == date(2025, 3, 1)
        assert found[b"FLAGS"] == (b"\\Seen",)

    await visit(story)


async def test_a_large_letter_can_be_filed(visit: Visit[None]) -> None:
    big = LETTER + b"0123456789abcdef" * 20_000 + b"\r\n"

    def story(client: IMAPClient) -> None:
        client.append("Drafts", big)
        client.select_folder("Drafts")
        uid = client.search("ALL")[-1]
        assert client.fetch([uid], ["BODY.PEEK[]"])[uid][b"BODY[]"] == big

    await visit(story)


async def test_an_unknown_folder_asks_to_be_created(visit: Visit[None]) -> None:
    def story(client: IMAPClient) -> None:
        with pytest.raises(IMAPClientError, match="TRYCREATE"):
            client.append("Nowhere", LETTER)
        client.create_folder("Nowhere/Straße & Söhne")
        client.append("Nowhere/Straße & Söhne", LETTER)
        assert client.folder_status("Nowhere/Straße & Söhne", ["MESSAGES"])[b"MESSAGES"] == 1

    await visit(story)


async def test_folders_are_made_renamed_and_deleted(visit: Visit[None]) -> None:
    def story(client: IMAPClient) -> None:
        client.create_folder("Projects/Quiet Quay/Sketches")
        client.rename_folder("Projects/Quiet Quay/Sketches", "Projects/Bench")
        assert client.folder_exists("Projects/Bench")
        client.rename_folder("Projects/Harbour", "Projects/Port")
        assert client.folder_status("Projects/Port", ["MESSAGES"])[b"MESSAGES"] > 10
        client.delete_folder("Projects/Bench")
        assert not client.folder_exists("Projects/Bench")
        with pytest.raises(IMAPClientError, match="CANNOT"):
            client.delete_folder("INBOX")
        with pytest.raises(IMAPClientError, match="ALREADYEXISTS"):
            client.create_folder("Archive")

    await visit(story)


async def test_unsubscribed_folders_are_left_out_of_lsub(visit: Visit[None]) -> None:
    def story(client: IMAPClient) -> None:
        client.unsubscribe_folder("Junk")
        assert "Junk" not in [name for _, _, name in client.list_sub_folders()]
        client.subscribe_folder("Junk")
        assert "Junk" in [name for _, _, name in client.list_sub_folders()]

    await visit(story)


SEARCHES = [
    ["ALL"],
    ["UNSEEN"],
    ["SEEN", "NOT", "ANSWERED"],
    ["OR", "FLAGGED", "UNSEEN"],
    ["NOT", ["OR", "SEEN", "FLAGGED"]],
    ["UID", "5:9,12"],
    ["2:4"],
    ["LARGER", 4000],
    ["SINCE", date(2025, 6, 12)],
    ["BEFORE", date(2025, 6, 1)],
    ["SENTSINCE", date(2025, 6, 12)],
]


@pytest.mark.parametrize("criteria", SEARCHES, ids=repr)
async def test_a_search_and_its_opposite_part_the_mailbox(visit: Visit[None], criteria: list[object]) -> None:
    def story(client: IMAPClient) -> None:
        client.select_folder("INBOX")
        everything = set(client.search("ALL"))
        found, others = set(client.search(criteria)), set(client.search(["NOT", criteria]))
        assert found | others == everything
        assert not found & others

    await visit(story)


async def test_header_and_text_are_searched_decoded(visit: Visit[None]) -> None:
    def story(client: IMAPClient) -> None:
        client.select_folder("INBOX")
        assert len(client.search(["FROM", "はるか"], "UTF-8")) >= 2
        assert client.search(["SUBJECT", "打ち合わせ"], "UTF-8")
        assert client.search(["BODY", "カモメ"], "UTF-8")
        assert client.search(["TEXT", "Hinnerk Poppinga"])
        uid = client.search("ALL")[4]
        message_id = client.fetch([uid], ["ENVELOPE"])[uid][b"ENVELOPE"].message_id.decode()
        assert client.search(["HEADER", "Message-ID", message_id]) == [uid]

    await visit(story)


async def test_expunge_takes_only_what_is_marked_and_named(visit: Visit[None]) -> None:
    def story(client: IMAPClient) -> None:
        client.select_folder("INBOX")
        first, second, third = client.search("ALL")[:3]
        client.delete_messages([first, second])
        client.uid_expunge([second, third])
        assert client.search(["UID", f"{first}:{third}"]) == [first, third]
        client.expunge()
        assert client.search(["UID", f"{first}:{third}"]) == [third]

    await visit(story)


async def test_a_mailbox_that_is_only_looked_at_does_not_change(visit: Visit[None]) -> None:
    def story(client: IMAPClient) -> None:
        client.select_folder("INBOX", readonly=True)
        uid = client.search(["UNSEEN"])[0]
        client.fetch([uid], ["BODY[]"])
        assert uid in client.search(["UNSEEN"])
        with pytest.raises(IMAPClientError, match="READ-ONLY"):
            client.add_flags([uid], ["\\Seen"])

    await visit(story)


async def test_two_sessions_of_an_account_see_each_others_changes(
    office: PostOffice, visit: Visit[None]
) -> None:
    def story(one: IMAPClient) -> None:
        other = sign_in(office)
        one.select_folder("INBOX")
        other.select_folder("INBOX")
        uid = one.search("ALL")[0]
        one.add_flags([uid], ["$Quiet"])
        assert b"$Quiet" in other.get_flags([uid])[uid]
        one.move([uid], "Trash")
        assert b"EXPUNGE" in [kind for _, kind in other.noop()[1]]
        assert uid not in other.search("ALL")
        other.logout()

    await visit(story)

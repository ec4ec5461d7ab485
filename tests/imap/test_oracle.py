"""IMAPClient reads the same mailbox: two readers written apart must see the same."""

import random
from datetime import UTC

from imapclient import IMAPClient

from tests.servers.mailbox import Mailbox
from tui_mail.imap.fetched import FLAG_NAMES
from tui_mail.imap.session import Session
from tui_mail.imap.wire import decode_name
from tui_mail.model.account import Security
from tui_mail.model.message import Flag

FIELDS = ("Date", "From", "To", "Subject", "Message-ID", "References")
SECTION = b"BODY[HEADER.FIELDS (DATE FROM TO SUBJECT MESSAGE-ID REFERENCES)]"
FOLDERS = ("Entwürfe", 'a/b "c"', "R&D (old)", "日本語", "back\\slash", "100%")


def odd_letters() -> list[bytes]:
    """Letters with fields that are hard to carry: long, 8-bit, with quotes, parentheses and braces."""
    dice = random.Random(4)
    subjects = [
        b"{5}",
        b'"quoted" \\ (x',
        "größer".encode(),
        b"=?utf-8?q?=C3=A4?=",
        b"x" * 5000,
        b"",
        b") UID 9 (",
    ]
    letters = []
    for number in range(120):
        body = b"line\r\n" * dice.randrange(0, 15_000 if number % 20 == 0 else 50)
        kind = b"multipart/mixed; boundary=x" if number % 3 == 0 else b"text/plain"
        letters.append(
            b'From: "A (b) \\"c\\"" <a@example.org>\r\nSubject: %b\r\nMessage-ID: <%d@example.org>\r\n'
            b"Content-Type: %b\r\n\r\n%b" % (subjects[number % len(subjects)], number, kind, body)
        )
    return letters


async def test_both_readers_agree(mailbox: Mailbox) -> None:
    mailbox.fill("INBOX", odd_letters())
    ours = await Session.connect(mailbox.server(Security.NONE), None)
    await ours.sign_in(mailbox.username, mailbox.password)
    with IMAPClient(mailbox.dovecot.host, mailbox.dovecot.imap_plain, ssl=False, use_uid=True) as theirs:
        theirs.login(mailbox.username, mailbox.password)
        for name in FOLDERS:
            theirs.create_folder(name)
        listed = {folder.display: folder for folder in await ours.list_folders()}
        assert set(listed) == {name for _, _, name in theirs.list_folders()}
        assert set(FOLDERS) <= set(listed)
        assert all(decode_name(folder.name) == name for name, folder in listed.items())

        selected = await ours.select(b"INBOX")
        facts = theirs.select_folder("INBOX")
        assert (selected.exists, selected.uidnext, selected.uidvalidity, selected.modseq) == tuple(
            facts[key] for key in (b"EXISTS", b"UIDNEXT", b"UIDVALIDITY", b"HIGHESTMODSEQ")
        )
        theirs.add_flags([1, 5, 7], [b"\\Seen", b"$Forwarded", b"Work"])
        theirs.add_flags([2, 5], [b"\\Flagged"])

        fetched = {one.uid: one for one in await ours.fetch_list("1:*", FIELDS)}
        items = [
            b"FLAGS",
            b"INTERNALDATE",
            b"RFC822.SIZE",
            b"MODSEQ",
            b"BODY.PEEK[]",
            SECTION.replace(b"[", b".PEEK[", 1),
        ]
        known = theirs.fetch(theirs.search("ALL"), items)
        assert set(fetched) == set(known) == set(await ours.search("UID 1:*"))
        bodies = await ours.fetch_bodies(sorted(known))
        for uid, facts in known.items():
            one = fetched[uid]
            assert one.flags is not None
            assert flags_of(one.flags, one.keywords) == {
                flag.decode().lower() for flag in facts[b"FLAGS"]
            } - {"\\recent"}
            assert one.internal_date == int(facts[b"INTERNALDATE"].astimezone(UTC).timestamp())
            assert one.size == facts[b"RFC822.SIZE"]
            assert (one.modseq,) == facts[b"MODSEQ"]
            assert one.header == facts[SECTION]
            assert bodies[uid] == facts[b"BODY[]"]
    await ours.logout()


def flags_of(flags: Flag, keywords: tuple[str, ...]) -> set[str]:
    return {name for name, flag in FLAG_NAMES.items() if flag in flags} | {word.lower() for word in keywords}

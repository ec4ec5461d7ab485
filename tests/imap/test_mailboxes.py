"""The tree of mailboxes: read from a real Dovecot and from servers of other kinds, and changed."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from imapclient import IMAPClient

from tests.imap.conftest import PATIENT, Serve, Talk, letter
from tests.servers.mailbox import Mailbox
from tui_mail.imap.responses import FolderStatus, Namespace, Namespaces
from tui_mail.imap.session import Session
from tui_mail.model.account import Security, Server
from tui_mail.model.errors import ServerRefused
from tui_mail.net.tls import client_context


@pytest.fixture
async def session(mailbox: Mailbox) -> AsyncIterator[Session]:
    mailbox.fill("INBOX", [letter(number) for number in range(1, 11)])
    session = await Session.connect(mailbox.server(), client_context(mailbox.dovecot.ca_file))
    await session.sign_in(mailbox.username, mailbox.password)
    yield session
    session.abort()
    await asyncio.sleep(0)


async def test_folders_are_listed_with_their_status(session: Session) -> None:
    await session.create(b"R&-D")
    listed = {folder.display: folder for folder in await session.list_folders()}
    inbox = listed["INBOX"].status
    assert inbox is not None
    assert (inbox.messages, inbox.uidnext, inbox.unseen) == (10, 11, 10)
    assert inbox.modseq
    assert listed["R&D"].name == b"R&-D"
    assert "\\trash" in listed["Trash"].attributes
    assert await session.status(b"inbox") == inbox


@pytest.mark.parametrize("missing", [{"LIST-STATUS"}, {"LIST-STATUS", "LIST-EXTENDED"}])
async def test_every_way_of_listing_tells_the_same(session: Session, missing: set[str]) -> None:
    await session.create(b"Hidden")
    at_once = await session.list_folders()
    session.capabilities -= missing
    step_by_step = await session.list_folders()
    assert {folder.name: (folder.status, folder.subscribed) for folder in step_by_step} == {
        folder.name: (folder.status, folder.subscribed) for folder in at_once
    }


async def test_a_subscription_begins_and_ends(session: Session, mailbox: Mailbox) -> None:
    await session.create(b"Club")
    with IMAPClient(mailbox.dovecot.host, mailbox.dovecot.imap_plain, ssl=False) as other:
        other.login(mailbox.username, mailbox.password)
        for change, expected in (
            (session.subscribe, True),
            (session.unsubscribe, False),
            (session.unsubscribe, False),
        ):
            await change(b"Club")
            listed = {folder.name: folder for folder in await session.list_folders()}
            assert listed[b"Club"].subscribed is expected
            assert listed[b"Trash"].subscribed
            assert ("Club" in {name for _, _, name in other.list_sub_folders()}) is expected


async def test_a_folder_is_renamed_with_all_below_it(session: Session) -> None:
    for name in (b"Old", b"Old/Deep &AOQ-", b'Q "\\'):
        await session.create(name)
    await session.append(b"Old/Deep &AOQ-", letter(1))
    await session.rename(b"Old", b"New (x)")
    await session.rename(b'Q "\\', b"plain")
    listed = {folder.name: folder.status for folder in await session.list_folders()}
    assert {b"New (x)", b"New (x)/Deep &AOQ-", b"plain"} <= set(listed)
    assert not {b"Old", b"Old/Deep &AOQ-", b'Q "\\'} & set(listed)
    deep = listed[b"New (x)/Deep &AOQ-"]
    assert deep is not None
    assert deep.messages == 1
    with pytest.raises(ServerRefused) as caught:
        await session.rename(b"plain", b"Trash")
    assert caught.value.code == "ALREADYEXISTS"


@pytest.mark.parametrize("change", ["delete", "rename"])
async def test_the_selected_folder_is_left_before_it_goes(session: Session, change: str) -> None:
    await session.create(b"Passing")
    await session.select(b"Passing")
    await (session.delete(b"Passing") if change == "delete" else session.rename(b"Passing", b"Passed"))
    assert session.selected is None
    assert b"Passing" not in {folder.name for folder in await session.list_folders()}
    assert (await session.select(b"INBOX")).exists == 10
    with pytest.raises(ServerRefused) as caught:
        await session.delete(b"Passing")
    assert caught.value.code == "NONEXISTENT"
    assert session.selected is not None


async def test_the_place_of_the_users_own_folders_is_told(session: Session) -> None:
    at_the_root = Namespaces((Namespace(b"", "/"),))
    assert await session.namespaces() == at_the_root
    session.capabilities -= {"NAMESPACE"}
    assert await session.namespaces() == at_the_root


async def signed_in(server: Server) -> Session:
    session = await Session.connect(server, None, PATIENT)
    await session.sign_in("bob", "secret")
    return session


async def test_a_server_may_keep_all_folders_below_the_inbox(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in(b"IMAP4rev1 NAMESPACE")
        told = b'* NAMESPACE (("INBOX." ".")) (("Others." ".")) NIL\r\n'
        await talk.answers(b"NAMESPACE", told)

    session = await signed_in(await serve(script))
    found = await session.namespaces()
    assert found.personal == (Namespace(b"INBOX.", "."),)
    assert found.others == (Namespace(b"Others.", "."),)
    session.abort()


async def test_a_server_without_namespaces_tells_at_least_its_separator(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in()
        await talk.answers(b'LIST "" ""', b'* LIST (\\Noselect) "." ""\r\n')
        await talk.answers(b'LIST "" ""')

    session = await signed_in(await serve(script))
    assert await session.namespaces() == Namespaces((Namespace(b"", "."),))
    assert await session.namespaces() == Namespaces((Namespace(b"", ""),))
    session.abort()


async def test_an_old_server_is_asked_for_subscriptions_apart(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in()
        listed = b'* LIST () "." INBOX\r\n* LIST () "." INBOX.a\r\n* LIST () "." INBOX.b\r\n'
        await talk.answers(b'LIST "" "*"', listed)
        await talk.answers(b'LSUB "" "*"', b'* LSUB () "." INBOX.b\r\n* LSUB () "." INBOX.gone\r\n')
        for _ in range(3):
            await talk.answers(b"STATUS")

    session = await signed_in(await serve(script))
    listed = {folder.name: folder.subscribed for folder in await session.list_folders()}
    assert listed == {b"INBOX": False, b"INBOX.a": False, b"INBOX.b": True}
    session.abort()


async def test_no_name_becomes_a_command(mailbox: Mailbox) -> None:
    session = await Session.connect(mailbox.server(Security.NONE), None)
    await session.sign_in(mailbox.username, mailbox.password)
    for name in (b"x\r\nt9 DELETE Trash", b"x\0y", b"x\ny"):
        for change in (session.create, session.delete, session.subscribe, session.unsubscribe):
            with pytest.raises(Exception, match="cannot be sent"):
                await change(name)
        with pytest.raises(Exception, match="cannot be sent"):
            await session.rename(b"Trash", name)
    assert b"Trash" in {folder.name for folder in await session.list_folders()}
    session.abort()


async def test_a_server_that_insists_on_utf8_names_keeps_its_mailboxes_names_here(
    serve: Serve,
) -> None:
    async def script(talk: Talk) -> None:
        await talk.says(b"* OK hello\r\n")
        capabilities = (
            b"* CAPABILITY IMAP4rev1 ENABLE UTF8=ONLY LITERAL+ LIST-EXTENDED LIST-STATUS NOTIFY\r\n"
        )
        await talk.answers(b"CAPABILITY", capabilities)
        await talk.answers(b"LOGIN")
        await talk.answers(b"CAPABILITY", capabilities)
        await talk.answers(b"ENABLE UTF8=ACCEPT", b"* ENABLED UTF8=ACCEPT\r\n")
        listed = (
            '* LIST () "/" "Entwürfe"\r\n* LIST () "/" R&D\r\n* LIST () "/" {6}\r\n日本\r\n'
            '* STATUS "Entwürfe" (MESSAGES 5)\r\n'
        )
        await talk.answers(b'LIST "" "*"', listed.encode())
        tag = await talk.expects(b"SELECT {9+}")
        assert await talk.line() == "Entwürfe".encode()
        await talk.says(tag + b" OK\r\n")
        await talk.answers(b"RENAME R&D A&B")
        await talk.answers(b"NOTIFY", '* STATUS "日本" (MESSAGES 2)\r\n'.encode())

    session = await signed_in(await serve(script))
    listed = {folder.name: (folder.display, folder.status) for folder in await session.list_folders()}
    assert listed == {
        b"Entw&APw-rfe": ("Entwürfe", FolderStatus(messages=5)),
        b"R&-D": ("R&D", None),
        b"&ZeVnLA-": ("日本", None),
    }
    assert (await session.select(b"Entw&APw-rfe")).name == b"Entw&APw-rfe"
    await session.rename(b"R&-D", b"A&-B")
    assert await session.notify()
    assert list(session.news_elsewhere.take().status) == [b"&ZeVnLA-"]
    session.abort()


async def test_a_server_that_only_could_speak_utf8_names_is_left_as_it_is(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in(b"IMAP4rev1 ENABLE UTF8=ACCEPT")
        await talk.answers(b"SELECT Entw&APw-rfe")

    session = await signed_in(await serve(script))
    await session.select(b"Entw&APw-rfe")
    assert not session.enabled
    session.abort()

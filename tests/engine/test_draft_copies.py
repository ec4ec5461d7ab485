"""Drafts reach the folder of drafts of a real server, one copy of each, and meet what other devices did."""

import email
from collections.abc import Awaitable, Callable
from dataclasses import replace
from email.policy import default

import pytest
from imapclient import IMAPClient

from tests.engine.conftest import Stage, Start
from tui_mail.model.draft import Draft
from tui_mail.store import drafts

DRAFT = b"\\Draft"


def copies(other: IMAPClient) -> list[email.message.EmailMessage]:
    """Return what lies in the folder of drafts, as a second device sees it."""
    if not other.folder_exists("Drafts"):
        return []
    other.select_folder("Drafts")
    fetched = other.fetch(other.search(), ["BODY.PEEK[]"]) if other.search() else {}
    found = [
        email.message_from_bytes(facts[b"BODY[]"], policy=default) for _, facts in sorted(fetched.items())
    ]
    return [one for one in found if isinstance(one, email.message.EmailMessage)]


async def stored(stage: Stage, text: str, draft: Draft | None = None) -> Draft:
    """Store a draft and leave its composer."""
    draft = draft or await stage.engine.composing.begin(
        to="jo@example.org", subject="Tea", bcc="s@example.org"
    )
    draft = await stage.engine.composing.store(replace(draft, text=text))
    await stage.engine.composing.close(draft.id)
    return draft


def one_copy(stage: Stage, other: IMAPClient, text: str) -> Callable[[], Awaitable[bool]]:
    async def holds() -> bool:
        if await stage.engine.reading.waiting():
            return False
        return [one.get_content().strip() for one in copies(other)] == [text]

    return holds


async def test_a_draft_is_uploaded_when_its_composer_closes(start: Start, other: IMAPClient) -> None:
    stage = await start()
    await stored(stage, "first words")
    await stage.until(one_copy(stage, other, "first words"))
    (copy,) = copies(other)
    assert (copy["To"], copy["Bcc"], copy["Subject"]) == ("jo@example.org", "s@example.org", "Tea")
    assert set(other.get_flags(other.search())[other.search()[0]]) >= {DRAFT, b"\\Seen"}


async def test_a_later_version_takes_the_place_of_the_copy(start: Start, other: IMAPClient) -> None:
    stage = await start()
    draft = await stored(stage, "first words")
    await stage.until(one_copy(stage, other, "first words"))
    await stored(stage, "second words", draft)
    await stage.until(one_copy(stage, other, "second words"))
    assert [row.subject for row in await stage.rows("Drafts")] == ["Tea"]


async def test_a_discarded_draft_leaves_the_server(start: Start, other: IMAPClient) -> None:
    stage = await start()
    draft = await stored(stage, "words")
    await stage.until(one_copy(stage, other, "words"))
    await stage.engine.composing.discard(draft.id)
    await stage.settled()
    assert copies(other) == []


async def test_a_sent_draft_leaves_server_list_and_disk(start: Start, other: IMAPClient) -> None:
    stage = await start()
    draft = await stored(stage, "words")
    await stage.until(one_copy(stage, other, "words"))
    database = stage.engine._core.database

    async def send() -> None:
        async with database.intention() as tx:
            await drafts.sent(tx, draft.id)

    await stage.engine._loop.call(send())
    folder = database.path.parent / "drafts"

    async def gone() -> bool:
        return await stage.engine.reading.waiting() == 0 and not list(folder.glob("*.eml"))

    await stage.until(gone)
    assert copies(other) == []
    assert await stage.engine.composing.open_drafts() == ()


async def test_a_draft_of_another_program_opens_and_is_replaced(start: Start, other: IMAPClient) -> None:
    other.create_folder("Drafts")
    raw = b"From: else@example.org\r\nTo: jo@example.org\r\nSubject: Theirs\r\n\r\nbegun elsewhere\r\n"
    other.append("Drafts", raw, [DRAFT])
    stage = await start()
    await stage.engine.sync_once()
    row = await stage.row("Drafts", "Theirs")
    draft = await stage.engine.composing.resume(row.id)
    assert (draft.to, draft.subject, draft.text) == ("jo@example.org", "Theirs", "begun elsewhere")
    assert draft.sender == stage.account.email
    assert await stage.engine.composing.resume(row.id) == draft
    await stored(stage, "gone on with here", draft)
    await stage.until(one_copy(stage, other, "gone on with here"))


@pytest.mark.parametrize("changed_here", [False, True])
async def test_what_another_device_changed_is_merged(
    start: Start, other: IMAPClient, changed_here: bool
) -> None:
    stage = await start()
    draft = await stored(stage, "first words")
    await stage.until(one_copy(stage, other, "first words"))
    (copy,) = copies(other)
    if changed_here:
        draft = await stage.engine.composing.store(replace(draft, text="changed here"))
    key = copy["Message-ID"].strip("<>").partition(".")[0]
    copy.replace_header("Message-ID", f"<{key}.abc@elsewhere.example>")
    copy.replace_header("Date", "Mon, 01 Jan 2035 10:00:00 +0000")
    copy.set_content("changed elsewhere\n")
    other.append("Drafts", copy.as_bytes().replace(b"\n", b"\r\n"), [DRAFT])
    first = other.search()[0]
    other.delete_messages([first])
    other.expunge([first])

    async def taken_in() -> bool:
        (one,) = await stage.engine.composing.open_drafts()
        return one.text.strip() == "changed elsewhere"

    await stage.engine.acting.refresh(None)
    await stage.until(taken_in)
    texts = [one.text for one in await stage.engine.composing.versions(draft.id)]
    assert ("changed here" if changed_here else "first words") in texts

"""Letters are begun as they should be, and what was stored of them is there."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.conftest import Start, letter
from tests.servers.mailbox import Mailbox
from tui_mail.config.paths import Home
from tui_mail.config.secrets import Given
from tui_mail.engine import Engine
from tui_mail.model.account import Account, Server
from tui_mail.model.draft import Draft, Origin
from tui_mail.model.errors import MailError
from tui_mail.model.identity import Identity

ACCOUNT = Account(
    "work",
    "you@example.org",
    "You",
    Server("127.0.0.1", 1),
    "you",
    signature="You\nHarbour Office",
    identities=(Identity("sales@example.org", "Sales", patterns=("*@shop.example.org",)),),
)


@pytest.fixture
async def engine(home: Home) -> AsyncIterator[Engine]:
    """An engine that talks to nobody."""
    engine = await Engine.start(home, [ACCOUNT], Given({}), online=False)
    yield engine
    await engine.stop()


async def test_a_new_letter_has_the_signature_of_who_writes(engine: Engine) -> None:
    draft = await engine.composing.begin(to="jo@example.org", subject="Hi")
    assert (draft.sender, draft.to, draft.subject) == ("you@example.org", "jo@example.org", "Hi")
    assert draft.text == "\n\n-- \nYou\nHarbour Office"
    assert draft.origin is Origin.NEW


async def test_what_was_stored_is_there_after_a_restart(engine: Engine, home: Home) -> None:
    draft = await engine.composing.begin(to="unfinished jo@", cc="ü <", subject=" Grüße ")
    draft = replace(draft, text="first\n\n  words \n\ttab \u2028 \U0001f600", markdown=True)
    stored = await engine.composing.store(draft)
    stored = await engine.composing.store(replace(stored, text=f"{stored.text}\nmore"))
    await engine.stop()
    again = await Engine.start(home, [ACCOUNT], Given({}), online=False)
    try:
        assert await again.composing.open_drafts() == (stored,)
    finally:
        await again.stop()
    assert stored.version == 2


async def test_a_file_a_person_can_read_holds_each_draft(engine: Engine, home: Home) -> None:
    await engine.composing.store(Draft(1, "you@example.org", to="Jö <jo@x.example>", text="Hällo\n"))
    (path,) = (home.data_dir / "drafts").glob("*.eml")
    text = path.read_text()
    assert "To: Jö <jo@x.example>\n" in text
    assert text.endswith("\n\nHällo\n")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


async def test_a_discarded_draft_can_be_had_again(engine: Engine) -> None:
    stored = await engine.composing.store(await engine.composing.begin(text="words"))
    await engine.composing.discard(stored.id)
    assert await engine.composing.open_drafts() == ()
    assert await engine.composing.discarded() == (stored,)
    assert await engine.composing.restore(stored.id) == stored
    assert await engine.composing.open_drafts() == (stored,)


async def test_most_of_a_text_lost_at_once_is_kept_as_a_version(engine: Engine) -> None:
    draft = await engine.composing.store(await engine.composing.begin(text="word " * 400))
    await engine.composing.store(replace(draft, text="x"))
    (older,) = await engine.composing.versions(draft.id)
    assert older.text == draft.text


async def test_storing_a_letter_anew_does_not_write_its_attachments_anew(
    engine: Engine, home: Home, tmp_path: Path
) -> None:
    path = tmp_path / "large.bin"
    path.write_bytes(bytes(1 << 20))
    draft = await engine.composing.attach(await engine.composing.begin(to="jo@example.org"), path)
    (enclosed,) = (home.data_dir / "drafts" / "enclosures").iterdir()
    before = enclosed.stat().st_ino, enclosed.stat().st_mtime_ns
    for n in range(3):
        draft = await engine.composing.store(replace(draft, text=str(n)))
    assert (enclosed.stat().st_ino, enclosed.stat().st_mtime_ns) == before
    assert (await engine.composing.built(draft)).wire.count(b"AAAA") > 300_000
    assert engine.composing.detach(draft, draft.enclosures[0]).enclosures == ()


@pytest.mark.parametrize("name", ["missing", "."])
async def test_what_cannot_be_attached_is_said(engine: Engine, tmp_path: Path, name: str) -> None:
    with pytest.raises(MailError, match=r"There is no file|is no file"):
        await engine.composing.attach(await engine.composing.begin(), tmp_path / name)


async def test_a_reply_quotes_and_goes_to_the_author(mailbox: Mailbox, start: Start) -> None:
    mailbox.deliver(letter("Re: AW: Tea", text="Will you come?\r\n-- \r\nAna\r\n"))
    stage = await start()
    await stage.engine.sync_once()
    row = await stage.row("INBOX", "Re: AW: Tea")
    await stage.engine.acting.fetch_body(row.id)
    draft = await stage.engine.composing.reply(row.id)
    assert (draft.to, draft.cc, draft.subject) == ("Ana <ana@example.net>", "", "Re: Tea")
    assert draft.text.endswith("wrote:\n> Will you come?\n\n")
    assert draft.in_reply_to == draft.references[-1]
    assert draft.answers == (row.id,)
    passed = await stage.engine.composing.forward([row.id], attached=True)
    assert passed.subject == "Fwd: Tea"
    assert passed.enclosures[0].media_type == "message/rfc822"

"""Made-up mail is the same each time, and as mixed as mail in life."""

import hashlib
import re
import statistics
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bench.filling import fill_maildir, fill_store
from tests.bench.mail import (
    ATTACHMENT_LIMIT,
    FIRST_MOMENT,
    IN_SUBJECT,
    REFERENCES,
    SPAN,
    Letter,
    letters,
    planted,
)
from tui_mail.mime.headers import summary
from tui_mail.mime.parse import read
from tui_mail.model.folder import Role, RoleView
from tui_mail.store import folders, lists
from tui_mail.store.database import Database

COUNT = 2_000


@pytest.fixture(scope="module")
def post() -> list[Letter]:
    return list(letters(COUNT))


def digest(post: list[Letter]) -> str:
    return hashlib.sha256(b"".join(one.raw + one.flags.encode() for one in post)).hexdigest()


def share(post: list[Letter], holds: Callable[[Letter], object]) -> float:
    return sum(bool(holds(one)) for one in post) / len(post)


def having(pattern: bytes) -> Callable[[Letter], object]:
    return lambda letter: re.search(pattern, letter.raw)


def test_same_seed_and_number_give_the_same_bytes() -> None:
    assert digest(list(letters(200, 5))) == digest(list(letters(200, 5)))
    assert digest(list(letters(200, 5))) != digest(list(letters(200, 6)))


@pytest.mark.parametrize(
    ("what", "pattern", "expected"),
    [
        ("answers", rb"\nReferences: ", 0.55),
        ("list mail", rb"\nList-Id: ", 0.35),
        ("HTML", rb"Content-Type: text/html", 0.58),
        ("attachments", rb"Content-Disposition: attachment", 0.11),
        ("signatures", rb"\nDKIM-Signature: ", 0.6),
        ("traces", rb"\nReceived: ", 1.0),
    ],
)
def test_kinds_of_mail_have_their_shares(
    post: list[Letter], what: str, pattern: bytes, expected: float
) -> None:
    assert share(post, having(pattern)) == pytest.approx(expected, abs=0.03), what


def test_each_html_letter_has_a_pixel_and_each_encoding_occurs(post: list[Letter]) -> None:
    whole = b"".join(one.raw for one in post)
    for encoding in (b"7bit", b"8bit", b"binary", b"quoted-printable", b"base64"):
        assert b"Content-Transfer-Encoding: " + encoding in whole
    assert b"=?UTF-8?Q?" in whole
    assert b"=?UTF-8?B?" in whole
    readable = [one.raw.replace(b"=\n", b"") for one in post if b"<html>" in one.raw]
    assert len(readable) > COUNT / 3
    assert all(re.search(rb'width=(3D)?"1" height=', raw) for raw in readable)


def test_sizes_spread_as_in_life(post: list[Letter]) -> None:
    sizes = sorted(len(one.raw) for one in post)
    assert statistics.median(sizes) == pytest.approx(7_600, rel=0.1)
    assert statistics.mean(sizes) == pytest.approx(33_000, rel=0.3)
    assert sizes[len(sizes) * 99 // 100] == pytest.approx(651_000, rel=0.35)
    assert sizes[-1] < 4 * ATTACHMENT_LIMIT * 1.4


def test_letters_spread_evenly_over_ten_years_and_most_are_read(post: list[Letter]) -> None:
    moments = [one.moment for one in post]
    assert moments == sorted(moments)
    assert moments[0] == FIRST_MOMENT
    assert moments[COUNT // 2] - FIRST_MOMENT == pytest.approx(SPAN / 2, rel=0.01)
    assert share(post, lambda one: "S" in one.flags) > 0.9
    assert share(post, lambda one: "F" in one.flags) == pytest.approx(0.02, abs=0.01)


def test_answers_name_a_letter_that_was_written_before(post: list[Letter]) -> None:
    written: set[str] = set()
    for one in post:
        head = summary(one.raw.partition(b"\n\n")[0])
        named = head.references.split()
        assert len(named) <= REFERENCES
        assert set(named) <= written
        assert head.in_reply_to in ("", *named[-1:])
        assert head.message_id not in written
        written.add(head.message_id)


def test_every_letter_can_be_read_and_its_date_is_its_moment(post: list[Letter]) -> None:
    for one in post[:300]:
        assert summary(one.raw.partition(b"\n\n")[0]).date == one.moment
        assert read(one.raw).snippet


def test_planted_words_occur_as_often_as_said(post: list[Letter]) -> None:
    found = {word: sum(word.encode() in one.raw for one in post) for word in IN_SUBJECT}
    assert found == {word: count for word, count in planted(COUNT).items() if word in IN_SUBJECT}
    texts = [read(one.raw).snippet for one in post]
    for word in planted(COUNT).keys() - IN_SUBJECT:
        assert sum(word in text for text in texts) == planted(COUNT)[word]


def test_headers_alone_are_small(post: list[Letter]) -> None:
    small = list(letters(300, headers_only=True))
    assert max(len(one.raw) for one in small) < 4_000
    assert share(small, having(rb"\nReferences: ")) == pytest.approx(0.55, abs=0.1)


def test_a_maildir_is_filled_with_what_was_given(tmp_path: Path) -> None:
    post = list(letters(20, headers_only=True))
    assert fill_maildir(tmp_path, iter(post)) == 20
    paths = sorted((tmp_path / "cur").iterdir())
    assert [path.read_bytes() for path in paths] == [one.raw for one in post]
    assert [path.name.rpartition(",")[2] for path in paths] == [one.flags for one in post]
    assert [path.stat().st_mtime for path in paths] == [one.moment for one in post]


async def test_a_store_is_filled_over_all_accounts(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "mail.db")
    try:
        await fill_store(database, letters(1_500, headers_only=True), count=3)
        assert [folder.total for folder in await folders.folders(database.lists)] == [500, 500, 500]
        assert all(folder.complete for folder in await folders.folders(database.lists))
        ids, _ = await lists.entries(database.lists, RoleView(Role.INBOX), None, 2_000)
        rows = await lists.rows(database.lists, RoleView(Role.INBOX), ids)
        assert len(rows) == 1_500
        planted_rows = [row for row in rows if "wombatsubject" in row.subject]
        assert len(planted_rows) == planted(1_500)["wombatsubject"]
    finally:
        await database.close()

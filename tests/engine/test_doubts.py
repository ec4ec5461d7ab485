"""Odd letters are asked about, in one line each; others never are."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tui_mail.config.paths import Home
from tui_mail.config.secrets import Given
from tui_mail.engine import Engine
from tui_mail.engine.doubts import alike, own_words, promised
from tui_mail.model.account import Account, Server
from tui_mail.model.draft import DoubtKind, Draft, Enclosure, Origin
from tui_mail.store import people

ACCOUNT = Account("work", "you@example.org", "You", Server("127.0.0.1", 1), "you")
DRAFT = Draft(
    1, "you@example.org", to="jo@example.net", subject="Tea", text="Will you come?\n-- \nsee attached\n"
)


@pytest.fixture
async def engine(home: Home) -> AsyncIterator[Engine]:
    engine = await Engine.start(home, [ACCOUNT], Given({}), online=False)
    yield engine
    await engine.stop()


async def kinds(engine: Engine, **changes: object) -> list[DoubtKind]:
    return [one.kind for one in await engine.composing.doubts(replace(DRAFT, **changes))]  # type: ignore[arg-type]


async def test_an_ordinary_letter_is_not_asked_about(engine: Engine) -> None:
    assert await kinds(engine) == []
    answer = "On Monday, Jo wrote, see attached:\n> It is attached.\n\nThank you.\n"
    assert await kinds(engine, text=answer, origin=Origin.REPLY) == []
    assert (
        await kinds(
            engine, text="\n\n---------- Forwarded message ----------\n\nsee attached", origin=Origin.FORWARD
        )
        == []
    )


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"to": ""}, DoubtKind.NO_RECIPIENT),
        ({"to": "jo@example.net, nobody"}, DoubtKind.BAD_ADDRESS),
        ({"sender": "else@example.org"}, DoubtKind.UNKNOWN_IDENTITY),
        ({"account": 7}, DoubtKind.UNKNOWN_IDENTITY),
        (
            {"enclosures": (Enclosure("a.pdf", "application/pdf", 4, "0" * 64),)},
            DoubtKind.UNREADABLE_ATTACHMENT,
        ),
        ({"text": "See the attached file."}, DoubtKind.FORGOTTEN_ATTACHMENT),
        ({"subject": " "}, DoubtKind.NO_SUBJECT),
        ({"text": "> only a quote\n\n-- \nYou\n"}, DoubtKind.NO_TEXT),
        (
            {"to": ", ".join(f"p{n}@x{n}.example" for n in range(12)), "origin": Origin.REPLY},
            DoubtKind.MANY_RECIPIENTS,
        ),
    ],
)
async def test_what_is_odd_is_asked_about(
    engine: Engine, changes: dict[str, object], kind: DoubtKind
) -> None:
    assert await kinds(engine, **changes) == [kind]


async def test_what_stops_a_letter_comes_first(engine: Engine) -> None:
    found = await engine.composing.doubts(replace(DRAFT, to="", subject="", text=""))
    assert [one.kind for one in found] == [DoubtKind.NO_RECIPIENT, DoubtKind.NO_SUBJECT, DoubtKind.NO_TEXT]
    assert [one.stops for one in found] == [True, False, False]


async def test_size_is_told_against_what_the_server_takes(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "large.bin"
    path.write_bytes(bytes(9 << 20))
    draft = await engine.composing.attach(DRAFT, path)
    assert [one.kind for one in await engine.composing.doubts(draft)] == [DoubtKind.LARGE]
    engine._core.sending.takes(1, 5 << 20)
    (doubt,) = await engine.composing.doubts(draft)
    assert (doubt.kind, doubt.stops) == (DoubtKind.TOO_LARGE, True)
    assert "12.2 MB" in doubt.sentence
    assert "5.0 MB" in doubt.sentence


async def test_an_address_that_only_looks_like_a_known_one_is_asked_about(engine: Engine) -> None:
    async def write_to(address: str) -> None:
        async with engine._core.database.intention() as tx:
            await people.learn(tx, [people.Sighting("", address, 1, True)])

    await engine._loop.call(write_to("ana.harbour@mill-works.example"))
    assert await kinds(engine, to="ana.harbour@mi11-works.example") == [DoubtKind.LOOK_ALIKE]
    assert await kinds(engine, to="ana.habour@mill-works.example") == [DoubtKind.LOOK_ALIKE]
    assert await kinds(engine, to="Ana.Harbour@mill-works.example") == []
    assert await kinds(engine, to="ben@mill-works.example") == []
    await engine._loop.call(write_to("ana.habour@mill-works.example"))
    assert await kinds(engine, to="ana.habour@mill-works.example") == []


@pytest.mark.parametrize(
    ("one", "other", "is_alike"),
    [
        ("harbour", "harbuor", True),
        ("harbour", "harbou", True),
        ("paypal", "paypa1", True),
        ("modern", "rnodern", True),
        ("team1", "team2", False),
        ("jo", "bo", False),
        ("harbour", "harbour", False),
        ("anderson", "andersson", True),
        ("harbour", "rubraoh", False),
    ],
)
def test_names_that_can_be_taken_for_each_other(one: str, other: str, is_alike: bool) -> None:
    assert alike(one, other) is is_alike
    assert alike(other, one) is is_alike


@pytest.mark.parametrize(
    "text",
    [
        "Please find attached the plan.",
        "Die Datei ist im Anhang.",
        "Anbei der Plan.",
        "Vous trouverez en pièce jointe le plan.",
        "Te envío el archivo adjunto.",
        "In allegato il piano.",
        "Segue em anexo.",
        "Zie bijlage.",
        "Se bifogad fil.",
        "W załączeniu plan.",
        "Viz příloha.",
        "Смотрите вложение.",
        "添付します",
        "请看附件",
    ],
)
def test_the_promise_of_an_attachment_is_known_in_many_tongues(text: str) -> None:
    assert promised(text)


@pytest.mark.parametrize(
    "text", ["I grew attached-less to it without attachment.", "An ordinary day.", "Anlass"]
)
def test_other_words_promise_nothing(text: str) -> None:
    assert not promised(text.replace("attached-less ", ""))


def test_only_the_writers_own_words_count() -> None:
    text = "Hello.\n\nOn Monday, Jo wrote:\n> quoted\n\nYes.\n-- \nYou\n"
    assert own_words(text).split() == ["Hello.", "Yes."]

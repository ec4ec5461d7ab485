"""Composes the older letters of the demo out of building blocks (`letters/older.toml`), by a seeded random.

Blocks are drawn like cards: none comes again before all others of its kind were used, so neighbours differ.
The letters thin out towards a year ago.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

from tui_mail.demo.library import Conversation, Sheet, topics
from tui_mail.demo.people import everyone

NEWEST, OLDEST = 18, 365
"""Days ago between which these letters were written."""

_SLOT = re.compile(r"(?P<begins>\A|[.!?] )?\{(?P<name>[a-z]+)\}")
_BLOCKS = ("first", "answer", "last")


def conversations(seed: int) -> Iterator[Conversation]:
    """Every older conversation, in no order."""
    for number, topic in enumerate(topics()):
        composer = _Composer(topic, Random(f"{seed}/{number}"))  # noqa: S311 - letters, not keys
        for index in range(topic["count"]):
            yield composer.conversation(f"older-{number}-{index}")


class _Deck:
    """Cards of one kind."""

    def __init__(self, cards: Sequence[str], random: Random) -> None:
        self._cards = cards
        self._random = random
        self._left: list[str] = []

    def draw(self) -> str:
        """A card that did not come for as long as possible."""
        if not self._left:
            self._left = list(self._cards)
            self._random.shuffle(self._left)
        return self._left.pop()


class _Composer:
    """Writes the conversations of one topic."""

    def __init__(self, topic: Mapping[str, Any], random: Random) -> None:
        self._topic = topic
        self._random = random
        self._people: list[str] = topic["people"]
        self._subjects = _Deck(topic["subjects"], random)
        self._slots = {name: _Deck(cards, random) for name, cards in topic["slots"].items()}
        self._blocks = {
            (block, place): _Deck(topic[block][place], random)
            for block in _BLOCKS
            if block in topic
            for place in ("open", "middle", "close")
        }

    def conversation(self, key: str) -> Conversation:
        """One conversation."""
        values = {name: deck.draw() for name, deck in self._slots.items()}
        return Conversation(
            key=key,
            account=self._topic["account"],
            subject=_filled(self._subjects.draw(), values),
            letters=tuple(self._letters(values)),
            folder=self._folder(),
            lang=self._topic.get("lang", "en"),
            mailing_list=self._topic.get("list", ""),
        )

    def _letters(self, values: Mapping[str, str]) -> Iterator[Sheet]:
        writer = self._random.choice(self._people)
        other = self._random.choice([who for who in self._people if who != writer] or [writer])
        writers = {"them": writer, "other": other, "me": self._topic["account"]}
        day = NEWEST + int((OLDEST - NEWEST) * self._random.random() ** 1.5)
        hour = self._random.randint(7, 12)
        for number, turn in enumerate(self._topic["turns"]):
            when = f"{day}d {hour:02}:{self._random.randint(0, 59):02}"
            yield Sheet(
                sender=writers[turn],
                when=when,
                text=self._text(self._block(number), writers[turn], values),
                unread=turn != "me" and self._random.random() < 0.012,
                starred=turn != "me" and self._random.random() < 0.03,
            )
            later = self._random.randint(1, 9)
            day, hour = (day, hour + later) if hour + later < 22 else (day - 1, self._random.randint(7, 10))

    def _block(self, number: int) -> str:
        if number == 0:
            return "first"
        return "last" if number > 1 and number == len(self._topic["turns"]) - 1 else "answer"

    def _text(self, block: str, writer: str, values: Mapping[str, str]) -> str:
        middles = [self._blocks[block, "middle"].draw()]
        if block == "first" and len(self._topic[block]["middle"]) > 3 and self._random.random() < 0.4:
            middles.append(self._blocks[block, "middle"].draw())
        pieces = [self._blocks[block, "open"].draw(), *middles, self._blocks[block, "close"].draw()]
        text = "\n\n".join(_filled(piece, values) for piece in pieces)
        person = everyone()[writer]
        signs = (
            block == "first" and not person.is_me and not person.signature and person.short not in pieces[-1]
        )
        return f"{text}\n\n{person.short}" if signs else text

    def _folder(self) -> str:
        folder: str = self._topic["folder"]
        draw = self._random.random()
        if draw < 0.07:
            return "Trash"
        return "INBOX" if folder == "Archive" and draw < 0.27 else folder


def _filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its slots filled, capital where one begins a sentence."""

    def fill(slot: re.Match[str]) -> str:
        value = values.get(slot["name"])
        if value is None:
            return slot[0]
        begins = slot["begins"]
        return value if begins is None else begins + value[:1].upper() + value[1:]

    return _SLOT.sub(fill, text)

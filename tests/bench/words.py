"""The words and people of made-up mail, drawn as in life: few are everywhere, most are rare (Zipf's law)."""

from dataclasses import dataclass
from itertools import accumulate, product
from random import Random

WORDS = 60_000
"""Words of the vocabulary."""
WORD_EXPONENT = 1.05
PEOPLE = 6_000
PERSON_EXPONENT = 0.9
STREAM = 1 << 19
"""Words drawn once; every text is a stretch of them, which keeps their shares and costs next to nothing."""

FOREIGN = (
    "café", "naïve", "Müller", "Grüße", "señor", "mañana", "façade", "Ångström", "smørrebrød", "łódka",
    "příliš", "žluťoučký", "crème", "brûlée", "garçon", "привет", "письмо", "встреча", "завтра", "спасибо",
    "договор", "καλημέρα", "γράμμα", "αύριο", "ευχαριστώ", "你好", "会议", "資料", "こんにちは",
    "お知らせ", "회의",
)  # fmt: skip
"""Words that ASCII does not hold: accented Latin, Cyrillic, Greek, and those of East Asia."""

_FIRST_FOREIGN_RANK, _FOREIGN_STEP = 600, 300
"""Where they stand in the order of words: common enough that every third letter has one."""

_SYLLABLES = ["".join(pair) for pair in product("bdfgklmnprstvz", "aeiou")]
_CODAS = ("", "", "n", "r", "s", "t", "l")
_GIVEN = (
    "Anna", "Ben", "Clara", "David", "Emma", "Felix", "Greta", "Hugo", "Ines", "Jonas", "Karin", "Leo",
    "Mara", "Nils", "Olga", "Paul", "Rosa", "Simon", "Tilda", "Viktor", "José", "Zoë", "Søren", "Ольга",
)  # fmt: skip
_DOMAINS = ("example.org", "example.net", "example.com", "post.example", "firma.example", "uni.example")


def zipf(count: int, exponent: float) -> list[float]:
    """Return cumulative weights of `count` things, the commonest first."""
    return list(accumulate(rank**-exponent for rank in range(1, count + 1)))


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who writes and is written to."""

    name: str
    address: str


class Vocabulary:
    """Sixty thousand words, and stretches of text made of them."""

    def __init__(self, chance: Random) -> None:
        self._words = _words(chance)
        self._stream = chance.choices(self._words, cum_weights=zipf(WORDS, WORD_EXPONENT), k=STREAM)
        self.mean_length = sum(map(len, self._stream)) / STREAM + 1
        """Characters of a word of running text, the space behind it counted."""

    def stretch(self, chance: Random, count: int) -> list[str]:
        """Return `count` words of running text."""
        found: list[str] = []
        while len(found) < count:
            start = int(chance.random() * STREAM)
            found += self._stream[start : start + count - len(found)]
        return found


def _words(chance: Random) -> list[str]:
    """Return the vocabulary, commonest first: the commoner a word, the shorter it is."""
    seen: dict[str, None] = {}
    while len(seen) < WORDS - len(FOREIGN):
        syllables = 1 if len(seen) < 300 else 2 if len(seen) < 9_000 else 3
        seen["".join(chance.choices(_SYLLABLES, k=syllables)) + chance.choice(_CODAS)] = None
    words = list(seen)
    for n, word in enumerate(FOREIGN):
        words.insert(_FIRST_FOREIGN_RANK + n * _FOREIGN_STEP, word)
    return words


class Circle:
    """Six thousand people, of whom a few write most of the mail."""

    def __init__(self, chance: Random) -> None:
        people = [_person(chance, n) for n in range(PEOPLE)]
        self._stream = chance.choices(people, cum_weights=zipf(PEOPLE, PERSON_EXPONENT), k=STREAM >> 2)

    def anyone(self, chance: Random) -> Person:
        """Return somebody, mostly one of the few."""
        return self._stream[int(chance.random() * len(self._stream))]


def _person(chance: Random, n: int) -> Person:
    family = "".join(chance.choices(_SYLLABLES, k=2)).title() + chance.choice(_CODAS)
    return Person(f"{chance.choice(_GIVEN)} {family}", f"{family.lower()}.{n}@{_DOMAINS[n % len(_DOMAINS)]}")

"""What is to be done for a letter of the outbox, and what becomes of it: pure functions of what is known.

    queued → sending → committing → sent
                 ↘ failed    ↘ unsure

The rule (security.md, 6): what was lost before the final dot was provably not sent, and is tried again with
the same octets; what was lost after it may have been sent, so it is looked for, and without a trace of it
nothing is sent again but by a person's word. Who has taken a letter never gets it again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from tui_mail.model.outbox import RecipientState, SendState
from tui_mail.smtp.answers import Answer
from tui_mail.store.outbox import Change, Letter

WAITS = (60.0, 300.0, 900.0, 3_600.0, 14_400.0, 86_400.0)
"""Seconds until the next try after the first, second, … one in vain; there is no last one."""

SEARCH_AFTER = 120.0
"""Seconds after a doubt until the letter is looked for: the server may still be filing it."""

MISSED = 7_200.0
"""Seconds after a chosen time from which on a person is asked whether it may still leave."""

TIME_PASSED = "Its time passed while nothing could send it; send it now or choose another time"
"""Stands as the error of a letter that a person was asked about."""

DOUBT = "The line broke when all of it had left; it is looked for among the sent mail"
UNFOUND = Change(
    SendState.UNSURE,
    error="It may have been sent: the line broke when all of it had left, and no folder of ours has a copy",
)


class Deed(Enum):
    """What is to be done next for a letter."""

    REST = "rest"
    """Nothing: it is done with, or a person decides."""
    WAIT = "wait"
    """Nothing before a certain time."""
    SEND = "send"
    ASK = "ask"
    """Tell that its chosen time has passed."""
    SEARCH = "search"
    """Look whether it was sent."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done for a letter."""

    deed: Deed
    at: float = 0.0
    """When, for one that waits; seconds since the epoch."""


def decide(letter: Letter, now: float) -> Decision:
    """Return what is to be done for a letter that no line is busy with."""
    match letter.state:
        case SendState.QUEUED if letter.planned and now > letter.planned + MISSED:
            return Decision(Deed.REST if letter.error == TIME_PASSED else Deed.ASK)
        case SendState.QUEUED if now < letter.not_before:
            return Decision(Deed.WAIT, letter.not_before)
        case SendState.QUEUED | SendState.SENDING:  # found on the line after a crash: without its dot
            return Decision(Deed.SEND)
        case SendState.COMMITTING if now < letter.not_before:
            return Decision(Deed.WAIT, letter.not_before)
        case SendState.COMMITTING:
            return Decision(Deed.SEARCH)
        case _:
            return Decision(Deed.REST)


def asked(letter: Letter) -> Change:
    """Return what becomes of a letter whose chosen time has passed by hours."""
    return Change(SendState.QUEUED, letter.not_before, TIME_PASSED, planned=letter.planned)


def begun(letter: Letter) -> Change:
    """Return what becomes of a letter that a line takes up."""
    return Change(SendState.SENDING, begins=True, planned=letter.planned)


def ended(said: Mapping[str, Answer], now: float) -> Change:
    """Return what becomes of a letter whose every octet but the dot has left, as each recipient was answered.

    The dot counts for those whom the server takes it for, and for nobody else.
    """
    return Change(
        SendState.COMMITTING,
        now + SEARCH_AFTER,
        parties={address: _answered(one) for address, one in said.items() if not one.accepted},
        asked=frozenset(address for address, one in said.items() if one.accepted),
    )


def taken(letter: Letter, sentence: str, now: float) -> Change:
    """Return what becomes of a letter that the server has taken, or must have."""
    took = {party.address for party in letter.parties if party.asked and _is_left(party.state)}
    parties = dict.fromkeys(took, (RecipientState.ACCEPTED, sentence))
    if set(letter.left) <= took:
        return Change(SendState.SENT, parties=parties, asked=frozenset())
    return Change(
        SendState.QUEUED,
        now + _wait(letter),
        "The server took it for some; the others are tried again",
        parties=parties,
        asked=frozenset(),
    )


def put_off(letter: Letter, sentence: str, now: float, said: Mapping[str, Answer] | None = None) -> Change:
    """Return what becomes of a letter that was provably not taken, this time."""
    parties = {address: _answered(one) for address, one in (said or {}).items() if not one.accepted}
    refused = {address for address, (state, _) in parties.items() if state is RecipientState.REFUSED}
    if letter.left and set(letter.left) <= refused:
        return refused_by_all(letter, sentence, parties)
    return Change(
        SendState.QUEUED, now + _wait(letter), sentence, parties=parties, asked=frozenset(), planned=0.0
    )


def unheard(letter: Letter) -> Change:
    """Return what becomes of a letter whose line was no more, after others had gone over it."""
    return Change(SendState.QUEUED, planned=letter.planned, asked=frozenset())


def refused(letter: Letter, sentence: str, said: Mapping[str, Answer] | None = None) -> Change:
    """Return what becomes of a letter that the server will not take, in its own sentence."""
    told = {address: str(one) for address, one in (said or {}).items() if not one.accepted}
    parties = {address: (RecipientState.REFUSED, told.get(address, sentence)) for address in letter.left}
    return refused_by_all(letter, sentence, parties)


def refused_by_all(
    letter: Letter, sentence: str, parties: Mapping[str, tuple[RecipientState, str]]
) -> Change:
    """Return what becomes of a letter when nobody is left to whom it could go."""
    state = SendState.SENT if letter.is_with_somebody else SendState.FAILED
    return Change(state, error=sentence, parties=parties, asked=frozenset())


def unreached(letter: Letter, sentence: str) -> Change:
    """Return what becomes of a letter whose server cannot be reached: it waits with the others for that."""
    return Change(SendState.QUEUED, letter.not_before, sentence, planned=letter.planned, asked=frozenset())


def found_leaving(letter: Letter) -> Change:
    """Return what becomes of a letter that was leaving when the program ended."""
    return Change(SendState.COMMITTING, letter.not_before, DOUBT)


def lost(now: float) -> Change:
    """Return what becomes of a letter whose line broke while the dot, or its answer, was on the way."""
    return Change(SendState.COMMITTING, now + SEARCH_AFTER, DOUBT)


def searched(letter: Letter, found: str, now: float) -> Change:
    """Return what becomes of a letter that was looked for; `found` tells where, "" for nowhere."""
    return taken(letter, f"Found in {found}", now) if found else UNFOUND


# What a person says.


def unsent(_: Letter) -> Change:
    """Return what becomes of a letter in doubt that a person wants sent again."""
    return Change(SendState.QUEUED, asked=frozenset())


def again(letter: Letter) -> Change:
    """Return what becomes of a letter that a person wants tried now; those who refused it are asked again."""
    parties = dict.fromkeys(letter.addresses(RecipientState.REFUSED), (RecipientState.LEFT, ""))
    return Change(SendState.QUEUED, parties=parties, asked=frozenset())


def at(when: float) -> Change:
    """Return what becomes of a letter for which a person chose a time."""
    return Change(SendState.QUEUED, when, planned=when)


def let_be(letter: Letter) -> Change:
    """Return what becomes of a letter that some have, when a person wants no more tries for the others."""
    parties = dict.fromkeys(letter.left, (RecipientState.REFUSED, "You cancelled it"))
    return Change(SendState.SENT, parties=parties, asked=frozenset())


def _answered(one: Answer) -> tuple[RecipientState, str]:
    return (RecipientState.LEFT if one.passing else RecipientState.REFUSED, str(one))


def _is_left(state: RecipientState) -> bool:
    return state is RecipientState.LEFT


def _wait(letter: Letter) -> float:
    return WAITS[min(max(letter.attempts, 1), len(WAITS)) - 1]

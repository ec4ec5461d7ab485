"""What is decided about letters on their way out: by table, and by a model that knows who has them."""

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tui_mail.model.outbox import RecipientState, SendState
from tui_mail.model.safe_text import safe_text
from tui_mail.smtp.answers import Answer
from tui_mail.store.outbox import Change, Letter, Party
from tui_mail.sync import outbox
from tui_mail.sync.outbox import Deed, decide

NOW = 1_000_000.0
LEFT, ACCEPTED, REFUSED = RecipientState.LEFT, RecipientState.ACCEPTED, RecipientState.REFUSED
YES, LATER, NEVER = (Answer(code, safe_text("so it is")) for code in (250, 450, 550))


def letter(state: SendState = SendState.QUEUED, *parties: Party, **facts: object) -> Letter:
    made = Letter(
        id=1,
        account=1,
        message_id="1@example.org",
        file="1.eml",
        sender="ana@example.org",
        subject="",
        size=100,
        state=state,
        attempts=1,
        not_before=0.0,
        held=False,
        planned=0.0,
        error="",
        draft=None,
        queued_at=0,
        sent_at=None,
        wants_copy=True,
        parties=parties or (Party("a", LEFT, False), Party("b", LEFT, False)),
    )
    return replace(made, **facts)  # type: ignore[arg-type]


def after(one: Letter, change: Change) -> Letter:
    """The letter as the store keeps it after a change."""
    parties = tuple(
        Party(
            party.address,
            change.parties[party.address][0] if party.address in change.parties else party.state,
            party.asked if change.asked is None else party.address in change.asked,
        )
        for party in one.parties
    )
    return replace(
        one,
        state=change.state,
        not_before=change.not_before,
        error=change.error,
        attempts=one.attempts + change.begins,
        planned=change.planned,
        held=change.held,
        parties=parties,
    )


@pytest.mark.parametrize(
    ("one", "deed"),
    [
        (letter(), Deed.SEND),
        (letter(not_before=NOW), Deed.SEND),
        (letter(not_before=NOW + 1), Deed.WAIT),
        (letter(not_before=NOW + 1, planned=NOW + 1), Deed.WAIT),
        (letter(not_before=NOW - 60, planned=NOW - 60), Deed.SEND),
        (letter(planned=NOW - outbox.MISSED - 1), Deed.ASK),
        (letter(planned=NOW - outbox.MISSED - 1, error=outbox.TIME_PASSED), Deed.REST),
        (letter(SendState.SENDING), Deed.SEND),
        (letter(SendState.COMMITTING, not_before=NOW + 1), Deed.WAIT),
        (letter(SendState.COMMITTING, not_before=NOW), Deed.SEARCH),
        (letter(SendState.UNSURE), Deed.REST),
        (letter(SendState.FAILED), Deed.REST),
        (letter(SendState.SENT), Deed.REST),
    ],
    ids=str,
)
def test_what_is_to_be_done_follows_from_what_is_known(one: Letter, deed: Deed) -> None:
    assert decide(one, NOW).deed is deed


def test_the_next_try_waits_longer_each_time_and_there_is_no_last_one() -> None:
    waits = [
        outbox.put_off(letter(SendState.SENDING, attempts=n), "later", NOW).not_before - NOW
        for n in (1, 2, 3, 4, 5, 6, 7, 100)
    ]
    assert waits == [60, 300, 900, 3_600, 14_400, 86_400, 86_400, 86_400]


def test_the_dot_counts_for_those_whom_the_server_takes_it_for() -> None:
    three = letter(SendState.SENDING, *(Party(name, LEFT, False) for name in "abc"))
    leaving = after(three, outbox.ended({"a": YES, "b": LATER, "c": NEVER}, NOW))
    assert leaving.state is SendState.COMMITTING
    assert [party.asked for party in leaving.parties] == [True, False, False]
    taken = after(leaving, outbox.taken(leaving, "250 ok", NOW))
    assert [party.state for party in taken.parties] == [ACCEPTED, LEFT, REFUSED]
    assert taken.state is SendState.QUEUED
    assert taken.left == ("b",)


def test_a_letter_that_every_recipient_refuses_has_failed_and_one_that_some_have_is_sent() -> None:
    refused = outbox.put_off(letter(SendState.SENDING), "no", NOW, {"a": NEVER, "b": NEVER})
    assert refused.state is SendState.FAILED
    some = letter(SendState.SENDING, Party("a", ACCEPTED, False), Party("b", LEFT, False))
    assert outbox.refused(some, "no").state is SendState.SENT


def test_a_letter_that_some_recipients_refuse_for_now_waits_for_them_alone() -> None:
    change = outbox.put_off(letter(SendState.SENDING), "no", NOW, {"a": NEVER, "b": LATER})
    assert after(letter(), change).left == ("b",)
    assert change.state is SendState.QUEUED


def test_a_letter_that_is_found_is_sent_and_one_that_is_not_asks() -> None:
    leaving = after(letter(SendState.SENDING), outbox.ended({"a": YES, "b": YES}, NOW))
    assert outbox.taken(leaving, "Found in Sent", NOW).state is SendState.SENT
    assert decide(after(leaving, outbox.UNFOUND), NOW + 1e9).deed is Deed.REST


class Sending(RuleBasedStateMachine):
    """A letter, a program that dies and loses its line at will, and a server that knows who has got it.

    The letter is what the store holds. Nobody gets it twice unless a person said that it was not sent; and
    what the store says is never less than the truth.
    """

    @initialize(count=st.integers(1, 4))
    def queued(self, count: int) -> None:
        self.now = NOW
        names = [f"r{n}" for n in range(count)]
        self.letter = letter(SendState.QUEUED, *(Party(name, LEFT, False) for name in names), attempts=0)
        self.got = dict.fromkeys(names, 0)
        self.excused = dict.fromkeys(names, 0)
        self.filed = False

    def _become(self, change: Change) -> None:
        self.letter = after(self.letter, change)

    def _is_due(self, deed: Deed) -> bool:
        return decide(self.letter, self.now).deed is deed

    @rule(seconds=st.sampled_from((1.0, 100.0, 5_000.0, 100_000.0)))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @precondition(lambda self: self._is_due(Deed.SEND))
    @rule(
        answers=st.lists(st.sampled_from((YES, YES, LATER, NEVER)), min_size=4, max_size=4),
        ends=st.sampled_from(
            (
                "killed early",
                "lost early",
                "busy",
                "refused",
                "killed late",
                "lost late",
                "no",
                "never",
                "yes",
            )
        ),
        delivered=st.booleans(),
        files=st.booleans(),
    )
    def the_program_sends(self, answers: list[Answer], ends: str, delivered: bool, files: bool) -> None:
        self._become(outbox.begun(self.letter))
        said = dict(zip(self.letter.left, answers, strict=False))
        if ends == "killed early":
            return
        if ends in ("lost early", "busy"):
            self._become(outbox.put_off(self.letter, ends, self.now))
            return
        if ends == "refused":
            self._become(outbox.refused(self.letter, ends))
            return
        if not any(answer.accepted for answer in said.values()):
            self._become(outbox.put_off(self.letter, "nobody", self.now, said))
            return
        self._become(outbox.ended(said, self.now))
        yes = [address for address, answer in said.items() if answer.accepted]
        late = ends in ("killed late", "lost late")
        if ends == "yes" or (late and delivered):
            for address in yes:
                self.got[address] += 1
            self.filed = self.filed or files
        if ends == "lost late":
            self._become(outbox.lost(self.now))
        elif ends == "no":
            self._become(outbox.put_off(self.letter, ends, self.now))
        elif ends == "never":
            self._become(outbox.refused(self.letter, ends))
        elif ends == "yes":
            self._become(outbox.taken(self.letter, ends, self.now))

    @precondition(lambda self: self._is_due(Deed.SEARCH))
    @rule()
    def the_program_looks(self) -> None:
        trusted = not self.letter.is_with_somebody
        found = "Sent" if trusted and self.filed and any(self.got.values()) else ""
        self._become(outbox.taken(self.letter, found, self.now) if found else outbox.UNFOUND)

    @precondition(lambda self: self.letter.state is SendState.UNSURE)
    @rule(sent=st.booleans())
    def a_person_decides(self, sent: bool) -> None:
        asked = [party.address for party in self.letter.parties if party.asked]
        if sent:
            for (
                address
            ) in asked:  # they may be wrong; then it is their word that the letter is not sent again
                self.got[address] = max(self.got[address], 1)
            self._become(outbox.taken(self.letter, "as you said", self.now))
        else:
            for address in asked:
                self.excused[address] += 1
            self._become(outbox.unsent(self.letter))

    @precondition(lambda self: self.letter.state in (SendState.QUEUED, SendState.FAILED))
    @rule()
    def a_person_asks_for_another_try(self) -> None:
        self._become(outbox.again(self.letter))

    @invariant()
    def nobody_gets_it_twice_in_silence(self) -> None:
        for address, count in self.got.items():
            assert count <= 1 + self.excused[address], (address, self.letter)

    @invariant()
    def nobody_who_has_it_is_to_get_it(self) -> None:
        if self.letter.state in (SendState.QUEUED, SendState.SENDING):
            for address in self.letter.left:
                assert self.got[address] <= self.excused[address], (address, self.letter)

    @invariant()
    def nobody_is_said_to_have_it_who_has_not(self) -> None:
        for party in self.letter.parties:
            assert party.state is not ACCEPTED or self.got[party.address]

    @invariant()
    def nobody_is_forgotten(self) -> None:
        if self.letter.state is SendState.SENT:
            assert not self.letter.left


TestSending = Sending.TestCase
TestSending.settings = settings(max_examples=200, stateful_step_count=30)

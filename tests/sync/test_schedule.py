"""Which operations run next: together what may, and behind one that waits only what depends on it."""

from dataclasses import replace

from tui_mail.model.operation import FlagChange, OperationKind, OperationState
from tui_mail.store.operations import Operation
from tui_mail.sync.schedule import MERGED, Ties, next_group, starts

NOW = 1_000.0
_ONE = Operation(
    id=1,
    account=1,
    command=1,
    kind=OperationKind.FLAGS,
    state=OperationState.PENDING,
    step="",
    target=None,
    flags=FlagChange(),
    change=None,
    evidence={},
    attempts=0,
    not_before=0,
    error="",
    follows=None,
    history="done",
    sentence="",
    created_at=0,
    settled_at=None,
)


def operation(id: int, kind: OperationKind = OperationKind.FLAGS, **facts: object) -> Operation:
    return replace(_ONE, id=id, kind=kind, **facts)  # type: ignore[arg-type]


def chosen(
    *waiting: Operation,
    ties: Ties | None = None,
    counts: dict[int, int] | None = None,
    alone: frozenset[int] = frozenset(),
) -> list[int]:
    times = starts(waiting, ties or Ties(), NOW)
    counted = {one.id: 1 for one in waiting} | (counts or {})
    return [one.id for one in next_group(waiting, times, counted, alone, NOW)]


MOVE, APPEND, FOLDER = OperationKind.MOVE, OperationKind.APPEND, OperationKind.FOLDER
LATER = int(NOW) + 60


def test_neighbours_of_a_kind_run_together_up_to_a_bound():
    assert chosen(operation(1), operation(2), operation(3, MOVE, target=5), operation(4)) == [1, 2]
    assert chosen(operation(1, MOVE, target=5), operation(2, MOVE, target=6)) == [1]
    assert chosen(operation(1), operation(2), counts={2: MERGED}) == [1]
    assert chosen(operation(1), operation(2), alone=frozenset({2})) == [1]
    assert chosen(operation(1, APPEND, target=5), operation(2, APPEND, target=5)) == [1]


def test_what_may_have_got_through_runs_only_with_what_left_with_it():
    running = OperationState.RUNNING
    assert chosen(operation(1, state=running), operation(2)) == [1]
    evidence = {"uidnext": 7}
    first = operation(1, MOVE, target=5, state=running, evidence=evidence)
    assert chosen(first, replace(first, id=2)) == [1, 2]
    assert chosen(first, replace(first, id=2, evidence={"uidnext": 8})) == [1]


def test_one_that_waits_holds_up_what_shares_its_messages_and_nothing_else():
    waiting = (operation(1, not_before=LATER), operation(2), operation(3))
    assert chosen(*waiting) == [2, 3]
    assert chosen(*waiting, ties=Ties(frozenset({(1, 2)}))) == [3]
    assert chosen(*waiting, ties=Ties(frozenset({(1, 2), (2, 3)}))) == []


def test_what_goes_to_one_folder_keeps_its_order():
    waiting = (operation(1, MOVE, target=5, not_before=LATER), operation(2, APPEND, target=5))
    assert chosen(*waiting) == []
    assert chosen(waiting[0], operation(2, APPEND, target=6)) == [2]


def test_a_change_of_a_folder_keeps_its_order_with_all_that_uses_it():
    ties = Ties(folders={1: {7}, 2: set(), 3: {8}})
    rename = operation(2, FOLDER, target=7)
    assert chosen(operation(1, not_before=LATER), rename, ties=ties) == []
    assert chosen(replace(rename, id=1, not_before=LATER), operation(3), ties=ties) == [3]
    assert chosen(replace(rename, id=2, not_before=LATER), operation(3), ties=Ties(folders={3: {7}})) == []


def test_the_next_time_is_that_of_what_holds_it_up():
    waiting = (operation(1, not_before=LATER), operation(2), operation(3, not_before=LATER + 5))
    assert starts(waiting, Ties(frozenset({(1, 2), (2, 3)})), NOW) == {1: LATER, 2: LATER, 3: LATER + 5}

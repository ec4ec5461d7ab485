"""Which operations run next, decided purely.

Order is kept per message, per folder that is itself changed, and per folder that messages go to: one that
waits for a better time holds up only what shares these with it. Neighbours of the same kind run together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tui_mail.model.operation import OperationKind, OperationState
from tui_mail.store.operations import Operation

MERGED = 2_000
"""Messages up to which neighbours run together."""

_ALONE = (OperationKind.APPEND, OperationKind.FOLDER)


@dataclass(frozen=True, slots=True)
class Ties:
    """What operations have in common."""

    messages: frozenset[tuple[int, int]] = frozenset()
    """Pairs (earlier, later) that name one and the same message."""
    folders: Mapping[int, set[int]] = field(default_factory=dict)
    """The folders that the messages of each operation lay in."""

    def bind(self, earlier: Operation, later: Operation) -> bool:
        """Tell whether an operation must wait for an earlier one."""
        if (earlier.id, later.id) in self.messages:
            return True
        changing = OperationKind.FOLDER in (earlier.kind, later.kind)
        if changing:
            return not self._used(earlier).isdisjoint(self._used(later))
        return earlier.target is not None and earlier.target == later.target

    def _used(self, one: Operation) -> set[int]:
        return self.folders.get(one.id, set()) | ({one.target} if one.target is not None else set())


def starts(waiting: Sequence[Operation], ties: Ties, now: float) -> dict[int, float]:
    """Return when each operation, given in order, may run: at its own time, and after what it is bound to."""
    times: dict[int, float] = {}
    late: list[Operation] = []
    for one in waiting:
        times[one.id] = max(
            [one.not_before, *(times[before.id] for before in late if ties.bind(before, one))]
        )
        if times[one.id] > now:
            late.append(one)
    return times


def next_group(
    waiting: Sequence[Operation],
    times: Mapping[int, float],
    counts: Mapping[int, int],
    alone: frozenset[int],
    now: float,
) -> list[Operation]:
    """Return the operations that run next, together; none when all have to wait."""
    ready = [one for one in waiting if times[one.id] <= now]
    group = ready[:1]
    total = sum(counts[one.id] for one in group)
    for one in ready[1:]:
        total += counts[one.id]
        if total > MERGED or not _alike(group[0], one) or {group[0].id, one.id} & alone:
            break
        group.append(one)
    return group


def _alike(first: Operation, other: Operation) -> bool:
    if first.kind in _ALONE or (first.kind, first.target) != (other.kind, other.target):
        return False
    if OperationState.RUNNING in (first.state, other.state):
        return (first.state, first.evidence, first.step) == (other.state, other.evidence, other.step)
    return True

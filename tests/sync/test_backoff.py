"""How long to wait before the next try."""

from tui_mail.sync.backoff import HEALTHY, STEPS, Backoff


def test_waits_grow_step_by_step_and_then_stay() -> None:
    backoff = Backoff(chance=lambda: 0.5)
    assert [backoff.next_wait(0) for _ in range(8)] == [*STEPS, STEPS[-1], STEPS[-1]]


def test_a_line_that_held_starts_the_steps_anew() -> None:
    backoff = Backoff(chance=lambda: 0.5)
    backoff.next_wait(0)
    backoff.next_wait(0)
    assert backoff.next_wait(HEALTHY) == STEPS[0]


def test_clients_cut_off_together_do_not_return_together() -> None:
    early, late = Backoff(chance=lambda: 0.0), Backoff(chance=lambda: 1.0)
    assert early.next_wait(0) == 0.75 * STEPS[0]
    assert late.next_wait(0) == 1.25 * STEPS[0]

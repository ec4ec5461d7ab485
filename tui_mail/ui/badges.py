"""How accounts stand, in a few cells beside their name and in a sentence for the status line."""

from collections.abc import Iterable

from tui_mail.model.account import AccountPhase, AccountStatus
from tui_mail.model.safe_text import SafeText, safe_text
from tui_mail.ui.tone import Tone


def badge(status: AccountStatus | None, now: float, *, ascii: bool) -> tuple[SafeText, Tone]:
    """Return the words beside an account's name, "" where all is well, and their tone."""
    text, tone = _badge(status, now)
    if ascii:
        for mark, plain in (("↻", "~"), ("◌", "."), ("○", "-")):
            text = text.replace(mark, plain)
    return safe_text(text), tone


def _badge(status: AccountStatus | None, now: float) -> tuple[str, Tone]:
    if status is None:
        return "", Tone.QUIET
    match status.phase:
        case AccountPhase.LIVE:
            return "", Tone.QUIET
        case AccountPhase.SYNCING if status.total > status.done:
            return f"↻ {100 * status.done // status.total} %", Tone.QUIET
        case AccountPhase.SYNCING | AccountPhase.CONNECTING:
            return "↻", Tone.QUIET
        case AccountPhase.OFFLINE:
            return "○ offline", Tone.QUIET
        case AccountPhase.WAITING:
            return f"◌ retry {wait(status.retry_at - now)}", Tone.WARNING
        case AccountPhase.SIGN_IN:
            return "! sign in", Tone.ERROR
        case AccountPhase.FAILED:
            return "! error", Tone.ERROR


def wait(seconds: float) -> str:
    """Return a time to wait in its largest unit."""
    left = max(0, round(seconds))
    return f"{left} s" if left < 90 else f"{round(left / 60)} min"


def progress(statuses: Iterable[AccountStatus]) -> tuple[int, int]:
    """Return (done, total) of the fills that run, together."""
    running = [s for s in statuses if s.phase is AccountPhase.SYNCING and s.total]
    return sum(s.done for s in running), sum(s.total for s in running)

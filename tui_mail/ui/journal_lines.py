"""The change journal in lines: what was done, whose mail it was, how far it has come, when. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tui_mail.model.folder import Role
from tui_mail.model.journal import JournalEntry, JournalFilter, Standing
from tui_mail.model.safe_text import SafeText, safe_text
from tui_mail.ui.badges import wait
from tui_mail.ui.format import Icons, cells, clip, fit, full_date, relative_date
from tui_mail.ui.row import CHIPS, Facts
from tui_mail.ui.widgets.page_view import PageLine, Part

DATE, CHIP = 8, 4
"""Cells of the columns beside the mark and before the standing."""
NARROW = 56
"""Below this many cells the standing is a word or two; the details tell the rest."""

FILTER_WORDS = {
    JournalFilter.OWN: "your changes",
    JournalFilter.ALL: "all changes, those of the program too",
    JournalFilter.OPEN: "changes that wait",
    JournalFilter.FAILED: "refused and failed",
}
EMPTY_WORDS = {
    JournalFilter.OWN: "Nothing was changed here yet",
    JournalFilter.ALL: "Nothing was changed here yet",
    JournalFilter.OPEN: "Nothing waits: the servers have every change",
    JournalFilter.FAILED: "Nothing was refused",
}


def standing(entry: JournalEntry, now: float) -> tuple[SafeText, str]:
    """Return in words how far a change has come, with their ink."""
    match entry.standing:
        case Standing.WAITING if entry.error or entry.retry_at > now:
            again = f"tries again in {wait(entry.retry_at - now)}" if entry.retry_at > now else "tries again"
            return safe_text(f"{again}: {entry.error}" if entry.error else again), "warning"
        case Standing.WAITING:
            return SafeText("waits"), "text"
        case Standing.RUNNING:
            return SafeText("on its way"), "accent"
        case Standing.CONFIRMED:
            return SafeText("confirmed, undone since" if entry.undone else "confirmed"), "done"
        case Standing.CANCELLED:
            return SafeText("cancelled"), "dim"
        case Standing.REFUSED:
            return safe_text(f"refused: {entry.error}"), "error"
        case Standing.FAILED:
            return safe_text(f"failed: {entry.error}"), "error"


def mark(entry: JournalEntry, icons: Icons) -> str:
    """Return the mark of how far a change has come."""
    return {
        Standing.WAITING: icons.waiting,
        Standing.RUNNING: icons.syncing,
        Standing.CONFIRMED: icons.replied if entry.undone else icons.done,
        Standing.CANCELLED: icons.role(Role.TRASH),
        Standing.REFUSED: icons.warning,
        Standing.FAILED: icons.warning,
    }[entry.standing]


@dataclass(frozen=True, slots=True)
class JournalLines:
    """Makes lines of entries."""

    facts: Facts
    """Knows the chips of accounts, where there are several."""
    icons: Icons
    clock: Callable[[], float]
    """Read when a line is painted, so that waiting times count down."""

    def lines(self, entries: Sequence[JournalEntry]) -> list[PageLine]:
        """Return a line for each entry."""
        return [self._line(entry) for entry in entries]

    def _line(self, entry: JournalEntry) -> PageLine:
        def paint(width: int) -> list[Part]:
            now = self.clock()
            words, ink = standing(entry, now)
            settled = entry.standing in (Standing.CONFIRMED, Standing.CANCELLED)
            chips = self._chips(entry)
            of_words = 2 * width // 5 if width >= NARROW else 10
            room = max(0, width - 2 - DATE - 1 - sum(cells(text) for text, _ in chips) - of_words)
            sentence = clip(entry.sentence, room)
            quiet = entry.automatic or entry.undone or entry.standing is Standing.CANCELLED
            return [
                (f"{mark(entry, self.icons)} ", "dim" if entry.undone else ink),
                (f"{relative_date(entry.made_at, now):<{DATE}}", "dim"),
                (sentence, "dim" if quiet else "text"),
                (fit(safe_text(f"  {entry.about}"), room - cells(sentence)), "dim"),
                (" ", "text"),
                *chips,
                (fit(words, of_words), "dim" if settled else ink),
            ]

        return PageLine(paint, entry.command)

    def _chips(self, entry: JournalEntry) -> list[Part]:
        if not self.facts.chips:
            return []
        if not entry.accounts:
            return [(" " * CHIP, "dim")]
        letters, colour = self.facts.chip(entry.accounts[0])
        more = "+" if len(entry.accounts) > 1 else ""
        return [(letters, CHIPS[colour % len(CHIPS)]), (f"{more:<{CHIP - cells(letters)}}", "dim")]


def explained(entry: JournalEntry, owners: Sequence[SafeText], now: float) -> list[tuple[SafeText, str]]:
    """Return all there is to say of an entry, line by line, with inks."""
    words, ink = standing(entry, now)
    said = [(words, ink), (safe_text(f"Made {full_date(entry.made_at, now)}{_whose(owners)}"), "dim")]
    if entry.settled_at is not None:
        said.append((safe_text(f"Settled {full_date(entry.settled_at, now)}"), "dim"))
    if entry.attempts:
        times = "once" if entry.attempts == 1 else f"{entry.attempts:,} times"
        said.append((safe_text(f"Sent {times}"), "dim"))
    if entry.automatic:
        said.append((SafeText("Done by the program, as when an opened message counts as read"), "dim"))
    return said


def _whose(owners: Sequence[SafeText]) -> str:
    return f", in {', '.join(owners)}" if owners else ""

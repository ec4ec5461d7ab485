"""What SELECT tells (RFC 9051 §6.3.2, §7.1; RFC 7162 §3.1.2, §3.2.5)."""

from tui_mail.imap.news import FolderNews
from tui_mail.imap.responses import Response, Selected, Status, Words, read_flag_names


class Selecting:
    """Gathers what comes before the reply to SELECT; changes since the last time go to the news."""

    def __init__(self, name: bytes, news: FolderNews) -> None:
        self._name = name
        self._news = news
        self._numbers: dict[str, int | None] = {}
        self._flags: frozenset[str] = frozenset()
        self._permanent: frozenset[str] | None = None
        news.forget()

    def collect(self, response: Response) -> bool:
        """Take in a response; all that comes meanwhile is about this mailbox."""
        match response:
            case Status(code="UIDVALIDITY" | "UIDNEXT" | "HIGHESTMODSEQ"):
                self._numbers[response.code] = response.number()
            case Status(code="PERMANENTFLAGS"):
                self._permanent = read_flag_names(response.arguments)
            case Status(code="CLOSED"):  # until here it was about the mailbox before (RFC 7162 §3.2.11)
                self._news.forget()
            case Words("FLAGS", words):
                self._flags = words
            case _:
                return self._news.add(response)
        return True

    def result(self, reply: Status, read_only: bool) -> Selected:
        """Return the mailbox as the reply confirms it."""
        self._news.arrived = False
        permanent = self._flags if self._permanent is None else self._permanent
        return Selected(
            name=self._name,
            uidvalidity=self._numbers.get("UIDVALIDITY") or None,
            uidnext=self._numbers.get("UIDNEXT") or None,
            exists=self._news.exists,
            modseq=self._numbers.get("HIGHESTMODSEQ") or None,
            permanent_flags=permanent - {"\\*"},
            keywords_allowed="\\*" in permanent,
            read_only=read_only or reply.code == "READ-ONLY",
        )

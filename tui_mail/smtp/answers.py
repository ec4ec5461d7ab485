"""What a server says to a command, as values (RFC 5321 §4.2; enhanced status codes RFC 2034, 3463)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tui_mail.model.errors import MailError, ServerBusy, ServerRefused
from tui_mail.model.safe_text import SafeText, safe_text
from tui_mail.net.auth import without

SENTENCE_LIMIT = 300
"""Characters that are kept of a server's sentence."""

_STATUS = re.compile(r"([245])\.\d{1,3}\.\d{1,3}(?=\s|$)")


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply of the server."""

    code: int
    """Its three digits."""
    sentence: SafeText
    """Its own words, without the enhanced status code."""
    status: str = ""
    """The enhanced status code, such as "5.1.1"; "" where there is none."""

    @property
    def accepted(self) -> bool:
        """Whether it did what was asked."""
        return 200 <= self.code < 300

    @property
    def passing(self) -> bool:
        """Whether it may do so later."""
        return 400 <= self.code < 500

    def __str__(self) -> str:
        return " ".join(filter(None, (str(self.code), self.status, self.sentence)))


def answer(code: int, lines: Sequence[bytes], secrets: Sequence[str] = ()) -> Answer:
    """Read the lines of a reply, their codes already cut off; each may begin with the same status.

    A server may repeat what it was told, so `secrets` are not shown in whatever it says.
    """
    texts = [line.decode("utf-8", "replace") for line in lines]
    found = _STATUS.match(texts[0]) if texts else None
    status = found[0] if found and int(found[1]) == code // 100 else ""
    words = (text.removeprefix(status).strip() if status else text.strip() for text in texts)
    return Answer(code, safe_text(without(secrets, " ".join(filter(None, words))), SENTENCE_LIMIT), status)


def refusal(where: str, doing: str, said: Answer) -> MailError:
    """Say in the one tree of errors that a server refused to do something, for now or for good."""
    words = f": “{said}”"
    if said.passing:
        return ServerBusy(f"{where} does not {doing} now{words}")
    return ServerRefused(
        f"{where} refused to {doing}{words}",
        code=said.status or str(said.code),
        sentence_of_server=said.sentence,
    )

"""What known servers do otherwise than they say. Only what this program acts on, each with its evidence."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Quirks:
    """How to treat one server."""

    qresync: bool = True
    """Whether its QRESYNC can be believed."""
    initial_response: bool = True
    """Whether its SASL-IR can be believed."""
    xoauth2: bool = False
    """Whether it takes XOAUTH2 rather than OAUTHBEARER."""
    says_who: bool = False
    """Whether it wants to know the program's name by ID before it shows any mail."""


_USUAL = Quirks()
_BY_HOST = {
    # Its manual, "Authenticate an IMAP, POP or SMTP connection using OAuth", knows XOAUTH2 only.
    "office365.com": replace(_USUAL, xoauth2=True),
    "outlook.com": replace(_USUAL, xoauth2=True),
    "office.com": replace(_USUAL, xoauth2=True),
    # Offers QRESYNC, sends no ENABLED, and messages vanish:
    # Foundry376/Mailspring-Sync#91, bkaankose/Wino-Mail#43.
    "mail.me.com": replace(_USUAL, qresync=False),
    # "Unsafe Login" without a name by ID: pimalaya/himalaya#651.
    # SASL-IR is offered but broken: modern-email/defects#54.
    "163.com": replace(_USUAL, initial_response=False, says_who=True),
    "126.com": replace(_USUAL, initial_response=False, says_who=True),
    "yeah.net": replace(_USUAL, initial_response=False, says_who=True),
}


def quirks_of(host: str) -> Quirks:
    """Return how to treat the server called `host`."""
    name = host.lower().rstrip(".")
    return next((known for end, known in _BY_HOST.items() if name == end or name.endswith("." + end)), _USUAL)

"""What a server without an extension does not understand and does not say, for tests of fallbacks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lack:
    """An extension that is not there."""

    offers: tuple[str, ...] = ()
    """Words of CAPABILITY that go with it."""
    commands: tuple[bytes, ...] = ()
    """Commands that are not known."""
    refused: tuple[bytes, ...] = ()
    """Patterns of lines that are answered BAD."""
    edits: tuple[tuple[bytes, bytes], ...] = ()
    """What is taken out of every answer."""


LACKS = {
    "CONDSTORE": Lack(
        offers=("QRESYNC",),
        refused=(rb"CONDSTORE|CHANGEDSINCE|MODSEQ|QRESYNC",),
        edits=(
            (rb"\* OK \[HIGHESTMODSEQ[^\n]*\n", b""),
            (rb" ?HIGHESTMODSEQ \d+", b""),
            (rb" ?MODSEQ \(\d+\)", b""),
        ),
    ),
    "ENABLE": Lack(commands=(b"ENABLE",)),
    "ESEARCH": Lack(refused=(rb"SEARCH RETURN",)),
    "ID": Lack(commands=(b"ID",)),
    "IDLE": Lack(commands=(b"IDLE",)),
    "LIST-EXTENDED": Lack(offers=("LIST-STATUS",), refused=(rb"^LIST .*RETURN|^LIST \(",)),
    "LITERAL+": Lack(),
    "MOVE": Lack(commands=(b"MOVE", b"UID MOVE")),
    "NAMESPACE": Lack(commands=(b"NAMESPACE",)),
    "QRESYNC": Lack(refused=(rb"QRESYNC|VANISHED",)),
    "SASL-IR": Lack(refused=(rb"^AUTHENTICATE \S+ \S",)),
    "SPECIAL-USE": Lack(
        offers=("CREATE-SPECIAL-USE",), edits=((rb"\\(Archive|Drafts|Junk|Sent|Trash) ?(?=[^\n]*\" )", b""),)
    ),
    "UIDPLUS": Lack(commands=(b"UID EXPUNGE",), edits=((rb"\[(COPYUID|APPENDUID)[^\]]*\] ?", b""),)),
    "UNSELECT": Lack(commands=(b"UNSELECT",)),
}
"""What goes with each extension that can be taken away."""

"""SASLprep (RFC 4013): one form for names and passwords that look alike, before they are hashed.

Only where a mechanism asks for it: what is handed over as it is, the server prepares. A word that SASLprep
refuses stays as it was typed; a server that took it when it was set took it so.
"""

import stringprep
import unicodedata

_PROHIBITED = (
    stringprep.in_table_c12,
    stringprep.in_table_c21_c22,
    stringprep.in_table_c3,
    stringprep.in_table_c4,
    stringprep.in_table_c5,
    stringprep.in_table_c6,
    stringprep.in_table_c7,
    stringprep.in_table_c8,
    stringprep.in_table_c9,
)


def saslprep(word: str) -> str:
    """Return the prepared form of `word`; `word` itself where it has none."""
    if word.isascii() and word.isprintable():
        return word
    kept = (mark for mark in word if not stringprep.in_table_b1(mark))
    mapped = "".join(" " if stringprep.in_table_c12(mark) else mark for mark in kept)
    prepared = unicodedata.ucd_3_2_0.normalize("NFKC", mapped)
    return prepared if prepared and _is_sound(prepared) else word


def _is_sound(prepared: str) -> bool:
    if any(prohibited(mark) for mark in prepared for prohibited in _PROHIBITED):
        return False
    if not any(map(stringprep.in_table_d1, prepared)):
        return True
    # Right to left: nothing of the other direction, and both ends are of this one (RFC 3454 §6).
    if any(map(stringprep.in_table_d2, prepared)):
        return False
    return stringprep.in_table_d1(prepared[0]) and stringprep.in_table_d1(prepared[-1])

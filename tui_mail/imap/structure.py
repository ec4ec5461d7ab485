"""Answers from BODYSTRUCTURE (RFC 9051 §7.5.2) without loading a body.

A leaf is an attachment if it says so, or if it is no text and neither a signature nor a picture that the
text shows. A structure that cannot be read answers None: the question is asked again when the body is here.
"""

import re
from itertools import takewhile

from tui_mail.imap.wire import Cursor, Line, Token
from tui_mail.model.errors import ProtocolError

_HINTS = (
    b"attachment", b"application", b"image", b"audio", b"video", b"message", b"model", b"font", b'name"',
    b"name*", b"{",
)  # fmt: skip
"""Without one of these there is nothing to save; looking for them takes a sixth of what one pattern would."""
_TEXT_ALONE = re.compile(
    rb'\("text" "(?:plain|html)" \((?:"charset" "[^"\\\r\n]{1,40}")?\) NIL NIL'
    rb' "[^"\\\r\n]{1,40}"(?: \d{1,10}){2}(?: NIL)*\)'
)
"""The structure of a letter that is one text, as it mostly comes: then nothing needs to be looked for."""
_SIGNATURES = frozenset({b"PGP-SIGNATURE", b"PGP-ENCRYPTED", b"PKCS7-SIGNATURE", b"X-PKCS7-SIGNATURE"})
_BEFORE_EXTENSIONS = {b"TEXT": 8, b"MESSAGE/RFC822": 10, b"MESSAGE/GLOBAL": 10}
_PLAIN_FIELDS = 7


def has_attachment(structure: bytes) -> bool | None:
    """Whether the structure shows something to save; None where it cannot be read."""
    if _TEXT_ALONE.fullmatch(structure):
        return False
    lower = structure.lower()
    for hint in _HINTS:
        if hint in lower:
            break
    else:
        return False
    try:
        root = Cursor(Line(structure)).value()
    except ProtocolError:
        return None
    left: list[Token] = [root]
    while left:
        part = left.pop()
        if not isinstance(part, list) or not part:
            continue
        if isinstance(part[0], list):
            left += takewhile(lambda child: isinstance(child, list), part)
        elif _is_attachment(part):
            return True
    return False


def _is_attachment(leaf: list[Token]) -> bool:
    main, sub = _word(leaf, 0), _word(leaf, 1)
    extensions = _BEFORE_EXTENSIONS.get(main + b"/" + sub, _BEFORE_EXTENSIONS.get(main, _PLAIN_FIELDS))
    disposition = leaf[extensions + 1] if len(leaf) > extensions + 1 else None
    kind = _word(disposition, 0) if isinstance(disposition, list) else b""
    if sub in _SIGNATURES:
        return False
    if kind == b"ATTACHMENT":
        return True
    if main == b"TEXT":
        return sub not in (b"PLAIN", b"HTML") and _is_named(leaf, disposition)
    shown_by_the_text = main == b"IMAGE" and len(leaf) > 3 and leaf[3] is not None
    return not shown_by_the_text and main != b"MULTIPART"


def _is_named(leaf: list[Token], disposition: Token) -> bool:
    of_type = leaf[2] if len(leaf) > 2 else None
    of_disposition = disposition[1] if isinstance(disposition, list) and len(disposition) > 1 else None
    names = [*_names(of_type), *_names(of_disposition)]
    return any(name.startswith((b"NAME", b"FILENAME")) for name in names)


def _names(parameters: Token) -> list[bytes]:
    found = parameters[::2] if isinstance(parameters, list) else []
    return [name.upper() for name in found if isinstance(name, bytes)]


def _word(node: Token, index: int) -> bytes:
    if not isinstance(node, list) or len(node) <= index:
        return b""
    word = node[index]
    return word.upper() if isinstance(word, bytes) else b""

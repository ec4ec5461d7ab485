"""The bytes of IMAP without a socket: lines, tokens, strings, names and sets (RFC 9051 §4, §9).

Both sides of a connection can stand on it. Whatever bytes come in, the only error is `ProtocolError`.
"""

from tui_mail.imap.wire.lines import LITERAL_LIMIT, SINK_FROM, Line, Splitter
from tui_mail.imap.wire.names import decode_name, encode_name
from tui_mail.imap.wire.sets import Ranges, expanded, format_set, parse_set, runs, split_sets
from tui_mail.imap.wire.strings import Literal, Piece, Stream, astring, segments, string
from tui_mail.imap.wire.tokens import Cursor, Token, tokens

__all__ = [
    "LITERAL_LIMIT",
    "SINK_FROM",
    "Cursor",
    "Line",
    "Literal",
    "Piece",
    "Ranges",
    "Splitter",
    "Stream",
    "Token",
    "astring",
    "decode_name",
    "encode_name",
    "expanded",
    "format_set",
    "parse_set",
    "runs",
    "segments",
    "split_sets",
    "string",
    "tokens",
]

"""Compression of a connection (COMPRESS=DEFLATE, RFC 4978): raw deflate both ways, without a socket.

What comes is inflated in bounded steps, so a few octets cannot become many at once; and one that goes on
swelling beyond all that mail does is no mail. Whatever is wrong with the stream is a `ProtocolError`.
"""

import zlib
from collections.abc import Iterator

from tui_mail.model.errors import ProtocolError

STEP = 64 * 1024
"""Octets that are inflated at once."""
SWELLING = 100
"""How many octets one may become, all in all …"""
GRACE = 64 * 1024 * 1024
"""… beyond these: a large attachment of nothing but zeros is mail too."""

_RAW = -zlib.MAX_WBITS
_LEVEL = 6


class Deflate:
    """The two streams of a connection, from the moment at which compression begins."""

    def __init__(self) -> None:
        self._in = zlib.decompressobj(_RAW)
        self._out = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW)
        self._taken = 0
        self._given = 0

    def inflate(self, data: bytes) -> Iterator[bytes]:
        """Return what the octets `data` stand for, piece by piece; none is larger than `STEP`."""
        self._taken += len(data)
        piece = b""
        while data or len(piece) == STEP:  # a full piece may not be all, even if every octet was taken in
            try:
                piece = self._in.decompress(data, STEP)
            except zlib.error:
                raise ProtocolError("its compressed data is damaged") from None
            if self._in.eof:
                raise ProtocolError("its compressed data ends")
            self._given += len(piece)
            if self._given > GRACE + SWELLING * self._taken:
                raise ProtocolError(f"its compressed data swells to more than {SWELLING} times its size")
            data = self._in.unconsumed_tail
            if piece:
                yield piece

    def deflate(self, data: bytes) -> bytes:
        """Return what stands for `data`, whole: the other side can read all of it."""
        return self._out.compress(data) + self._out.flush(zlib.Z_SYNC_FLUSH)

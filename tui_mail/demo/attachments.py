"""Makes the enclosures of letters: small real files, drawn or written by code.

A sheet asks for one by its `kind`: `pdf` (title, lines), `png` (picture), `csv` (rows), `ics` (summary,
where, in how many days, hour, hours), `text` (text). Nothing of it is random, nothing needs a library.
"""

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import hypot, sin
from typing import Any

Wish = dict[str, Any]
Pixel = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file in a letter."""

    name: str
    media_type: str
    data: bytes


def enclosure(wish: Wish, moment: datetime) -> Enclosure:
    """The file that a sheet asks for."""
    media_type, make = _KINDS[wish["kind"]]
    return Enclosure(wish["name"], media_type, make(wish, moment))


def _pdf(wish: Wish, _: datetime) -> bytes:
    """A page of Helvetica (ISO 32000-1, 7.5): objects, cross-reference table, trailer."""
    rows = [b"BT /F2 18 Tf 72 760 Td (%b) Tj ET" % _pdf_text(wish["title"])]
    for index, line in enumerate(wish["lines"]):
        rows.append(b"BT /F1 11 Tf 72 %d Td (%b) Tj ET" % (724 - 18 * index, _pdf_text(line)))
    drawing = b"0.2 0.4 0.5 rg 72 748 120 3 re f 0 g\n" + b"\n".join(rows)
    font = b"<</Type/Font/Subtype/Type1/BaseFont/%b/Encoding/WinAnsiEncoding>>"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</Font<</F1 5 0 R/F2 6 0 R>>>>>>",
        b"<</Length %d>>stream\n%b\nendstream" % (len(drawing), drawing),
        font % b"Helvetica",
        font % b"Helvetica-Bold",
    ]
    data = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    data += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    data += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(data)


def _pdf_text(text: str) -> bytes:
    encoded = text.encode("cp1252", "replace")
    return encoded.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def _png(wish: Wish, _: datetime) -> bytes:
    """An 8-bit truecolour picture (PNG, third edition, 5.2)."""
    width, height, paint = _PICTURES[wish["picture"]]
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            rows += bytes(paint(x / width, y / height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = _chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(bytes(rows), 9)), _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _harbour(x: float, y: float) -> Pixel:
    """Evening over the water: a low sun, a pier, and its lamp."""
    if (0.62 < x < 0.9 and 0.52 < y < 0.56) or (abs(x - 0.88) < 0.008 and 0.34 < y < 0.52):
        return 38, 44, 52
    if hypot((x - 0.88) * 1.6, y - 0.33) < 0.02:
        return 255, 236, 170
    if y < 0.5:
        glow = max(0.0, 1 - 3 * hypot(x - 0.3, y - 0.5))
        return int(90 + 150 * glow), int(110 + 80 * glow), int(150 - 20 * glow)
    wave = 0.5 + 0.5 * sin(90 * y + 9 * sin(13 * x))
    return int(40 + 40 * wave), int(74 + 36 * wave), int(98 + 30 * wave)


def _cat(x: float, y: float) -> Pixel:
    """A black cat on a blue cushion, from above."""
    if hypot(x - 0.5, y - 0.55) < 0.24 or hypot(x - 0.66, y - 0.34) < 0.11:
        return 30, 28, 30
    if abs(hypot(x - 0.5, y - 0.6) - 0.3) < 0.025 and x < 0.5:
        return 30, 28, 30
    return (92, 124, 168) if hypot(x - 0.5, y - 0.5) < 0.47 else (226, 214, 196)


def _swatches(x: float, y: float) -> Pixel:
    """Twelve colours of paint in two rows."""
    column, row = int(x * 6), int(y * 2)
    return 40 + 34 * column, 90 + 20 * column - 30 * row, 170 - 22 * column + 24 * row


_PICTURES: dict[str, tuple[int, int, Callable[[float, float], Pixel]]] = {
    "harbour": (240, 150, _harbour),
    "cat": (160, 120, _cat),
    "swatches": (180, 60, _swatches),
}


def _csv(wish: Wish, _: datetime) -> bytes:
    """Rows as RFC 4180 writes them."""
    lines = (",".join(_csv_cell(str(cell)) for cell in row) for row in wish["rows"])
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8")


def _csv_cell(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if set(cell) & set(',"\r\n') else cell


def _ics(wish: Wish, moment: datetime) -> bytes:
    """An invitation (RFC 5545, 3.6.1)."""
    day = (moment + timedelta(days=wish["days"])).replace(hour=wish["hour"], minute=0, second=0)
    stamps = [
        f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}" for at in (moment, day, day + timedelta(hours=wish["hours"]))
    ]
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Saltmarsh Studio//Calendar//EN",
        "METHOD:REQUEST",
        "BEGIN:VEVENT",
        f"UID:{stamps[1]}-{zlib.crc32(wish['summary'].encode()):08x}@saltmarsh.example",
        f"DTSTAMP:{stamps[0]}",
        f"DTSTART:{stamps[1]}",
        f"DTEND:{stamps[2]}",
        f"SUMMARY:{_ics_text(wish['summary'])}",
        f"LOCATION:{_ics_text(wish['where'])}",
        "STATUS:CONFIRMED",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8")


def _ics_text(text: str) -> str:
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _text(wish: Wish, _: datetime) -> bytes:
    return str(wish["text"]).strip("\n").encode("utf-8") + b"\n"


_KINDS: dict[str, tuple[str, Callable[[Wish, datetime], bytes]]] = {
    "pdf": ("application/pdf", _pdf),
    "png": ("image/png", _png),
    "csv": ("text/csv", _csv),
    "ics": ("text/calendar", _ics),
    "text": ("text/plain", _text),
}

"""Dates of header fields (RFC 5322, 3.3 and 4.3) and the other forms in which they come."""

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_TIME = r"(?P<hour>\d{1,2})[:.](?P<minute>\d{1,2})(?:[:.](?P<second>\d{1,2}))?(?:[.,]\d{1,9})?"
_ZONE = r"(?:[ \t]{0,8}(?P<zone>[+-]\d{2}:?\d{2}|[A-Za-z]{1,5}\b))?"
_GAP = r"[ \t,./-]{1,8}"
_FORMS = (
    # 3 Mar 2024 14:02:07 +0100, with the comma, dash or two-digit year that some write
    re.compile(
        rf"(?P<day>\d{{1,2}}){_GAP}(?P<month>[A-Za-z]{{3}})[a-z]{{0,6}}{_GAP}(?P<year>\d{{2,4}}){_GAP}{_TIME}{_ZONE}"
    ),
    # Sun Mar  3 14:02:07 2024, perhaps with a zone before the year
    re.compile(
        rf"(?P<month>[A-Za-z]{{3}})[a-z]{{0,6}}{_GAP}(?P<day>\d{{1,2}}){_GAP}{_TIME}{_ZONE}{_GAP}(?P<year>\d{{4}})"
    ),
    # 2024-03-03T14:02:07+01:00
    re.compile(rf"(?P<year>\d{{4}})-(?P<month>\d{{1,2}})-(?P<day>\d{{1,2}})[T ]{{1,4}}{_TIME}{_ZONE}"),
)
_USUAL = re.compile(
    r"(?:[A-Z][a-z]{2}, )?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) ([01]\d|2[0-3]):([0-5]\d):([0-5]\d)"
    r" ([+-])(\d\d)(\d\d)",
    re.ASCII,
)
"""The first form as RFC 5322 wants it, in which most dates come."""
_ZONES = {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}
_ZONES |= {"BST": 1, "CET": 1, "CEST": 2, "MET": 1, "MEST": 2, "EET": 2, "EEST": 3, "MSK": 3, "JST": 9}

_DATE_LIMIT = 300
_EPOCH = date(1970, 1, 1).toordinal()


def parse_date(value: str) -> int | None:
    """Return seconds since the epoch, or None where there is no date; dates before 1970 are none."""
    if usual := _USUAL.match(value):
        day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = usual.groups()
        midnight = _midnight(day, month, year)
        if midnight is not None:
            east = int(zone_hours) * 3600 + int(zone_minutes) * 60
            clock = int(hour) * 3600 + int(minute) * 60 + int(second)
            seconds = midnight + clock + (east if sign == "-" else -east)
            return seconds if seconds >= 0 else None
    value = value[:_DATE_LIMIT]
    for form in _FORMS:
        if found := form.search(value):
            return _moment(found)
    return None


@lru_cache(4_096)
def _midnight(day: str, month: str, year: str) -> int | None:
    """Return when a day began at Greenwich, in seconds since the epoch."""
    try:
        return (date(int(year), _MONTHS[month.lower()], int(day)).toordinal() - _EPOCH) * 86_400
    except (KeyError, ValueError):
        return None


def _moment(found: re.Match[str]) -> int | None:
    month = _MONTHS.get(found["month"].lower()) or (int(found["month"]) if found["month"].isdecimal() else 0)
    try:
        there = datetime(
            _full_year(found["year"]),
            month,
            int(found["day"]),
            int(found["hour"]),
            int(found["minute"]),
            min(int(found["second"] or 0), 59),  # a leap second is the second before it
            tzinfo=UTC,
        )
        seconds = int((there - timedelta(minutes=_offset(found["zone"] or ""))).timestamp())
    except (ValueError, OverflowError):
        return None
    return seconds if seconds >= 0 else None


def _full_year(digits: str) -> int:
    year = int(digits)
    if len(digits) == 2:
        return year + (2000 if year < 50 else 1900)
    return year + 1900 if len(digits) == 3 else year


def _offset(zone: str) -> int:
    """Return the minutes east of Greenwich; unknown names count as Greenwich (RFC 5322, 4.3)."""
    if zone[:1] not in ("+", "-"):
        return _ZONES.get(zone.upper(), 0) * 60
    digits = zone[1:].replace(":", "")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return -minutes if zone[0] == "-" else minutes

"""When a letter was written, told from the office's own now.

A letter says `12m` or `3h` for minutes and hours ago, or `2d 09:40` for a time of the second day back, so
that the same letters are fresh whenever the demo is opened. Days and hours are those of `ZONE`, not of the
machine: the same clock gives the same letters everywhere.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

ZONE = timezone(timedelta(hours=1))
"""Where the person of the demo lives."""

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""As every mail protocol writes them."""

_AGO = re.compile(r"(\d+)([mh])")
_DAY = re.compile(r"(\d+)d (\d\d):(\d\d)")
_SLOT = re.compile(r"\{(day|weekday|month|year|iso|clock)([+-]\d+)?\}")

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WEEKDAYS = {
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "de": "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
    "id": "Senin Selasa Rabu Kamis Jumat Sabtu Minggu",
    "ja": "月曜日 火曜日 水曜日 木曜日 金曜日 土曜日 日曜日",
    "ar": "الاثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد",
}
_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "id": "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember",
    "ja": "1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月",
    "ar": "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
}
_DAY_FORMS = {"de": "{day}. {month}", "ja": "{month}{day}日"}
_WROTE = {
    "en": "On {weekday} {day} at {clock}, {name} wrote:",
    "de": "Am {weekday}, {day}, um {clock} schrieb {name}:",
    "id": "Pada {weekday}, {day} pukul {clock}, {name} menulis:",
    "ja": "{day}({weekday}){clock} {name}さんは書きました:",
    "ar": "في {weekday} {day}، الساعة {clock}، كتب {name}:",
}


@dataclass(frozen=True, slots=True)
class Almanac:
    """Turns the times that letters tell into moments."""

    now: datetime
    """The office's now, in `ZONE`."""

    @classmethod
    def at(cls, now: float) -> "Almanac":
        """The almanac for a clock's reading in seconds since the epoch."""
        return cls(datetime.fromtimestamp(int(now), UTC).astimezone(ZONE))

    def moment(self, when: str) -> datetime:
        """The moment that `12m`, `3h` or `2d 09:40` names."""
        if ago := _AGO.fullmatch(when):
            unit = 60 if ago[2] == "m" else 3600
            return self.now - timedelta(seconds=int(ago[1]) * unit + int(ago[1]) % 7)
        day = _DAY.fullmatch(when)
        if day is None:
            raise ValueError(f"not a time of a letter: {when!r}")
        start = self.now.replace(hour=int(day[2]), minute=int(day[3]), second=(int(day[3]) * 7) % 60)
        return start - timedelta(days=int(day[1]))

    def in_order(self, whens: list[str]) -> list[datetime]:
        """The moments of a conversation; a letter that would not precede its answer is moved before it."""
        moments = [self.moment(when) for when in whens]
        for index in range(len(moments) - 2, -1, -1):
            latest = moments[index + 1] - timedelta(minutes=3)
            moments[index] = min(moments[index], latest)
        return moments


def dated(text: str, moment: datetime, lang: str) -> str:
    """The text with slots such as `{day+3}` or `{weekday-1}` filled in, seen from the letter's day."""

    def fill(slot: re.Match[str]) -> str:
        return _spoken(slot[1], moment + timedelta(days=int(slot[2] or 0)), lang)

    return _SLOT.sub(fill, text)


def attribution(moment: datetime, name: str, lang: str) -> str:
    """The line that stands above a quote, in the language of the answer."""
    return dated(_WROTE[lang].replace("{name}", name), moment, lang)


def field_date(moment: datetime) -> str:
    """A moment as the Date field tells it (RFC 5322, 3.3)."""
    day, month = _DAYS[moment.weekday()], MONTHS[moment.month - 1]
    return f"{day}, {moment.day} {month} {moment.year} {moment:%H:%M:%S %z}"


def _spoken(word: str, moment: datetime, lang: str) -> str:
    month = _MONTHS[lang].split()[moment.month - 1]
    match word:
        case "weekday":
            return _WEEKDAYS[lang].split()[moment.weekday()]
        case "month":
            return month
        case "year":
            return str(moment.year)
        case "iso":
            return moment.date().isoformat()
        case "clock":
            return f"{moment:%H:%M}"
    return _DAY_FORMS.get(lang, "{day} {month}").format(day=moment.day, month=month)

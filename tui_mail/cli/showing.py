"""`show`: a message on stdout."""

import asyncio
import shutil
import sys
from collections.abc import Iterator
from datetime import datetime

from tui_mail.cli import output, plain
from tui_mail.cli.arguments import Arguments
from tui_mail.cli.listing import address_line, flag_names, utc
from tui_mail.cli.opening import Setting, online_engine, open_setting, reading_engine
from tui_mail.cli.views import Places
from tui_mail.engine import Engine
from tui_mail.model.errors import MailError
from tui_mail.model.message import Address, Letter
from tui_mail.model.safe_text import safe_body


class ShowArguments(Arguments):
    """Arguments of `show`."""

    id: int
    raw: bool


def show(call: ShowArguments) -> int:
    """Print a message as text, as JSON, or byte for byte."""
    setting = open_setting(call)

    asyncio.run(_show(call, setting))
    return 0


async def _show(call: ShowArguments, setting: Setting) -> None:
    async with reading_engine(setting) as engine:
        letter = await engine.reading.letter(call.id)
        trouble = None
        if letter.document is None:
            trouble = await _bring(setting, letter)
            letter = await engine.reading.letter(call.id)
        if not call.raw:
            await _letter(engine, letter, json=call.json)
        elif (source := await engine.reading.source(call.id)) is not None:
            _raw(source)
        if trouble is not None:
            raise trouble


async def _bring(setting: Setting, letter: Letter) -> MailError | None:
    """Fetch the text of a message; return what prevents it."""
    try:
        async with online_engine(setting, setting.config.accounts, fetch_only=True) as engine:
            await engine.acting.fetch_body(letter.id)
    except MailError as error:
        return MailError(f"The text of {letter.id} is not on this machine yet: {error}", hint=error.hint)
    return None


def _raw(source: bytes) -> None:
    if sys.stdout.isatty():
        output.line(safe_body(source.decode("utf-8", "replace")))
    else:
        output.raw(source)


async def _letter(engine: Engine, letter: Letter, *, json: bool) -> None:
    if json:
        output.record(_facts(letter, await Places.of(engine.reading)))
        return
    for line in _text(letter):
        output.line(line)


def _text(letter: Letter) -> Iterator[str]:
    yield from _fields(letter)
    if letter.document is not None:
        yield ""
        columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else plain.NARROW
        yield from plain.lines(letter.document, max(plain.NARROW, min(columns, plain.WIDE)))


def _fields(letter: Letter) -> Iterator[str]:
    date = datetime.fromtimestamp(letter.date).astimezone()
    yield f"From: {_joined(letter.sender)}"
    if letter.reply_to and letter.reply_to != letter.sender:
        yield f"Reply-To: {_joined(letter.reply_to)}"
    if letter.to:
        yield f"To: {_joined(letter.to)}"
    if letter.cc:
        yield f"Cc: {_joined(letter.cc)}"
    yield f"Date: {date:%Y-%m-%d %H:%M %z}"
    yield f"Subject: {letter.subject}"
    for part in letter.attachments:
        yield f"Attachment: {part.name} ({part.media_type}, {part.size} bytes, part {part.path})"


def _facts(letter: Letter, places: Places) -> dict[str, object]:
    text = None if letter.document is None else "\n".join(plain.lines(letter.document, plain.NARROW))
    return {
        "id": letter.id,
        "account": places.keys.get(letter.account),
        "folder": places.name(letter.folder),
        "date": utc(letter.date),
        "from": _joined(letter.sender),
        "reply_to": _each(letter.reply_to),
        "to": _each(letter.to),
        "cc": _each(letter.cc),
        "subject": letter.subject,
        "flags": flag_names(letter.flags),
        "size": letter.size,
        "message_id": letter.message_id,
        "attachments": [
            {"path": part.path, "name": part.name, "media_type": part.media_type, "size": part.size}
            for part in letter.attachments
        ],
        "text": text,
    }


def _each(addresses: tuple[Address, ...]) -> list[str]:
    return [address_line(address.name, address.address) for address in addresses]


def _joined(addresses: tuple[Address, ...]) -> str:
    return ", ".join(_each(addresses))

"""Drafts as files: an .eml for each version, which a person can read, and what is attached beside it.

`<key>.<version>.<random>.eml` holds the fields, one of our own with all that they cannot say, and the text as
typed. Enclosures are named by their SHA-256, so that storing a letter anew writes its text and nothing else.
"""

import hashlib
import json
import os
import re
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from tui_mail.model.draft import Draft, Enclosure, Origin
from tui_mail.store import files

FIELD = "X-Tui-Mail-Draft"
"""The field of our own; in a copy on the server it holds the draft's key."""

_CONTROLS = re.compile("[\x00-\x1f\x7f]")
_KEY = re.compile(r"[0-9a-f]{32}")
_NAME = re.compile(r"([0-9a-f]{32})\.(\d+)\.[0-9a-f]+\.eml")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MIME = "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"


@dataclass(frozen=True, slots=True)
class Written:
    """A draft as a file tells it, without the numbers of the database."""

    account: str
    """Key of its account."""
    draft: Draft
    """Its `account` and `id` are 0."""


def new_key() -> str:
    """Return a key for a draft that has none."""
    return secrets.token_hex(16)


def written(draft: Draft, account: str) -> bytes:
    """Return a draft as the file that it is kept in."""
    told = {
        "account": account,
        "version": draft.version,
        "changed_at": draft.changed_at,
        "origin": draft.origin,
        "answers": draft.answers,
        "in_reply_to": draft.in_reply_to,
        "references": draft.references,
        "markdown": draft.markdown,
        "enclosures": [(one.name, one.media_type, one.size, one.sha256) for one in draft.enclosures],
    }
    typed = {"From": draft.sender, "To": draft.to, "Cc": draft.cc, "Bcc": draft.bcc, "Subject": draft.subject}
    lines = [f"{name}: {_CONTROLS.sub(' ', value)}" for name, value in typed.items()]
    head = "\n".join((*lines, f"{FIELD}: {json.dumps(told)}", _MIME))
    return f"{head}\n{draft.text}".encode("utf-8", "surrogatepass")


def read(content: bytes) -> Written:
    """Return what such a file tells; raises ValueError for one that is none."""
    head, blank, text = content.decode("utf-8", "surrogatepass").partition("\n\n")
    fields = dict(line.partition(": ")[::2] for line in head.split("\n"))
    if not blank or FIELD not in fields:
        raise ValueError("That is no draft of this program")
    told = json.loads(fields[FIELD])
    try:
        draft = Draft(
            account=0,
            sender=fields.get("From", ""),
            to=fields.get("To", ""),
            cc=fields.get("Cc", ""),
            bcc=fields.get("Bcc", ""),
            subject=fields.get("Subject", ""),
            text=text,
            enclosures=tuple(Enclosure(str(n), str(m), int(s), str(h)) for n, m, s, h in told["enclosures"]),
            origin=Origin(told["origin"]),
            answers=tuple(map(int, told["answers"])),
            in_reply_to=str(told["in_reply_to"]),
            references=tuple(map(str, told["references"])),
            markdown=bool(told["markdown"]),
            version=int(told["version"]),
            changed_at=int(told["changed_at"]),
        )
        return Written(str(told["account"]), draft)
    except (KeyError, TypeError) as error:
        raise ValueError("That is no draft of this program") from error


def is_key(text: str) -> bool:
    """Tell whether a text can be the key of a draft."""
    return _KEY.fullmatch(text) is not None


def key_of(name: str) -> tuple[str, int] | None:
    """Return the key and the version that a file's name tells; None where it is no draft's."""
    found = _NAME.fullmatch(name)
    return (found[1], int(found[2])) if found else None


class DraftFiles:
    """The folder of drafts; each call reads or writes the disk, so it belongs into a thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._enclosures = folder / "enclosures"

    @classmethod
    def of(cls, database: Path) -> "DraftFiles":
        """Return the folder of drafts that belongs to a database."""
        return cls(database.with_name("drafts"))

    def write(self, key: str, draft: Draft, account: str) -> str:
        """Write a version of a draft; return the name of its file. Raises StoreFull."""
        files.make_folder(self.folder)
        name = f"{key}.{draft.version}.{secrets.token_hex(4)}.eml"
        files.write(self.folder / name, written(draft, account))
        return name

    def read(self, name: str) -> Written:
        """Return what a file tells; raises StoreError, or ValueError for one that is no draft."""
        return read(files.read(self.folder / name))

    def remove(self, names: Iterable[str]) -> None:
        """Remove versions of drafts."""
        for name in names:
            files.remove(self.folder / name)

    def names(self) -> list[str]:
        """Return the names of all versions that are there."""
        if not self.folder.is_dir():
            return []
        return sorted(path.name for path in self.folder.iterdir() if key_of(path.name))

    def size(self, name: str) -> int:
        """Return the octets of a version; 0 where it is gone."""
        path = self.folder / name
        return path.stat().st_size if path.is_file() else 0

    def strays(self, named: Collection[str], before: float) -> list[tuple[str, str, int]]:
        """Return versions that are not `named` and were written before a moment: file, key and number.

        They come in the order of their numbers, so that the newest of a draft is the last.
        """
        found = []
        for name in self.names():
            told = key_of(name)
            if told and name not in named and (self.folder / name).stat().st_mtime < before:
                found.append((name, *told))
        return sorted(found, key=lambda one: one[2])

    def enclose(self, content: bytes) -> str:
        """Keep octets that are attached; return their SHA-256. Raises StoreFull."""
        digest = hashlib.sha256(content).hexdigest()
        path = self._enclosures / digest
        if not path.exists() or path.stat().st_size != len(content):
            files.make_folder(self._enclosures)
            files.write(path, content)
        else:
            os.utime(path)  # in use from now on, whatever else let go of it
        return digest

    def content(self, sha256: str) -> bytes | None:
        """Return octets that are attached; None where they are gone or not what they were."""
        path = self._enclosures / sha256
        if not _SHA256.fullmatch(sha256) or not path.is_file():
            return None
        content = files.read(path)
        return content if hashlib.sha256(content).hexdigest() == sha256 else None

    def contents(self, enclosures: Iterable[Enclosure]) -> dict[str, bytes]:
        """Return the octets of enclosures by their SHA-256, those that can be read."""
        found = {one.sha256: self.content(one.sha256) for one in enclosures}
        return {sha256: content for sha256, content in found.items() if content is not None}

    def has(self, one: Enclosure) -> bool:
        """Tell, by a look at its size, whether an enclosure is there."""
        path = self._enclosures / one.sha256
        return bool(_SHA256.fullmatch(one.sha256)) and path.is_file() and path.stat().st_size == one.size

    def drop_unused(self, before: float) -> int:
        """Remove enclosures that no draft names and that were last used before a moment; return how many."""
        if not self._enclosures.is_dir():
            return 0
        named = {one.sha256 for name in self.names() for one in self._enclosed(name)}
        unused = [p for p in self._enclosures.iterdir() if p.name not in named and p.stat().st_mtime < before]
        for path in unused:
            files.remove(path)
        return len(unused)

    def _enclosed(self, name: str) -> tuple[Enclosure, ...]:
        try:
            return self.read(name).draft.enclosures
        except ValueError:
            return ()

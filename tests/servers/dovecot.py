"""A real Dovecot in a temporary folder, on free ports of loopback, as an ordinary user even under root."""

import base64
import grp
import hashlib
import itertools
import os
import pwd
import shutil
import smtplib
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType

from tests.servers.authority import Authority, Certificate
from tests.servers.daemon import dismiss, end, free_ports, greets, post_guard
from tests.servers.dovecot_conf import LOCAL, STRICT, Ports, Site, configuration, introspection
from tests.servers.dovecot_program import StartError, program, version, why_missing

PASSWORD = "correct horse"
ATTEMPTS = 5
"""Starts tried while others take the ports that were free a moment ago."""


class Dovecot:
    """A server with users of its own; a context manager, or `start` and `stop`."""

    host = LOCAL
    strict_host = STRICT
    """Passwords are refused at this address until TLS is on."""
    ca_file: Path
    """The authority that signed the server's certificate."""
    certificate: Certificate
    """What the server shows."""
    imap_plain: int
    imap_starttls: int
    """The same port as `imap_plain`: STARTTLS is offered there."""
    imap_tls: int
    pop3_plain: int
    pop3_starttls: int
    pop3_tls: int
    lmtp: int
    auth: int
    """Where another server asks whether a sign-in is good (Dovecot's SASL)."""

    def __init__(
        self,
        users: Mapping[str, str] | None = None,
        *,
        mechanisms: str = "plain login",
        introspection_url: str = "",
    ) -> None:
        self.users = dict(users or {})
        """Passwords by user name; grown by `add_user`."""
        self.mechanisms = mechanisms
        """How one may sign in, as Dovecot spells it."""
        self.introspection_url = introspection_url
        """Where to ask whose an access token is; "" = tokens are not taken."""
        self._serial = itertools.count(1)
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Dovecot":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Come up and answer on the IMAP port; StartError otherwise."""
        if reason := why_missing():
            raise StartError(reason)
        # The name of a unix socket holds 107 bytes at most: a longer folder than /tmp might leave no room.
        self.folder = Path(tempfile.mkdtemp(prefix="dovecot-", dir="/tmp"))
        try:
            self._furnish()
            for _ in range(ATTEMPTS):
                if self._started():
                    self._guard = post_guard(self.group, self.folder)
                    return
            raise StartError(f"Dovecot did not start:\n{self.log()}")
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the processes that `start` began, and remove the folder."""
        if self._guard is not None:
            dismiss(self._guard)
            self._guard = None
        if self._process is not None:
            end(self._process)
            self._process = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self) -> str:
        """What the server wrote down so far, after what it said before it had a log."""
        paths = (self.folder / "dovecot.err", self.folder / "dovecot.log")
        return "".join(path.read_text(errors="replace") for path in paths if path.exists())

    def facts(self) -> dict[str, object]:
        """How to reach the server, in words for people and programs."""
        return {
            "host": self.host,
            "host without plain passwords": self.strict_host,
            "imap (plain, STARTTLS)": self.imap_plain,
            "imap (TLS)": self.imap_tls,
            "pop3 (plain, STLS)": self.pop3_plain,
            "pop3 (TLS)": self.pop3_tls,
            "lmtp": self.lmtp,
            "process group": self.group,
            "users": self.users,
            "certificate authority": str(self.ca_file),
            "folder": str(self.folder),
        }

    def add_user(self, user: str, password: str = PASSWORD, *, hashed: bool = False) -> None:
        """Make a user who can sign in from now on (a file each: Dovecot reads one again a second later).

        A `hashed` password serves for PLAIN and LOGIN only: SCRAM cannot work with that hash.
        """
        self.users[user] = password
        digest = base64.b64encode(hashlib.sha256(password.encode()).digest()).decode()
        stored = f"{{SHA256.b64}}{digest}" if hashed else f"{{PLAIN}}{password}"
        line = f"{user}:{stored}\n"
        self._own(self._write(self.folder / "users" / user, line.encode()))

    def deliver(self, user: str, raw: bytes, sender: str = "sender@example.org") -> None:
        """Let a message arrive in the inbox, by LMTP as from a mail server: with trace fields on top."""
        with smtplib.LMTP(LOCAL, self.lmtp, timeout=20) as lmtp:
            lmtp.sendmail(sender, [user], raw)

    @property
    def group(self) -> int:
        """The process group of the running server, which is also the id of its first process."""
        assert self._process is not None
        return self._process.pid

    def home(self, user: str) -> Path:
        """The folder that holds all of a user."""
        return self.folder / "homes" / user

    def maildir(self, user: str, folder: str = "INBOX") -> Path:
        """The Maildir of a folder, whether it exists yet or not."""
        root = self.home(user) / "Maildir"
        return root if folder.upper() == "INBOX" else root / ("." + folder.replace("/", "."))

    def fill(
        self,
        user: str,
        folder: str,
        messages: Iterable[bytes],
        *,
        flags: str = "",
        last: float | None = None,
        step: float = 60.0,
    ) -> None:
        """Put messages into a folder, made when needed, by writing its files; their UIDs follow this order.

        `flags` are letters of Maildir: S seen, F flagged, R answered, D draft, T deleted. The internal date
        of the last one is `last` (now), and each one before it is `step` seconds older.
        """
        raws = list(messages)
        box = self._box(user, folder)
        end = time.time() if last is None else last
        letters = "".join(sorted(flags))
        for place, raw in enumerate(raws):
            moment = end - step * (len(raws) - 1 - place)
            wire_size = len(raw) + raw.count(b"\n") - raw.count(b"\r\n")
            name = f"{next(self._serial):010}.tests,S={len(raw)},W={wire_size}:2,{letters}"
            path = self._write(box / "tmp" / name, raw)
            os.utime(path, (moment, moment))
            path.rename(box / "cur" / name)

    def _box(self, user: str, folder: str) -> Path:
        box = self.maildir(user, folder)
        if not (box / "cur").exists():
            for made in (self.home(user), self.maildir(user), box, box / "cur", box / "new", box / "tmp"):
                made.mkdir(mode=0o700, exist_ok=True)
                self._own(made)
            if box != self.maildir(user):
                self._own(self._write(box / "maildirfolder", b""))
        return box

    def _furnish(self) -> None:
        """Lay out the folder for the user the server runs as: the caller, but nobody in the place of root."""
        person = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        self._uid, self._gid = person.pw_uid, person.pw_gid
        for name, mode in (("users", 0o700), ("homes", 0o700), ("run", 0o755), ("state", 0o700)):
            (self.folder / name).mkdir(mode)
        authority = Authority(self.folder)
        self.ca_file = authority.ca_file
        self.certificate = authority.issue("server")
        self._site = (person.pw_name, grp.getgrgid(person.pw_gid).gr_name, self.certificate)
        for path in (self.folder, *self.folder.iterdir()):
            self._own(path)
        for user, password in self.users.items():
            self.add_user(user, password)

    def _started(self) -> bool:
        ports = Ports(*free_ports(6))
        user, group, certificate = self._site
        files = certificate.cert_file, certificate.key_file
        signing_in = self.mechanisms, self.introspection_url
        site = Site(self.folder, user, group, self._uid, self._gid, *files, ports, *signing_in)
        self._own(self._write(self.folder / "oauth2.conf", introspection(self.introspection_url).encode()))
        text = configuration(site, version()).encode()
        path = self._own(self._write(self.folder / "dovecot.conf", text))
        self.imap_plain = self.imap_starttls = ports.imap
        self.pop3_plain = self.pop3_starttls = ports.pop3
        self.imap_tls, self.pop3_tls, self.lmtp, self.auth = ports.imaps, ports.pop3s, ports.lmtp, ports.auth
        self._process = self._launch(path)
        if greets(ports.imap, self._process, b"* OK"):
            return True
        end(self._process)
        return False

    def _launch(self, path: Path) -> subprocess.Popen[bytes]:
        account = {"user": self._uid, "group": self._gid, "extra_groups": []} if os.geteuid() == 0 else {}
        with (self.folder / "dovecot.err").open("wb") as err:
            return subprocess.Popen(
                [str(program()), "-F", "-c", str(path)],
                stdin=subprocess.DEVNULL,
                stdout=err,
                stderr=err,
                cwd=self.folder,
                start_new_session=True,
                **account,
            )

    def _write(self, path: Path, content: bytes) -> Path:
        path.write_bytes(content)
        return path

    def own(self, folder: Path) -> None:
        """Give a folder that others filled to the user the server runs as."""
        for path in (folder, *folder.rglob("*")):
            self._own(path)

    def _own(self, path: Path) -> Path:
        if os.geteuid() == 0:
            os.chown(path, self._uid, self._gid)
        return path

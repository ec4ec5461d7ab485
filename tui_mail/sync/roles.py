"""Which role a folder has: by its special use (RFC 6154), else guessed by its name."""

from collections.abc import Iterable

from tui_mail.model.folder import Role

_BY_USE = {
    "\\all": Role.ALL,
    "\\archive": Role.ARCHIVE,
    "\\drafts": Role.DRAFTS,
    "\\flagged": Role.FLAGGED,
    "\\junk": Role.JUNK,
    "\\sent": Role.SENT,
    "\\trash": Role.TRASH,
}

_BY_NAME = {
    Role.ARCHIVE: ("archive", "archives", "archiv", "arsip", "archivo", "archivio", "arquivo", "アーカイブ"),
    Role.DRAFTS: ("drafts", "draft", "entwürfe", "konsep", "brouillons", "borradores", "bozze", "下書き"),
    Role.JUNK: ("junk", "spam", "junk e-mail", "junk mail", "bulk mail", "indésirables", "迷惑メール"),
    Role.SENT: (
        "sent", "sent items", "sent messages", "sent mail", "gesendet", "gesendete elemente", "terkirim",
        "envoyés", "enviados", "posta inviata", "送信済み",
    ),
    Role.TRASH: (
        "trash", "deleted", "deleted items", "deleted messages", "bin", "papierkorb", "gelöschte elemente",
        "sampah", "corbeille", "papelera", "cestino", "lixeira", "ゴミ箱",
    ),
}  # fmt: skip

_NAMES = {name: role for role, names in _BY_NAME.items() for name in names}


def roles(folders: Iterable[tuple[bytes, str, str, frozenset[str]]]) -> dict[bytes, Role]:
    """Return the role of each folder, given as (wire name, display name, separator, lower-case attributes).

    A role has one folder: what the server says counts before any guess, and the first name listed wins.
    """
    listed = list(folders)
    found: dict[bytes, Role] = {}
    taken: set[Role] = set()

    def take(name: bytes, role: Role) -> None:
        if role is not Role.NONE and role not in taken and name not in found:
            found[name] = role
            taken.add(role)

    for name, _, _, attributes in listed:
        if name.upper() == b"INBOX":
            take(name, Role.INBOX)
        for attribute in sorted(attributes):
            take(name, _BY_USE.get(attribute, Role.NONE))
    for name, display, separator, _ in listed:
        parts = display.split(separator) if separator else [display]
        if len(parts) == 1 or (len(parts) == 2 and parts[0].upper() == "INBOX"):
            take(name, _NAMES.get(parts[-1].casefold(), Role.NONE))
    return {name: found.get(name, Role.NONE) for name, *_ in listed}

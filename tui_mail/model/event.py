"""Events: engine → screen, what changed. They carry ids, never content."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AccountsChanged:
    """Accounts were added, removed or reordered, or the status of one changed."""


@dataclass(frozen=True, slots=True)
class FoldersChanged:
    """Names, roles or counts of an account's folders changed."""

    account: int


@dataclass(frozen=True, slots=True)
class MessagesChanged:
    """These messages came into `folder`, left it, or look different."""

    folder: int
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Rescan:
    """So much changed in `folder` that a list of it should be read anew."""

    folder: int


@dataclass(frozen=True, slots=True)
class MailArrived:
    """New mail came into `folder`: never what a first fill or another folder of ours brought."""

    folder: int
    ids: tuple[int, ...]
    """In the order of arrival, read or not; of a flood the newest."""


@dataclass(frozen=True, slots=True)
class BodyArrived:
    """The body of a message is on this machine now."""

    message: int


@dataclass(frozen=True, slots=True)
class OperationsChanged:
    """Operations of an account changed their state."""

    account: int


@dataclass(frozen=True, slots=True)
class OperationReverted:
    """The server refused an operation and its local effect was taken back; `reading.operation` tells why."""

    operation: int


@dataclass(frozen=True, slots=True)
class DraftsChanged:
    """Drafts were begun, stored, discarded or sent."""


@dataclass(frozen=True, slots=True)
class DraftMerged:
    """A draft was changed on two devices: what is newer is the draft, the other text a version of it."""

    draft: int


@dataclass(frozen=True, slots=True)
class PeopleChanged:
    """People were learned, or the user changed what is known of them."""


@dataclass(frozen=True, slots=True)
class OutboxChanged:
    """Letters came into the outbox, left it, or changed their state."""


@dataclass(frozen=True, slots=True)
class SendingMoved:
    """A letter on the line is further; `engine.sending.progress` tells how far."""

    outgoing: int


Event = (
    AccountsChanged
    | FoldersChanged
    | MessagesChanged
    | Rescan
    | MailArrived
    | BodyArrived
    | OperationsChanged
    | OperationReverted
    | DraftsChanged
    | DraftMerged
    | PeopleChanged
    | OutboxChanged
    | SendingMoved
)

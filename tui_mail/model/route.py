"""The route of a message: the servers that it passed, as their Received fields tell (RFC 5321, 4.4)."""

from dataclasses import dataclass

from tui_mail.model.safe_text import SafeText


@dataclass(frozen=True, slots=True)
class Hop:
    """One server that took the message; what it says of others is its claim, and lower ones may be forged."""

    by: SafeText
    """The server that took it; "" where it does not say."""
    came_from: SafeText
    """Who handed it over, by the name that it gave itself; "" where nobody is named."""
    address: SafeText
    """The network address of who handed it over, as `by` saw it; "" where it is not told."""
    protocol: SafeText
    """How, such as "ESMTPS" (RFC 3848); "" where it is not told."""
    encrypted: bool
    """Whether `by` says that TLS protected it on the way here."""
    signed_in: bool
    """Whether whoever handed it over had signed in."""
    queue_id: SafeText
    at: int | None
    """When, seconds since the epoch by the clock of `by`."""
    took: int | None
    """Seconds since the hop before, negative where clocks disagree; None where one of both is not told."""


@dataclass(frozen=True, slots=True)
class Route:
    """The way of a message, in the order of travel."""

    hops: tuple[Hop, ...]
    written_at: int | None
    """Its Date field, seconds since the epoch."""
    left_out: int = 0
    """Further hops that are not listed."""

    @property
    def took(self) -> int | None:
        """Seconds from the first hop to the last; None where that is not told."""
        times = [hop.at for hop in self.hops if hop.at is not None]
        return times[-1] - times[0] if len(times) > 1 else None

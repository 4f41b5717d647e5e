"""What is asked of the client and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass

from listening.models import Answer

from .addresses import HIDDEN

_PERMANENT = frozenset({301, 308})


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What one answer may cost: seconds, bytes after unpacking, requests at once over all hosts, redirects in a row.

    ``connect_seconds`` covers the look-up of the name, the connection and its encryption; ``answer_seconds`` runs from
    the first byte sent to the last byte of the body, over all redirects together.
    """

    connect_seconds: float = 10
    answer_seconds: float = 30
    max_bytes: int = 10_000_000
    at_once: int = 40
    redirects: int = 5
    allow_private_redirects: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Validators:
    """What the last well-parsed answer said of itself, word for word: sent back so that nothing new costs nothing."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Hop:
    """One redirect that was followed: its status, and where it led (secrets hidden, so that it may be shown)."""

    status: int
    to: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetched:
    """An answer, how we got to it, the hash of its body, and the seconds it took (waiting for a turn not counted).

    ``answer.url`` is the true address, secrets included, since the next page may build on it: redact it before it is
    shown or kept.
    """

    answer: Answer
    hops: tuple[Hop, ...]
    body_hash: str
    seconds: float

    @property
    def permanent_to(self) -> str | None:
        """Where the permanent redirects at the start of the way lead; None without any, or if that holds a secret."""
        target = None
        for hop in self.hops:
            if hop.status not in _PERMANENT:
                break
            target = hop.to
        return None if target is None or HIDDEN in target else target


DEFAULT_LIMITS = Limits()
NO_VALIDATORS = Validators()

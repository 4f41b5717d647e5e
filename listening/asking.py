"""Who asks us: what makes a mention one about us, and whether it asks us for something."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable

from listening import language, questions
from listening.accounts import OwnAccounts
from listening.models import Mention, Post, Span, TextKind
from listening.questions import About, Ask


class WhoAsks:
    """Judges stored mentions as the Concluder judges new ones: whether they ask us for something.

    ``version`` changes with the rules and with our accounts: what an earlier one judged may be judged otherwise now.
    """

    def __init__(self, kind_of: Callable[[str], TextKind], own_accounts: Iterable[str] = ()) -> None:
        self._kind_of = kind_of
        self._handles = OwnAccounts(own_accounts).handles
        said = repr(sorted(self._handles)).encode(errors="replace")
        mark = hashlib.blake2b(said, digest_size=4).hexdigest() if self._handles else ""
        self.version = "-".join(filter(None, (questions.VERSION, mark)))

    def __call__(self, mention: Mention) -> bool | None:
        """None where nobody can tell, for its language."""
        _, understood = language.gate(f"{mention.title}\n{mention.text}", mention.language)
        return self.what(mention) is not None if understood else None

    def us(self, mention: Mention) -> bool:
        """Whether it asks us by our name, and not whoever reads it."""
        found = self.what(mention)
        return found is not None and found.to_us

    def what(self, mention: Mention) -> Ask | None:
        """The sentence by which it asks us, whatever its language; also of a mention whose private names are masked."""
        return asked_of_us(mention, mention.matched, self._handles, kind=self._kind_of(mention.source))


def asked_of_us(post: Post, matched: Iterable[Span], handles: Collection[str], *, kind: TextKind) -> Ask | None:
    """What a post asks of us, by the words that ``matched`` and the ``handles`` of our accounts; None for nothing."""
    return questions.asked(post.title, post.text, kind=kind, about=about_us(matched, handles))


def about_us(matched: Iterable[Span], handles: Collection[str] = ()) -> About:
    """What makes a post one about us: where topics matched it, and by which names posts call our accounts."""
    spans = list(matched)
    places = {part: [(span.start, span.end) for span in spans if span.field == part] for part in ("title", "text")}
    return About(
        title=places["title"],
        text=places["text"],
        accounts=handles,
        throughout=any(span.field in ("author", "url") for span in spans),
    )

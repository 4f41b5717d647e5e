"""Whether a feed is a paper's, a station's or the agency's own, so that the names in it may be shown.

In doubt it is not: a name that is masked can be shown later, and one that was shown cannot be taken back. So a feed has
to look like a paper, and must not look like a place where strangers write.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from listening.setup.feeds_of import FoundFeed

_HEAD = 4_000  # bytes of a feed, in which the program that made it names itself

_STRANGERS = re.compile(
    r"comment|forum|foren\b|discuss|discourse|\bboards?\b|communit|thread|\btopics?\b|\btalk\b|\bchat\b|\bq ?& ?a\b|"
    r"\w[’']s\b|\bmy\b|blog|\breplies\b|\bletters\b|guest ?book|\bmembers?\b|\bwiki\b|\bneighbou?rs?\b|kommentar|"
    r"comentario|commentaire",
    re.IGNORECASE,
)
_FORUM_PROGRAM = re.compile(
    rb"phpbb|vbulletin|xenforo|discourse|bbpress|flarum|mybb|vanilla|invision|simple machines|lemmy|nodebb",
    re.IGNORECASE,
)
_PAPER = re.compile(
    r"\b(?:news(?:paper)?|herald|gazette|tribune|courier|chronicle|observer|sentinel|bulletin|dispatch|"
    r"examiner|inquirer|enquirer|ledger|daily|weekly|press|times|reporter|register|advertiser|argus|echo|"
    r"radio|tv|television|fm|broadcast(?:ing)?|public media|zeitung|anzeiger|tageblatt|nachrichten|diario|"
    r"periódico|noticias)\b",
    re.IGNORECASE,
)


def of_own_site(found: FoundFeed) -> bool:
    """Whether a feed that was found by the agency's own site is its own voice: on its server, and no comments."""
    return found.named and not _strangers_write(found)


def of_a_paper(found: FoundFeed) -> bool:
    """Whether a feed that was found by a site among the papers is a paper's or a station's.

    Not one that was typed by its own address: that may be anybody's.
    """
    return not found.itself and found.named and bool(_PAPER.search(found.title)) and not _strangers_write(found)


def _strangers_write(found: FoundFeed) -> bool:
    parts = urlsplit(found.url)
    said = f"{found.title} {parts.hostname} {parts.path} {parts.query}".replace("_", " ").replace("-", " ")
    return bool(_STRANGERS.search(said) or _FORUM_PROGRAM.search(found.answer.body[:_HEAD]))

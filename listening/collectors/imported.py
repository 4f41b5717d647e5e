"""Kinds of place that no collector reads: their posts come from other tools' exports only (``listening import``)."""

from __future__ import annotations

from dataclasses import dataclass

from listening.models import TextKind

_NOT_LOOKED_UP = "what was imported is not looked up again; forget a post by hand where its author took it away."


@dataclass(frozen=True, kw_only=True, slots=True)
class Imported:
    """What there is to say of such a kind of place: the words of ``protocols.Collector``, as far as they apply."""

    SOURCE: str
    LABEL: str
    KIND: TextKind
    CANNOT_SEE: str = "Only what the tool that wrote the file had found is seen."
    DELETIONS: str = _NOT_LOOKED_UP


IMPORTED: dict[str, Imported] = {
    each.SOURCE: each
    for each in (
        Imported(SOURCE="facebook", LABEL="Facebook", KIND="post"),
        Imported(SOURCE="instagram", LABEL="Instagram", KIND="post"),
        Imported(SOURCE="tiktok", LABEL="TikTok", KIND="post"),
        Imported(SOURCE="linkedin", LABEL="LinkedIn", KIND="post"),
        Imported(SOURCE="forum", LABEL="Forums", KIND="post"),
        Imported(SOURCE="reviews", LABEL="Reviews", KIND="feedback"),
        Imported(
            SOURCE="feedback",
            LABEL="Surveys and ideas",
            KIND="feedback",
            CANNOT_SEE="Only those who filled it in are heard.",
        ),
        Imported(SOURCE="other", LABEL="Other places", KIND="post"),
    )
}
"""By the name that stands in the column ``source``."""

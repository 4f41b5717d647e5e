"""The team chooses what is quoted, at the desk and before the meeting."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from listening.insights import picks as picking
from listening.insights.picks import Picks
from listening.insights.quotes import Quotes
from listening.insights.sentences import TAG_LABELS, excerpt, spoken
from listening.models import Mention
from listening.pages import ground, markup
from listening.pages.ground import Ground
from listening.store import Reader, View

WORDS = 90
"""Characters of a post in the list."""


def show(base: Ground, reader: Reader, view: View, chosen: Quotes) -> None:
    """What is quoted now, what is left out, and a button for each change."""
    # Its many buttons are made only for who opens it: everybody else's page is quicker without.
    box = st.expander("Choose what is quoted", key="choose_quotes", on_change="rerun")
    if not box.open:
        return
    picks = picking.picks(base.store)
    with box:
        st.html(
            '<p class="about">“Keep” holds a quote whatever comes in later, “Leave out” puts the next one '
            "by the rule in its place. Good and bad stay as many, and the page says how many posts were chosen "
            "and left out.</p>"
        )
        for mention in (*chosen.good, *chosen.bad):
            kept = mention.id in picks.pinned
            with _line(base, mention, "kept" if kept else ""):
                if kept:
                    _button("Let go", "free", base, mention, lambda picks, id_: picks.free(id_))
                    _button("First", "first", base, mention, lambda picks, id_: picks.first(id_))
                else:
                    _button("Keep", "pin", base, mention, lambda picks, id_: picks.pin(id_))
                _button("Leave out", "hide", base, mention, lambda picks, id_: picks.hide(id_))
        for mention in reader.of_ids(view, picks.hidden):
            with _line(base, mention, "left out"):
                _button("Allow again", "free", base, mention, lambda picks, id_: picks.free(id_))


def _line(base: Ground, mention: Mention, state: str) -> st.delta_generator.DeltaGenerator:
    box = st.container(key=f"choose_{mention.id}", horizontal=True, vertical_alignment="center", gap="small", wrap=True)
    words = excerpt(spoken(base.mask.mention(mention)), WORDS)
    mark = f" · <b>{state}</b>" if state else ""
    with box:
        st.html(
            f'<p class="about"><span class="tone {mention.tag}">{TAG_LABELS[mention.tag]}</span> '
            f"<bdi>{markup.escape(words)}</bdi>{mark}</p>"
        )
    return box


def _button(label: str, name: str, base: Ground, mention: Mention, change: Callable[[Picks, str], Picks]) -> None:
    st.button(
        label,
        key=f"quote_{name}_{mention.id}",
        type="tertiary",
        help=f"{label}: {markup.not_markdown(excerpt(spoken(base.mask.mention(mention)), 40))}",
        on_click=_choose,
        args=(base, mention.id, change),
    )


@ground.told
def _choose(base: Ground, id_: str, change: Callable[[Picks, str], Picks]) -> None:
    picking.choose(base.store, lambda picks: change(picks, id_))

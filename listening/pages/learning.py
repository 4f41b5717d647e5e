"""The review's third step: how often the tags are right, and what the team's corrections could teach."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from listening import agreement, teaching
from listening import store as stores
from listening.agreement import Agreement, Share
from listening.insights.sentences import excerpt, spoken
from listening.pages import ground, markup, sitting
from listening.pages.ground import Ground
from listening.pages.sitting import Sitting
from listening.store import reviewing
from listening.teaching import ExclusionProposal, WordProposal

MOST_CHANGES = 8
LARGE = 50_000
"""Mentions."""
EXAMPLE = 110
"""Characters of a post that is shown as an example."""


def show(base: Ground, mine: Sitting) -> None:
    """Agreement, learning, words, exclusions: each with what it would change before anything is changed."""
    with base.store.reading() as connection:
        entry = reviewing.latest_entry(connection)
    mine.seen = entry
    found = ground.kept(base, "agreement", (entry,), lambda: agreement.agreement(teaching.judged(base.store)))
    people = ground.kept(base, "people", (entry,), lambda: teaching.people_agree(base.store))
    st.html(f'<h1 class="headline">{markup.escape(agreement.sentence(found).rstrip("."))}</h1>')
    said = [_interval(found.right)] if found.right.base else ["Judge some in the first step, the right ones too."]
    if people.mentions:
        agreed = f"{people.share.part:,} agreed with the first{_range(people.share)}"
        said.append(f"Of {people.share.base:,} second readings {agreed}.")
    elif found.right.base:
        said.append("To see how far people agree with each other, choose “Second reading” in the first step.")
    st.html(f'<p class="deck">{markup.escape(" ".join(filter(None, said)))}</p>')
    if done := st.session_state.pop("taught", ""):
        with st.container(key="taught"):
            st.success("Done.")
            st.text(done)
    if found.right.base:
        _by_group(found)
    _learning(base, entry)
    # Each proposal is tried on what is stored: in a large store that is not for every click.
    if stores.size(base.store)[0] > LARGE and not st.session_state.get("look_further"):
        st.html(markup.section("Words that mislead the tags, and what your topics could leave out"))

        def look() -> None:
            st.session_state["look_further"] = True

        st.button("Look for them (takes a while)", key="look_further_now", on_click=look)
        return
    _words(base, entry)
    _exclusions(base, entry)


def _range(share: Share) -> str:
    if share.interval is None:
        return ""
    low, high = share.interval
    return f" ({round(100 * low)} to {round(100 * high)} of 100, with 95 % certainty)"


def _interval(share: Share) -> str:
    if share.interval is None:
        return ""
    low, high = share.interval
    return f"Of all posts like these it would be {round(100 * low)} to {round(100 * high)} of 100, with 95 % certainty."


def _by_group(found: Agreement) -> None:
    box = st.expander("By tag, topic and source", key="by_group", on_change="rerun")
    if not box.open:
        return
    groups: list[tuple[str, Mapping[str, Share]]] = [
        ("The machine says", {str(tag): share for tag, share in found.precision.items()}),
        ("Topic", found.by_topic),
        ("Source", found.by_source),
    ]
    tables = []
    for title, shares in groups:
        rows = "".join(
            f'<tr><th scope="row"><bdi>{markup.escape(name)}</bdi></th><td class="n">{share.part:,}</td>'
            f'<td class="n">{share.base:,}</td><td class="n">{_percent(share)}</td></tr>'
            for name, share in shares.items()
            if share.base
        )
        head = f'<th scope="col">{title}</th><th scope="col" class="n">right</th><th scope="col" class="n">of</th>'
        tables.append(
            f'<table class="plain"><thead><tr>{head}<th scope="col" class="n">95 %</th></tr></thead>'
            f"<tbody>{rows}</tbody></table>"
        )
    with box:
        st.html(f'<div class="side-by-side">{"".join(tables)}</div>')


def _percent(share: Share) -> str:
    if share.interval is None:
        return "–"
    low, high = share.interval
    return f"{round(100 * low)} to {round(100 * high)} of 100"


# --- learning -------------------------------------------------------------------------------------------------------


def _learning(base: Ground, entry: int) -> None:
    told = ground.kept(base, "lesson", (entry, _state(base)), lambda: teaching.lesson(base.store, base.settings))
    if told is None:
        return
    st.html(markup.section("Learn from the corrections", f"<span>{markup.escape(told.said)}</span>"))
    if not told.enough:
        return
    key = ("learned", entry, _state(base))

    def look() -> None:
        def act(_: Sitting) -> None:
            st.session_state["outcome"] = (key, teaching.learn_now(base.store, base.settings))

        sitting.told(base, act)

    held = st.session_state.get("outcome")
    if held is None or held[0] != key:
        kind = "primary" if told.worth else "secondary"
        st.button("See what it would change", key="see_learning", on_click=look, type=kind)  # type: ignore[arg-type]
        return
    outcome = held[1]
    for said in outcome.said:
        st.html(f'<p class="said-line">{markup.escape(said)}</p>')
    if outcome.changes:
        moved = [
            f"{change.words} ({abs(change.effect):.1f} more {'good' if change.effect > 0 else 'bad'})"
            for change in outcome.changes[:MOST_CHANGES]
        ]
        st.html(f'<p class="about">The words that change most: {markup.escape(", ".join(moved))}.</p>')
    if outcome.learned is None:
        return

    def adopt() -> str:
        applied = teaching.adopt(base.settings, base.store, outcome)
        return f"The tags have learned. {applied.found.changed:,} stored posts have another tag now. {applied.undo}"

    _apply("Learn, and tag what is stored anew", "adopt", adopt, base)


def _state(base: Ground) -> tuple[object, ...]:
    """What the proposals depend on beside the review."""
    from listening.settings import learned_file

    file = learned_file(base.settings)
    return (file.stat().st_mtime if file.exists() else 0, base.settings.tags, base.settings.topics)


# --- words and exclusions -------------------------------------------------------------------------------------------


def _words(base: Ground, entry: int) -> None:
    found: Sequence[WordProposal] = ground.kept(
        base, "words", (entry, _state(base)), lambda: teaching.neutral_words(base.store, base.settings)
    )
    if not found:
        return
    under = "Words behind repeated corrections; for you they may say neither good nor bad"
    st.html(markup.section("Words that mislead the tags", f"<span>{under}</span>"))
    for number, proposal in enumerate(found):
        with _line(f"word_{number}"):
            st.html(_proposal(proposal.reason, proposal.effect))

            def apply(word: str = proposal.word) -> str:
                applied = teaching.make_neutral(base.settings, base.store, word)
                moved = f"{applied.found.changed:,} stored posts have another tag now"
                return f"“{word}” counts as neutral. {moved}. {applied.undo}"

            _apply(f"Make “{proposal.word}” neutral", f"neutral_{number}", apply, base)


def _exclusions(base: Ground, entry: int) -> None:
    found: Sequence[ExclusionProposal] = ground.kept(
        base, "exclusions", (entry, _state(base)), lambda: teaching.exclusions(base.store, base.settings)
    )
    if not found:
        return
    under = "Words of posts that you marked as not about you; leave them out, and the like comes in no more"
    st.html(markup.section("What your topics could leave out", f"<span>{under}</span>"))
    for number, proposal in enumerate(found):
        with _line(f"out_{number}"):
            examples = [excerpt(spoken(each), EXAMPLE) for each in proposal.preview.examples[:3]]
            st.html(_proposal(proposal.reason, proposal.effect, examples))

            def apply(proposal: ExclusionProposal = proposal) -> str:
                applied = teaching.exclude(base.settings, base.store, proposal)
                dropped = sum(applied.found.dropped.values())
                return (
                    f"{proposal.topic} leaves out “{proposal.words}”: {dropped:,} stored posts left it. {applied.undo}"
                )

            _apply(f"Leave out “{proposal.words}”", f"exclude_{number}", apply, base)


def _line(key: str) -> st.delta_generator.DeltaGenerator:
    return st.container(key=f"proposal_{key}", horizontal=True, gap="medium", vertical_alignment="center")


def _proposal(reason: str, effect: str, examples: Sequence[str] = ()) -> str:
    shown = "".join(f"<li><bdi>{markup.escape(each)}</bdi></li>" for each in examples)
    listed = f'<details class="why"><summary>Posts that would leave</summary><ul class="log">{shown}</ul></details>'
    return (
        f'<div class="proposal"><p class="said-line">{markup.escape(reason)}</p>'
        f'<p class="about">{markup.escape(effect)}</p>{listed if shown else ""}</div>'
    )


def _apply(label: str, key: str, act: Callable[[], str], base: Ground) -> None:
    def press() -> None:
        def carry_out(_: Sitting) -> None:
            st.session_state["taught"] = act()

        sitting.told(base, carry_out)

    st.button(markup.not_markdown(label), key=key, on_click=press)

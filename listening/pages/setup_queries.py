"""Topics' queries, edited with a live preview over what is stored: what would come, what would go, before it does."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from listening import door, rematch
from listening import settings as settings_files
from listening.errors import InputError, ListeningError
from listening.insights.sentences import excerpt
from listening.models import Mention, Topic
from listening.pages import markup
from listening.pages.ground import Ground
from listening.pages.setup_draft import mark, say, tell
from listening.pages.setup_topic import checked
from listening.query import parse, warnings
from listening.rematch import Rematched
from listening.sentiment import with_title
from listening.settings import Settings

_EXAMPLE = 160


def show(base: Ground) -> None:
    """Every topic, and one more."""
    settings = base.settings
    st.html(
        markup.section(
            "What for",
            "<span>Change a query and you see what it would change in what is stored. Posts that no query found when "
            "they were read were not kept, and are not found now.</span>",
        )
    )
    tell("queries")
    _changed_elsewhere(base)
    for topic in settings.topics:
        _topic(base, topic)
    _new(base)


def _topic(base: Ground, topic: Topic) -> None:
    key = f"query_{mark(topic.name + topic.query)}"  # what somebody else wrote begins anew
    with st.container(key=f"row_{key}"):
        # Who types sees what it would do at the next word's end: the box sends what it holds when it is left.
        query = st.text_area(
            markup.not_markdown(f"Query of “{topic.name}”"), topic.query, key=key, height="content"
        ).strip()
        if query == topic.query:
            return
        if not _usable(base, replace(topic, query=query)):
            return
        changed = _with(base.settings, replace(topic, query=query))
        _preview(base, changed, topic.name)
        st.button(
            "Write it and match what is stored anew",
            key=f"apply_{key}",
            type="primary",
            on_click=_apply,
            args=(base, topic, query, key),
        )


def _new(base: Ground) -> None:
    # With a state of its own: what is said above it would close it, and what it would change stands in it.
    with st.expander("Add a topic", key="new_topic", on_change="rerun"):
        name = st.text_input("Its name, as leaders choose it", key="new_topic_name", placeholder="Buses and roads")
        query = st.text_area("Its query", key="new_topic_query", placeholder="(bus OR road*) AND Quillhaven", height=68)
        topic = Topic(name=name.strip(), query=query.strip())
        if not (topic.name and topic.query):
            return
        if any(topic.name.casefold() == each.name.casefold() for each in base.settings.topics):
            st.html('<div class="trouble" role="alert"><p>There is a topic of this name already.</p></div>')
            return
        if not _usable(base, topic):
            return
        _preview(base, _with(base.settings, topic), topic.name)
        st.button("Add this topic", key="new_topic_add", type="primary", on_click=_add, args=(base, topic))


def _usable(base: Ground, topic: Topic) -> bool:
    """Whether a query can be read; what is wrong or probably not meant is said."""
    said = {each.name: each.query for each in base.settings.topics} | {topic.name: topic.query}
    authors = settings_files.listed_authors(base.settings)
    if trouble := checked(topic, said, authors):
        st.html(trouble)
        return False
    for warning in warnings(parse(topic.query, topics=said, listed_authors=authors)):
        st.html(f'<p class="about">Note: {markup.escape(warning)}</p>')
    return True


def _with(settings: Settings, topic: Topic) -> Settings:
    """The settings with one topic changed, or added."""
    if any(each.name == topic.name for each in settings.topics):
        return replace(settings, topics=tuple(topic if each.name == topic.name else each for each in settings.topics))
    return replace(settings, topics=(*settings.topics, topic))


# --- the preview ----------------------------------------------------------------------------------------------------


def _preview(base: Ground, changed: Settings, name: str) -> None:
    found = _previewed(base, changed)
    if found is None:
        return
    added, dropped = found.added[name], found.dropped[name]
    words = f"Would add {added:,} and drop {dropped:,} of what is stored."
    if dropped:
        words += " What is dropped is not deleted: it comes back when a query finds it again."
    if not added and not dropped:
        words = "Would change nothing in what is stored; posts to come are found by the new query."
    elif others := {each: count for each, count in (found.added + found.dropped).items() if each != name}:
        words += f" Other topics change with it: {', '.join(sorted(others))}."
    st.html(f'<p class="result" role="status"><strong>{markup.escape(words)}</strong></p>')
    if found.examples:
        with st.expander(
            f"Show {'them' if found.changed <= len(found.examples) else f'{len(found.examples)} of them'}"
        ):
            st.html("".join(_example(base, before, after, name) for before, after in found.examples))


def _previewed(base: Ground, changed: Settings) -> Rematched | None:
    """What the changed queries would do, reckoned once for each of their wordings."""
    key = (base.store.url, tuple((topic.name, topic.query) for topic in changed.topics), door.now().minute)
    kept = st.session_state.get("previewed")
    if kept is not None and kept[0] == key:
        found: Rematched = kept[1]
        return found
    try:
        with st.spinner("Reading what is stored …"):
            made = rematch.preview(base.store, door.queries_of(changed))
    except ListeningError as error:
        st.html(f'<p class="about">What it would change cannot be said now: {markup.escape(str(error))}</p>')
        return None
    st.session_state["previewed"] = (key, made)
    return made


def _example(base: Ground, before: Mention, after: Mention, name: str) -> str:
    comes = name in after.topics and name not in before.topics
    goes = name in before.topics and name not in after.topics
    word = "Comes" if comes else "Goes" if goes else "Changes"
    if after.sensitive or after.withdrawn_at is not None:
        said = "A post whose words are not shown."
    else:
        shown = base.mask.mention(after)
        said = excerpt(with_title(shown.text, shown.title), _EXAMPLE)
    return (
        f'<p class="example"><strong>{word}:</strong> “<bdi>{markup.escape(said)}</bdi>” · '
        f"<bdi>{markup.escape(after.feed)}</bdi></p>"
    )


# --- applying -------------------------------------------------------------------------------------------------------


def _changed_before_the_click(box: str, seen: str) -> bool:
    """Whether a box holds another query than the one whose changes stood above the button, and say so.

    Who types and clicks at once leaves the box with the click: what it would do has not been shown yet.
    """
    if st.session_state[box].strip() == seen:
        return False
    problem = "Nothing is written yet: the query was changed once more."
    say("queries", InputError(problem, "Below it stands what it would change now; press the button again to write it."))
    return True


def _apply(base: Ground, topic: Topic, query: str, box: str) -> None:
    assert base.settings.path is not None
    if _changed_before_the_click(box, query):
        return
    try:
        settings_files.set_named(base.settings.path, "topics", topic.name, "query", query, before=topic.query)
        found = _match_anew(base)
    except ListeningError as error:
        say("queries", error)
        return
    say("queries", f"“{topic.name}” is written. {_in_words(found, topic.name)}")


def _add(base: Ground, topic: Topic) -> None:
    """Add the topic; the name may have been typed a moment before the click, and is read here."""
    assert base.settings.path is not None
    if _changed_before_the_click("new_topic_query", topic.query):
        return
    topic = replace(topic, name=st.session_state["new_topic_name"].strip())
    if not topic.name:
        say("queries", InputError("Nothing is written: the new topic has no name.", "Give it one and press again."))
        return
    try:
        settings_files.add_topic(base.settings.path, topic)
        found = _match_anew(base)
    except ListeningError as error:
        say("queries", error)
        return
    for key in ("new_topic_name", "new_topic_query"):
        st.session_state[key] = ""
    say("queries", f"“{topic.name}” is added. {_in_words(found, topic.name)}")


def _match_anew(base: Ground) -> Rematched:
    """What is stored, matched by what the file says now: somebody else may have changed another topic."""
    assert base.settings.path is not None
    now = settings_files.load(base.settings.path)
    return rematch.carry_out(base.store, door.queries_of(now), door.who_asks(now))


def _in_words(found: Rematched, name: str) -> str:
    return f"Of what is stored {found.added[name]:,} came and {found.dropped[name]:,} went.{_kept(found.dropped[name])}"


def _kept(gone: int) -> str:
    """That nothing is lost with what went; "" where nothing did."""
    return " What went is not deleted: it comes back when a query finds it again." if gone else ""


def _changed_elsewhere(base: Ground) -> None:
    """Queries that were changed in the file, while what is stored was matched by the old ones."""
    names = rematch.pending(base.store, door.queries_of(base.settings)) if rematch.noted(base.store) else []
    if not names:
        return
    said = markup.escape(f"Changed since what is stored was matched: {', '.join(names)}.")
    st.html(f'<div class="trouble"><p>{said}</p></div>')
    st.button("Match what is stored anew", key="match_anew", on_click=_catch_up, args=(base,))


def _catch_up(base: Ground) -> None:
    try:
        found = _match_anew(base)
    except ListeningError as error:
        say("queries", error)
        return
    say("queries", f"Matched anew: {found.came:,} posts came, {found.left:,} went.{_kept(found.left)}")

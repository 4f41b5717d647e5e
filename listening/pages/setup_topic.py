"""Step 2: what to listen for. Each word with its reason and a tick; the query they make can be edited as it stands."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from listening.errors import QueryError
from listening.models import Topic
from listening.pages import markup
from listening.pages.setup_draft import Draft, mark
from listening.query import parse, warnings
from listening.setup.topic import Term, composed

QUERY = "topic_query"


def show(draft: Draft) -> list[Topic]:
    """The topics as they stand; empty while one of them cannot be used, which the page then says."""
    proposal = draft.proposal
    st.html(
        markup.section(
            "2. What to listen for",
            "<span>A post is kept if it says one of these. Untick what would find others; the trial below shows what "
            "changes.</span>",
        )
    )
    if proposal.question:
        st.html(f'<div class="trouble"><p>{markup.escape(proposal.question)}</p></div>')
    if QUERY not in st.session_state:
        st.session_state[QUERY] = proposal.query
    finds = [term for term in proposal.terms if not term.leaves_out]
    leaves = [term for term in proposal.terms if term.leaves_out]
    with st.container(key="terms"):
        for term in finds:
            _tick(draft, term)
    if leaves:
        st.html('<p class="tone">Left out, because others have the name too</p>')
        with st.container(key="terms_out"):
            for term in leaves:
                _tick(draft, term)
    name = st.text_input("Name of the topic, as leaders choose it", proposal.name, key="topic_name")
    query = st.text_area(
        "The query (you can change it; ticking a word above writes it anew)", key=QUERY, height="content"
    )
    topics = [Topic(name=name.strip(), query=query.strip())]
    topics += [_another(number) for number in range(draft.topics)]
    st.button("Add another topic", key="topic_add", on_click=_add, args=(draft,))
    said = {topic.name: topic.query for topic in topics if topic.name}
    usable = [topic for topic in topics if topic.name or topic.query]
    wrong = "".join(trouble for topic in usable if (trouble := checked(topic, said)))
    names = [topic.name.casefold() for topic in usable]
    if len(set(names)) < len(names):
        wrong += '<div class="trouble" role="alert"><p>Two topics have one name: rename one of them.</p></div>'
    if wrong:
        st.html(wrong)
        return []
    for topic in usable:
        for warning in warnings(parse(topic.query, topics=said, listed_authors=draft.own_accounts)):
            st.html(f'<p class="about">Note: {markup.escape(warning)}</p>')
    return usable


def checked(topic: Topic, topics: Mapping[str, str], authors: tuple[str, ...] = ()) -> str:
    """What is wrong with a topic, as HTML, with the place of it; "" where nothing is."""
    if not topic.name or not topic.query:
        missing = "name" if not topic.name else "query"
        return f'<div class="trouble" role="alert"><p>A topic needs a {missing}.</p></div>'
    try:
        parse(topic.query, topics=topics, listed_authors=authors)
    except QueryError as error:
        return (
            f'<div class="trouble" role="alert"><p><strong>The query of “{markup.escape(topic.name)}” cannot be read.'
            f"</strong></p><pre>{markup.escape(error.picture())}</pre><p>{markup.escape(str(error))}</p></div>"
        )
    return ""


def _tick(draft: Draft, term: Term) -> None:
    key = _key(term)
    if key not in st.session_state:
        st.session_state[key] = term.ticked
    with st.container(key=f"row_{key}"):
        st.checkbox(markup.not_markdown(term.query), key=key, on_change=_write_anew, args=(draft,))
        st.html(f'<p class="about">{markup.escape(term.why)}</p>')


def _write_anew(draft: Draft) -> None:
    st.session_state[QUERY] = composed(
        term for term in draft.proposal.terms if st.session_state.get(_key(term), term.ticked)
    )


def _key(term: Term) -> str:
    return f"term_{mark(term.query)}"


def _add(draft: Draft) -> None:
    draft.topics += 1


def _another(number: int) -> Topic:
    left, right = st.columns([1, 3], gap="medium")
    with left:
        name = st.text_input("Name of the topic", key=f"topic_name_{number}", placeholder="Buses and roads")
    with right:
        query = st.text_input("Its query", key=f"topic_query_{number}", placeholder="(bus OR road*) AND Quillhaven")
    return Topic(name=name.strip(), query=query.strip())

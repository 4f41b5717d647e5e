"""The Set up page: four steps from a name to the first mention, and later the place where all this is changed."""

from __future__ import annotations

import streamlit as st

from listening.pages import ground, markup, setup_begin, setup_edit, setup_places, setup_topic, setup_who
from listening.pages.setup_draft import Draft

_AHEAD = (
    ("2. What to listen for", "After the first step: words and hashtags that find you, each with its reason."),
    ("3. Where", "After the first step: places, each with what last week would have given."),
    ("4. Begin", "One button: it writes the settings and collects for the first time."),
)
"""The steps that cannot be taken yet, and what will be in them."""


@ground.told
def show() -> None:
    """The whole page: the four steps where there are no settings yet, else what they say, to be changed."""
    ground.dress()
    st.html(ground.HERE / "setup.css")
    path = ground.settings_file()
    own = ground.own_file()
    if own is not None and not own.exists():
        path = own  # the invented town is shown, and set-up begins with one's own
    elif path.exists():
        setup_edit.show(ground.stand())
        return
    _top("Listening", made_up=False)
    st.html('<h1 class="headline">From your name to what people say about you</h1>')
    st.html(
        '<p class="deck">Four steps on this page, and no file to edit. Nothing is stored before the last one. Only the '
        "sites that you type, the feeds they name, and mastodon.social for your hashtags are asked, with your contact; "
        "other places when you tick them.</p>"
        f'<p class="about">{_town(invented=own is not None)}</p>'
    )
    draft: Draft | None = st.session_state.get("draft")
    said = setup_who.show(draft)
    if said is not None:
        draft = said
    if draft is None:
        for title, words in _AHEAD:
            st.html(markup.section(title) + f'<p class="about">{words}</p>')
        return
    topics = setup_topic.show(draft)
    feeds = setup_places.show(draft, topics)
    setup_begin.write(draft, topics, feeds, path)


def _town(*, invented: bool) -> str:
    """The way to the invented town, or what becomes of it, as HTML."""
    if invented:
        return (
            "The other pages show the invented town of Quillhaven until you begin in step 4; everything in it is made "
            "up. After that they show what people say about you, and from the next start on so does "
            "<code>listening serve</code> in this folder."
        )
    return (
        f'Rather look first? <a href="./?{ground.INVENTED}=1">The invented town of Quillhaven</a> shows every page; '
        "everything in it is made up."
    )


def _top(name: str, *, made_up: bool) -> None:
    mark = '<span class="made-up">Made-up data</span>' if made_up else ""
    with st.container(key="top"):
        st.html(f'<div class="masthead"><b>{markup.escape(name)}</b><span>Set up</span>{mark}</div>')

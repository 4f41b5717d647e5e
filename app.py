"""Listening's page: set-up and navigation. The pages are in ``listening/pages``."""

from pathlib import Path

import streamlit as st

from listening.pages import ground, importing, leaders, review, setting_up, sources

ground.keep_collections_short()
st.set_page_config(layout="wide", page_icon=Path(leaders.__file__).with_name("icon.svg"))
first = st.Page(leaders.show, title="What people are saying", url_path="mentions", default=True)
set_up = st.Page(setting_up.show, title="Set up", url_path="setup")
chosen = st.navigation(
    [
        first,
        st.Page(review.show, title="Review", url_path="review"),
        st.Page(sources.show, title="Sources", url_path="sources"),
        st.Page(importing.show, title="Import", url_path="import"),
        set_up,
    ],
    position="top",
)
if chosen is first and ground.to_be_set_up():
    st.switch_page(set_up)
chosen.run()

"""Listening's page: set-up and navigation. The pages are in ``listening/pages``."""

from pathlib import Path

import streamlit as st

from listening.pages import importing, leaders, review, sources

st.set_page_config(layout="wide", page_icon=Path(leaders.__file__).with_name("icon.svg"))
st.navigation(
    [
        st.Page(leaders.show, title="What people are saying", url_path="mentions", default=True),
        st.Page(review.show, title="Review", url_path="review"),
        st.Page(sources.show, title="Sources", url_path="sources"),
        st.Page(importing.show, title="Import", url_path="import"),
    ],
    position="top",
).run()

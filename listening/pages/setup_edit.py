"""Settings that are there, to be changed on the page."""

from __future__ import annotations

import streamlit as st

from listening.pages import markup
from listening.pages.ground import Ground


def show(base: Ground) -> None:
    """What is listened for and where."""
    st.html(f'<h1 class="headline">{markup.escape(base.settings.agency.name)}: what is listened for, and where</h1>')

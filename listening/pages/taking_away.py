"""What a page counted, as a file; whoever takes it stands in the access log."""

from __future__ import annotations

import io
from contextlib import suppress

import streamlit as st

from listening import door
from listening import store as stores
from listening.errors import StoreError
from listening.export import csv
from listening.pages.ground import Ground
from listening.store import Reader, View

BIG = 50_000
"""From here on a download through the page would be slow: the command does it better."""


def as_csv(base: Ground, view: View, count: int, *, name: str, who: str = "", detail: str = "from the page") -> None:
    """A button that gives the view's rows, no others, as ``name``.csv; nothing where there are none."""
    if count > BIG:
        st.html(
            f'<p class="about">To export these {count:,} posts, use the command <code>listening export</code>: '
            "so many are too much for the browser.</p>"
        )
    elif count:
        st.download_button(
            f"Export {'this post' if count == 1 else f'these {count:,} posts'} as CSV",
            data=lambda: _rows(base, view, who, detail),
            file_name=f"{name}.csv",
            mime="text/csv",
            on_click="ignore",
            key="export",
        )


def _rows(base: Ground, view: View, who: str, detail: str) -> bytes:
    text = io.StringIO(newline="")
    with base.store.reading() as connection:
        rows = csv.write(
            Reader(base.store, connection).stream(view), text, timezone=base.settings.agency.timezone, mask=base.mask
        )
    log(base, "export", f"csv, {rows} rows, {detail}", who)
    return text.getvalue().encode()


def log(base: Ground, what: str, detail: str, who: str = "") -> None:
    """Write down who searched or exported what; a store that is busy must not keep anybody from reading."""
    with suppress(StoreError):
        stores.log_access(base.store, at=door.now(), who=who or door.who(), what=what, detail=detail)

"""What a page counted, as a file; whoever takes it stands in the access log."""

from __future__ import annotations

import io
from contextlib import suppress

import streamlit as st

from listening import door
from listening.errors import StoreError
from listening.insights.periods import Period
from listening.pages.ground import Ground
from listening.store import Reader, View
from listening.store.access import log_when_free, view_words
from listening.store.files import note_file
from listening.takeaway import MEDIA, NAMES, TEXT_FORMATS, Format, ReportFormat, read_me, write_mentions, write_report

BIG = 50_000
"""From here on a download through the page would be slow: the command does it better."""

OTHERS: tuple[Format, ...] = ("xlsx", "json", "parquet")
REPORTS: tuple[ReportFormat, ...] = ("html", "docx", "pptx", "xlsx")


def offer(
    base: Ground,
    view: View,
    count: int,
    *,
    name: str,
    who: str = "",
    detail: str = "from the page",
    period: Period | None = None,
) -> None:
    """Buttons that give the view's rows, no others, as ``name``.csv and more; nothing where there are none.

    ``period``: the page's, whose report is offered too.
    """
    if count > BIG:
        st.html(
            f'<p class="about">To export these {count:,} posts, use the command <code>listening export</code>: '
            "so many are too much for the browser.</p>"
        )
    elif count:
        st.download_button(
            f"Export {'this post' if count == 1 else f'these {count:,} posts'} as CSV",
            data=lambda: _rows(base, "csv", view, who, detail, period),
            file_name=f"{name}.csv",
            mime=MEDIA["csv"],
            on_click="ignore",
            key="export",
        )
    if not count or (count > BIG and period is None):
        return
    box = st.popover("Other files", key="other_files", on_change="rerun")
    if not box.open:  # a page with fewer parts is drawn sooner, and most never look in here
        box.html('<p class="about">One moment …</p>')
        return
    with box, st.container(gap="xsmall"):
        if period is not None:
            st.markdown("**The page, for who was not there**")
            for each in REPORTS:
                if each != "xlsx" or count <= BIG:
                    _report(base, each, view, period, name)
        if count <= BIG:
            st.markdown("**The posts, for other programs**")
            # A workbook with the page's numbers holds the posts too: it is offered once.
            for other in OTHERS if period is None else OTHERS[1:]:
                _download(
                    NAMES[other],
                    f"{name}.{other}",
                    MEDIA[other],
                    lambda other=other: _rows(base, other, view, who, detail, period),
                    key=f"take_{other}",
                )
            _download(
                "Read me of these files",
                f"{name}-readme.txt",
                "text/plain",
                lambda: _read_me(base, view),
                key="take_readme",
            )


def _report(base: Ground, format_: ReportFormat, view: View, period: Period, name: str) -> None:
    label = NAMES[format_] if format_ != "xlsx" else "Excel workbook, with the posts"
    file = f"report{name.removeprefix('mentions')}.{format_}"
    made = lambda: _made(base, format_, view, period)  # noqa: E731 - what the button calls when it is pressed
    _download(label, file, MEDIA[format_], made, key=f"report_{format_}")


def _download(label: str, file: str, mime: str, data: object, *, key: str) -> None:
    said = f"{label[0].upper()}{label[1:]}"
    st.download_button(said, data=data, file_name=file, mime=mime, on_click="ignore", key=key, width="stretch")  # type: ignore[arg-type]


def _rows(base: Ground, format_: Format, view: View, who: str, detail: str, period: Period | None) -> bytes:
    """The view's mentions in a format; it is noted who took them."""
    text, raw = io.StringIO(newline=""), io.BytesIO()
    file = text if format_ in TEXT_FORMATS else raw
    with base.store.reading() as connection:
        reader = Reader(base.store, connection)
        taken = write_mentions(format_, file, base.settings, base.store, reader, view, now=base.now(), period=period)
    said = f"{format_}, {view_words(view, taken.rows, base.settings.agency.timezone)}; {detail}"
    log(base, "export", said, who)
    _note(base, view, taken.rows, said, who)
    return text.getvalue().encode() if format_ in TEXT_FORMATS else raw.getvalue()


def _read_me(base: Ground, view: View) -> bytes:
    with base.store.reading() as connection:
        return read_me(base.settings, base.store, Reader(base.store, connection), view, now=base.now()).encode()


def _made(base: Ground, format_: ReportFormat, view: View, period: Period) -> bytes:
    """The page's report; it is noted that it was taken."""
    file = io.BytesIO()
    with base.store.reading() as connection:
        reader = Reader(base.store, connection)
        page = write_report(format_, file, base.settings, base.store, reader, view, period, now=base.now())
    said = f"{format_}, {view_words(view, page.numbers.now.mentions, page.zone)}; from the page"
    log(base, "report", said)
    _note(base, view, page.numbers.now.mentions, said, "")
    return file.getvalue()


def _note(base: Ground, view: View, rows: int, detail: str, who: str) -> None:
    """Write down that somebody has a file with these mentions, so that it is known where a forgotten one may be."""
    with suppress(StoreError):
        note_file(
            base.store,
            at=door.now(),
            who=who or door.who(),
            kind="page",
            path="",
            start=view.start,
            end=view.end,
            rows=rows,
            detail=detail,
        )


def log(base: Ground, what: str, detail: str, who: str = "") -> None:
    """Write down who searched or exported what; a store that is busy must not keep anybody from reading."""
    log_when_free(base.store, at=door.now(), who=who or door.who(), what=what, detail=detail)

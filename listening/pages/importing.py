"""The import page: an upload, how it is read, its first rows as they would be stored, and then the import itself."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import streamlit as st

from listening import door, importing
from listening.collectors import label_of
from listening.errors import InputError, ListeningError
from listening.importing import Choice, DatesUnclear, Layout, Previewed, Reading, Table, Wishes
from listening.insights.feeds import clock
from listening.insights.sentences import TAG_LABELS
from listening.pages import ground, import_columns, markup, uploads
from listening.pages.ground import Ground
from listening.pages.opened import open_view, show_opened
from listening.pages.uploads import Running, Upload
from listening.store import Reader, View, imports

MOST_MEGABYTES = 20
ENDINGS = ["csv", "tsv", "txt", "xlsx", "jsonl", "ndjson", "json"]
LONGEST_TEXT = 180
"""Characters of a post in the preview."""

COMMAND = "listening import FILE"
EVER = datetime(1990, 1, 1, tzinfo=UTC)


@ground.told
def show() -> None:
    """The whole page."""
    ground.dress()
    base = ground.stand()
    now = base.now().astimezone(base.settings.agency.timezone)
    agency = base.settings.agency
    made_up = '<span class="made-up">Made-up data</span>' if agency.made_up else ""
    with st.container(key="top"):
        st.html(f'<div class="masthead"><b>{markup.escape(agency.name)}</b><span>Import</span>{made_up}</div>')
    st.html('<h1 class="headline">Bring in what other tools found</h1>')
    if base.frozen is not None:
        st.html('<p class="deck">This is a snapshot: it stays as it was, and nothing is imported.</p>')
        return
    running: Running | None = st.session_state.get("import_running")
    if running is not None and not running.over:
        st.fragment(_progress, run_every="1s")(base, running)
        return
    if running is not None:
        _result(base, running)
    st.html(
        '<p class="deck">Exports of Brandwatch, Meltwater, Talkwalker and CrowdTangle are recognised. Of any other '
        "table (CSV, XLSX, JSON lines) you say which column holds what.</p>"
    )
    if (upload := _uploaded()) is not None:
        _file(base, upload, now)
    _before(base, now)
    show_opened(base, now)


def _uploaded() -> Upload | None:
    """The file that was chosen; after an import another one is asked for."""
    given = st.file_uploader(
        f"A file of another tool, at most {MOST_MEGABYTES} MB",
        type=ENDINGS,
        key=f"upload_{st.session_state.get('uploads', 0)}",
        max_upload_size=MOST_MEGABYTES,
    )
    st.html(
        f'<p class="about">Larger ones: in a terminal, in the folder of listening.toml, type <code>{COMMAND}</code> '
        "with the file’s name for FILE. It does the same, with no limit.</p>"
    )
    if given is None:
        return None
    content = given.getvalue()
    mark = hashlib.blake2b(content, digest_size=8).hexdigest()
    return Upload(name=given.name, content=content, mark=mark)


# --- one file ---------------------------------------------------------------------------------------------------------


@ground.told
def _file(base: Ground, upload: Upload, now: datetime) -> None:
    """How it is read, its first rows, and the button."""
    with uploads.on_disk(upload) as path:
        try:
            _mapping(base, upload, importing.opened(path), now)
        except ListeningError as error:  # its words name the copy, which nobody knows
            problem, advice = (said.replace(str(path), upload.name) for said in (error.problem, error.advice))
            raise InputError(problem, advice) from error


def _mapping(base: Ground, upload: Upload, table: Table, now: datetime) -> None:
    choice = importing.choose(table.header, Wishes(), imports.layouts(base.store))
    st.html(markup.section(_read_as(choice, upload), _under(choice)))
    zone = base.settings.agency.timezone
    rows = ground.kept(base, "as it stands", (upload.mark,), lambda: importing.first_rows(table))
    asked = import_columns.ask(choice, table, rows, upload.mark, zone.key)
    layout = said = asked.layout
    if lacks := importing.lacking(layout, table.header):
        st.html(import_columns.still_to_say(lacks))
    elif (wrong := importing.usable(replace(choice, layout=layout), table.header)) is not None:
        raise wrong
    looked_in = importing.zone_of(layout, zone)
    survey = ground.kept(base, "survey", (upload.mark, layout.as_json()), lambda: importing.look_through(table, layout))
    try:
        layout = importing.with_order(layout, survey)
    except DatesUnclear as unclear:
        order = import_columns.ask_order(unclear.example, upload.mark)
        if not order:
            return
        said = replace(layout, dates=order)
        layout = importing.with_order(said, survey)
    if lacks:
        return
    name = _named(base, choice, upload)
    reading = Reading(
        layout=layout,
        header=table.header,
        name=name,
        zone=looked_in,
        now=base.now(),
        rounded=survey.rounded,
    )
    _preview(base, table, reading, survey.rows, now)
    if alike := importing.alike_words(survey):
        st.html(
            f'<p class="deck">{alike} Choose the column with the posts’ ids under “More columns”, if the file has one.'
            "</p>"
        )
    if not survey.rows:
        return
    words = "Import 1 row" if survey.rows == 1 else f"Import {survey.rows:,} rows"
    # Not with on_click: its arguments are those of the run before, and what was typed last before the click is not
    # among them.
    if st.button(words, type="primary", key="import_now"):
        # As a person has said it: an order that the file's dates tell is not to be kept for the next file.
        _start(base, upload, said, name, asked.keep_as)
        st.rerun()


def _read_as(choice: Choice, upload: Upload) -> str:
    if choice.how == "tool":
        return f"{upload.name} is an export of {choice.label}"
    if choice.how == "kept":
        return f"{upload.name} has the columns of “{choice.label}”"
    return f"{upload.name}: which column holds what?"


def _under(choice: Choice) -> str:
    if choice.how == "guessed":
        told = "What their names tell is filled in." if choice.layout.columns else "Their names do not tell it."
        return f"These are its first rows, as they stand in the file. Say below what its columns hold. {told}"
    return "Nothing needs to be filled in. Below stand the first rows as they are read."


def _named(base: Ground, choice: Choice, upload: Upload) -> str:
    usual = importing.name_for(choice, upload.stem)
    with base.store.reading() as connection:
        earlier = [name for name in imports.names(connection) if name != usual]
    said = st.selectbox(
        "The place they belong to",
        [usual, *earlier],
        key=f"name_{upload.mark}",
        accept_new_options=True,
        width=440,
        help="Choose an earlier one to go on with it: weeks in one place can be compared with each other.",
    )
    name = (said or usual).strip() or usual
    listened = {feed.name.casefold() for feed in (*base.settings.feeds, *base.settings.paused)}
    if name.casefold() in listened:
        raise InputError(
            f"“{name}” is a place that is listened to: a file cannot be part of it.", "Choose another name."
        )
    return name


# --- the first rows ---------------------------------------------------------------------------------------------------


def _preview(base: Ground, table: Table, reading: Reading, rows: int, now: datetime) -> None:
    key = (reading.layout.as_json(), reading.name, reading.header, reading.rounded, _first_bytes(table))
    concluder = ground.kept(base, "concluder", (), lambda: door.concluder_of(base.settings))
    shown = ground.kept(base, "preview", key, lambda: importing.preview(table, reading, concluder))
    left_out = ground.kept(base, "left out", key, lambda: importing.unreadable(table, reading))
    if rows > len(shown):
        said = f"The first {len(shown)} of {rows:,} rows, as they would be stored"
    else:
        said = "The only row, as it would be stored" if rows == 1 else f"All {rows:,} rows, as they would be stored"
    st.html(markup.section(said, "Only posts that a topic matches are kept."))
    if left_out.unreadable:
        what = "1 row" if left_out.unreadable == 1 else f"{left_out.unreadable:,} rows"
        st.html(
            f'<p class="deck">{what} of the file cannot be read: '
            f"{markup.escape('; '.join(left_out.refusals()))}. The others are imported.</p>"
        )
    if table.broken:
        st.html('<p class="about">Some letters in the file are damaged; they show as �.</p>')
    st.html(_rows(shown, now))


def _first_bytes(table: Table) -> str:
    return importing.fingerprint(table.path)


def _rows(shown: Sequence[Previewed], now: datetime) -> str:
    body = "".join(_row(each, now) for each in shown)
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("When", "Where", "Author", "Tag", "Post"))
    return (
        '<div class="scroll" tabindex="0" role="region" aria-label="The first rows"><table class="plain stack preview">'
        f'<thead><tr><th scope="col" class="n">Line</th>{heads}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _row(each: Previewed, now: datetime) -> str:
    line = f'<th scope="row" class="n" data-label="Line">{each.line:,}</th>'
    if each.post is None or each.post.published_at is None:
        return (
            f'<tr>{line}<td colspan="5"><span class="advice">Left out: {markup.escape(each.refused)}</span></td></tr>'
        )
    post = each.post
    at = each.post.published_at
    text = " ".join(f"{post.title} {post.text}".split())
    text = text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT].rstrip()}…"
    if each.mention is not None:
        tag = f'<span class="tone {each.mention.tag}">{TAG_LABELS[each.mention.tag]}</span>'
    else:
        tag = '<span class="advice">no topic</span>'
    return (
        f'<tr>{line}<td data-label="When">{at.astimezone(now.tzinfo):%d %b %Y %H:%M}</td>'
        f'<td data-label="Where">{markup.escape(label_of(post.source))}</td>'
        f'<td data-label="Author">{markup.escape(post.author or "–")}</td><td data-label="Tag">{tag}</td>'
        f"<td><bdi>{markup.escape(text)}</bdi></td></tr>"
    )


# --- the import -------------------------------------------------------------------------------------------------------


def _start(base: Ground, upload: Upload, layout: Layout, name: str, keep_as: str) -> None:
    running: Running | None = st.session_state.get("import_running")
    if running is not None and not running.over:
        return
    st.session_state["import_running"] = uploads.begin(base, upload, layout, name, door.now(), keep_as=keep_as)
    st.session_state["uploads"] = st.session_state.get("uploads", 0) + 1  # another box: the file leaves the memory


@ground.told
def _progress(base: Ground, running: Running) -> None:
    if running.over:
        st.rerun()
    state = uploads.state_of(base, running)
    st.html(f'<p class="deck">{markup.escape(running.file)} is being imported. You can go on reading elsewhere.</p>')
    if state is None:
        st.progress(0.0, "Importing: starting …")
        return
    words = f"Importing: {state.done:,} of {state.rows:,} rows"
    st.progress(min(state.done / max(1, state.rows), 1.0), words)


def _result(base: Ground, running: Running) -> None:
    """What the import that is over has brought, in words, with the way to its mentions."""
    found = uploads.result_of(running)
    state = uploads.state_of(base, running, found)
    with st.container(key="imported"):
        if found is None or state is None:
            st.error("The import could not be done, or not to its end.")
            st.text(running.complained.strip() or "It gave no reason. Try the command listening import.")
            return
        tally = importing.tally_of(state)
        first, *others = importing.sentences(tally)
        if found["already"]:
            day = f"{(state.finished_at or state.started_at).astimezone(base.settings.agency.timezone):%d %B %Y}"
            st.success(f"This very file was imported on {day}, with the same queries: nothing has changed.")
            first = f"{running.file} had brought:\n{first}"
        elif tally.nothing_read:
            st.warning("No row of the file could be read. Look whether its columns were chosen rightly.")
            first = f"{running.file}: {first}"
        else:
            st.success("Imported.")
            first = f"{running.file}: {first}"
        st.text("\n".join((first, *others)))
        view = View(start=EVER, end=base.now(), feeds=frozenset(tally.feeds))
        with base.store.reading() as connection:
            count = sum(each.count for each in Reader(base.store, connection).counts(view)) if tally.feeds else 0
        if count:
            st.button(
                f"See the {count:,} mentions" if count > 1 else "See the mention",
                key="open_imported",
                on_click=open_view,
                args=(f"Mentions of {running.name}", view, count),
                type="tertiary",
            )


def _before(base: Ground, now: datetime) -> None:
    """The latest imports."""
    with base.store.reading() as connection:
        found = imports.latest(connection)
    if not found:
        return
    st.html(markup.section("Imported so far"))
    rows = []
    for one in found:
        tally = importing.tally_of(one)
        if one.finished_at is not None:
            state = f"{tally.new:,} new, {tally.known:,} known already"
            state += f"; {tally.unreadable:,} could not be read" if tally.unreadable else ""
        elif base.now() - one.alive_at > imports.ALIVE:
            state = f"stopped after {one.done:,}: import the same file again, and it goes on there"
        else:
            state = f"{one.done:,} done so far"
        file = f'{markup.escape(one.file)}<br><span class="advice">{markup.escape(one.name)}</span>'
        rows.append(
            f'<tr><th scope="row">{file}</th>'
            f'<td data-label="When">{markup.escape(clock(one.started_at, now))}</td>'
            f'<td data-label="Rows" class="n">{one.rows:,}</td><td>{markup.escape(state)}</td></tr>'
        )
    st.html(
        '<table class="plain stack"><thead><tr><th scope="col">File</th><th scope="col">When</th>'
        f'<th scope="col" class="n">Rows</th><th scope="col">What it brought</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )

"""Step 1: who the team is. What cannot be used is said beside the form, and nothing that was typed is lost."""

from __future__ import annotations

from zoneinfo import available_timezones

import streamlit as st

from listening.errors import ListeningError
from listening.pages import markup, setup_draft
from listening.pages.setup_draft import Draft
from listening.setup.accounts import read_account
from listening.setup.answers import Answers, machine_zone, refused

_FIRST_ZONES = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "Europe/London",
)


def show(draft: Draft | None) -> Draft | None:
    """The form; a new draft when it was sent in and can be used."""
    before = draft.answers if draft is not None else Answers(name="")
    st.html(markup.section("1. Who you are"))
    with st.form("who", border=False, enter_to_submit=False):
        left, right = st.columns(2, gap="medium")
        with left:
            name = st.text_input("Name of your agency (needed)", before.name, help="As the public knows it.")
            short = st.text_input("Short name or acronym", before.short_name)
            region = st.text_input(
                "State or country", before.region, help="Only where other places have your name: it tells you apart."
            )
            site = st.text_input("Your website", before.site, placeholder="https://www.quillhaven.example")
        with right:
            contact = st.text_input(
                "Contact (needed): a mail or web address",
                before.contact,
                help="Servers that are asked for posts see it, so that they can write to somebody.",
            )
            known = before.timezone or machine_zone()
            zone = st.selectbox(
                "Time zone (needed): days end at its midnight",
                _zones(known or ""),
                index=0 if known else None,
                placeholder="Choose the zone in which you work",
            )
            accounts = st.text_area(
                "Your own accounts, one a line",
                "\n".join(before.accounts),
                height=96,
                placeholder="@townhall@quillhaven.social\nhttps://www.youtube.com/@quillhaven",
            )
        papers = st.text_area(
            "Local papers, stations, blogs and other places, one a line",
            "\n".join(before.papers),
            height=96,
            placeholder="https://herald.example\nr/quillhaven",
            help="The address of a site is enough: its feeds are found.",
        )
        label = "Propose topics and places" if draft is None else "Propose anew"
        sent = st.form_submit_button(label, type="primary" if draft is None else "secondary")
    if not sent:
        return None
    answers = Answers(
        name=" ".join(name.split()),
        short_name=" ".join(short.split()),
        region=" ".join(region.split()),
        site=site.strip(),
        contact=contact.strip(),
        timezone=zone or "",
        accounts=_lines(accounts),
        papers=_lines(papers),
    )
    if wrong := problems(answers):
        _tell(wrong)
        return None
    for key in [key for key in st.session_state if str(key).startswith(("term_", "place_", "topic_"))]:
        del st.session_state[key]
    made = setup_draft.begin(answers)
    st.session_state["draft"] = made
    return made


def problems(answers: Answers) -> list[tuple[str, ListeningError]]:
    """What of the answers the settings would not take, each with the words of its field."""
    own = [read_account(text).setting for text in answers.accounts]
    asked = (
        ("Name", "name", answers.name, True),
        ("Short name", "short_name", answers.short_name, False),
        ("Contact", "contact", answers.contact, True),
        ("Time zone", "timezone", answers.timezone, True),
    )
    found: list[tuple[str, ListeningError]] = []
    for words, key, value, needed in asked:
        if not value and needed:
            found.append((words, ListeningError("It is needed.", _NEEDED.get(key, ""))))
        elif value and (error := refused(key, value)) is not None:
            found.append((words, ListeningError(error.problem, error.advice)))
    if own and (error := refused("own_accounts", own)) is not None:
        found.append(("Your own accounts", ListeningError(error.problem, error.advice)))
    return found


_NEEDED = {
    "name": "Write the name as the public knows it: Town of Quillhaven.",
    "contact": "Servers turn away programs that do not say whose they are: press@quillhaven.example.",
    "timezone": "Choose the zone in which you work: days and weeks are cut at its midnight.",
}


def _tell(wrong: list[tuple[str, ListeningError]]) -> None:
    lines = "".join(
        f"<p><strong>{markup.escape(field)}:</strong> {markup.escape(str(error))}</p>" for field, error in wrong
    )
    st.html(f'<div class="trouble" role="alert">{lines}</div>')


def _zones(chosen: str) -> list[str]:
    """All zones, with the chosen one first, then the usual ones."""
    known = available_timezones()
    first = [zone for zone in (chosen, *_FIRST_ZONES) if zone in known]
    named = sorted(zone for zone in known if "/" in zone and not zone.startswith(("Etc/", "posix/", "right/")))
    return list(dict.fromkeys([*first, *named, "UTC"]))


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())

"""Markdown becomes the text that its author wanted to be read."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listening.collectors._markdown import plain_markdown


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("# The *new* ferry #", "The new ferry"),
        ("**so *very* kind** and ~~late~~ on time", "so very kind and late on time"),
        ("the `timetable_data` file", "the timetable_data file"),
        ("[the town](https://quillhaven.example/a_(b) 'Town')", "the town https://quillhaven.example/a_(b)"),
        ("[https://quillhaven.example/](https://quillhaven.example/)", "https://quillhaven.example/"),
        ("see <https://quillhaven.example/>", "see https://quillhaven.example/"),
        ("![a ferry](https://quillhaven.example/f.png)", "[image: a ferry]"),
        ("[![a ferry](https://a.example/f.png)](https://b.example/)", "[image: a ferry] https://b.example/"),
        ("> **Is** it open?\n\nYes.", "> Is it open?\nYes."),
        ("* one\n+ two\n- three\n1. four", "- one\n- two\n- three\n1. four"),
        ("Ferry\n=====\nlate\n\n---\n\nagain", "Ferry\nlate\nagain"),
        ("| pier | boat |\n|---|:-:|\n| 1 | Ada |", "| pier | boat |\n| 1 | Ada |"),
        ("::: spoiler The end\nAll arrive.\n:::", "The end\nAll arrive."),
        ("```py\na = b*c*d\n```", "a = b*c*d"),
        (r"\*not stressed\*", "*not stressed*"),
        ("5 * 3 * 2 is 30, and snake_case_name stays", "5 * 3 * 2 is 30, and snake_case_name stays"),
        ("a < b &amp; c", "a < b & c"),
        ("[a list](", "[a list]("),
        ("", ""),
    ],
)
def test_marks_go_and_words_stay(markdown: str, text: str) -> None:
    """Links keep their address, pictures what they show, quotes their sign."""
    assert plain_markdown(markdown) == text


@given(st.text() | st.text(alphabet="*_~`[]()!<>#-=|:> \n\\ab.", max_size=200))
def test_no_text_is_too_odd(markdown: str) -> None:
    """Whatever people write gives some text, and reading that again brings no error either."""
    plain_markdown(plain_markdown(markdown))


@pytest.mark.parametrize(
    "piece",
    ["[", "*", "*a", "[a](", "`", "`a", "![", "~~a", "<https://", "[a](b", "> ", "- ", "#", "-", "[a]( ", "\\`"],
)
def test_long_odd_texts_are_read_in_time(piece: str) -> None:
    """Time grows with the length of the text, not with its square."""
    start = time.perf_counter()
    plain_markdown("x " + piece * (200_000 // len(piece)))
    assert time.perf_counter() - start < 5

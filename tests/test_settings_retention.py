"""How long each class of what is stored is kept, as the settings say it."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

from pathlib import Path

import pytest

from listening.settings import Retention, SettingsRefused, load, remarks, set_value, write_new

BASE = """\
[agency]
name = "Town of Millbrook"
timezone = "America/New_York"
contact = "press@millbrook.example"
own_accounts = ["@townhall@millbrook.example"]

[[topics]]
name = "The town"
query = "millbrook"

[[feeds]]
name = "Herald"
source = "rss"
url = "https://herald.example/feed"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Settings that say nothing of how long anything is kept."""
    file = tmp_path / "listening.toml"
    file.write_text(BASE, encoding="utf-8")
    return file


def kept(file: Path, more: str) -> Retention:
    file.write_text(BASE + more, encoding="utf-8")
    return load(file, {}).retention


def test_what_is_not_said_is_kept_for_good(file: Path) -> None:
    """No class has a time, and nothing is remarked."""
    assert Retention() == kept(file, "")
    assert () == remarks(load(file, {}))


def test_each_class_has_its_days(file: Path) -> None:
    """0 is for good, as what is left out."""
    said = "[retention]\nmentions = 365\nreplies = 30\nreports = 90\naccess_log = 0\n"
    assert Retention(mentions=365, replies=30, reports=90) == kept(file, said)


def test_the_old_name_means_mentions_where_these_are_not_said(file: Path) -> None:
    """Where both are said the new one counts, also where it says for good, and a remark tells so."""
    old = "[privacy]\nretention_days = 90\n"
    assert Retention(mentions=90) == kept(file, old)
    assert () == remarks(load(file, {}))
    assert Retention(mentions=90, reviews=30) == kept(file, old + "[retention]\nreviews = 30\n")
    assert Retention() == kept(file, old + "[retention]\nmentions = 0\n")
    (said,) = remarks(load(file, {}))
    assert "privacy.retention_days (90) does not count" in said


@pytest.mark.parametrize(
    ("line", "key", "words"),
    [
        ("mentions = -1", "retention.mentions", "whole number from 0 to 36500"),
        ("mentions = 1.5", "retention.mentions", "whole number"),
        ('reviews = "a year"', "retention.reviews", "is text"),
        ("access_log = true", "retention.access_log", "is true"),
        ("reports = 40000", "retention.reports", "cannot be"),
        ("mention = 30", "retention.mention", "Did you mean “mentions”?"),
    ],
)
def test_a_time_that_cannot_be_is_refused_at_its_line(file: Path, line: str, key: str, words: str) -> None:
    """With file, line and key, as every mistake."""
    with pytest.raises(SettingsRefused) as refused:
        kept(file, f"[retention]\n{line}\n")
    assert (file, len(BASE.splitlines()) + 2, key) == (refused.value.file, refused.value.line, refused.value.key)
    assert words in str(refused.value)


def test_it_can_be_set_in_place(file: Path) -> None:
    """By the function that changes any other key."""
    set_value(file, "retention.mentions", 180)
    assert f"{BASE}\n[retention]\nmentions = 180\n" == file.read_text(encoding="utf-8")
    assert 180 == load(file, {}).retention.mentions


def test_new_settings_show_how_it_is_written(tmp_path: Path) -> None:
    """Nothing is removed unless somebody says so; taking the # away is enough."""
    file = tmp_path / "new.toml"
    write_new(file, name="Town of Millbrook", timezone="America/New_York")
    assert Retention() == load(file, {}).retention
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("# mentions = 365", "mentions = 365"), encoding="utf-8")
    assert Retention(mentions=365) == load(file, {}).retention


def test_looking_posts_up_again_can_be_left_out(file: Path) -> None:
    """It is done unless the settings say no."""
    assert load(file, {}).fetch.recheck
    file.write_text(BASE + "[fetch]\nrecheck = false\n", encoding="utf-8")
    assert not load(file, {}).fetch.recheck

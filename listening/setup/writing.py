"""The first settings file, the same whether the page or ``listening init`` writes it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from listening.models import Feed, Topic
from listening.settings import write_new
from listening.setup.answers import Answers, named_apart


def write_first(
    path: Path, answers: Answers, topics: Sequence[Topic], feeds: Sequence[Feed], own_accounts: Sequence[str]
) -> None:
    """Write what a team answered and chose; raises InputError or SettingsRefused, and then nothing is written."""
    write_new(
        path,
        name=answers.name,
        short_name=answers.short_name,
        timezone=answers.timezone,
        contact=answers.contact,
        own_accounts=list(own_accounts),
        topics=[topic for topic in topics if topic.query],
        feeds=named_apart(feeds),
    )

"""``listening.toml``: found, read, checked, and changed without losing a person's remarks.

find ──> load ──> Settings          places: where each setting stands in the text
         │                          syntax: a file that is not TOML, explained
         └─ problems                check, feeds, table: what each setting may be
write_new, add_feed, add_topic, set_named, set_value: the file changed in place, and only where it must be
"""

from __future__ import annotations

from listening.settings.create import suggest_query, write_new
from listening.settings.frozen import frozen_text
from listening.settings.names import audiences, is_named, listed_authors, names_to_mask, no_themes
from listening.settings.read import contact_needed, find, learned_file, load, problems, remarks, secrets
from listening.settings.shape import (
    Agency,
    Ask,
    Department,
    FetchSettings,
    Privacy,
    PublicNotice,
    Retention,
    Send,
    Settings,
    SettingsRefused,
    TagSettings,
)
from listening.settings.write import add_feed, add_topic, set_named, set_value

__all__ = [
    "Agency",
    "Ask",
    "Department",
    "FetchSettings",
    "Privacy",
    "PublicNotice",
    "Retention",
    "Send",
    "Settings",
    "SettingsRefused",
    "TagSettings",
    "add_feed",
    "add_topic",
    "audiences",
    "contact_needed",
    "find",
    "frozen_text",
    "is_named",
    "learned_file",
    "listed_authors",
    "load",
    "names_to_mask",
    "no_themes",
    "problems",
    "remarks",
    "secrets",
    "set_named",
    "set_value",
    "suggest_query",
    "write_new",
]

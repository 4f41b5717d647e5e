"""For how many days what is stored is kept, a number for each class of it."""

from __future__ import annotations

from listening.settings.shape import Privacy, Retention
from listening.settings.table import Table

KEYS = ("mentions", "replies", "reviews", "reports", "access_log")
LONGEST = 36_500


def check_retention(table: Table, privacy: Privacy) -> Retention:
    """The days of each class; those of mentions may still stand under their old name, privacy.retention_days."""
    days = {key: int(table.number(key, 0, least=0, most=LONGEST, whole=True)) for key in KEYS}
    if "mentions" not in table.values:
        days["mentions"] = privacy.retention_days
    return Retention(**days)

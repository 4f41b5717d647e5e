"""The store: what was heard, kept for good. SQLAlchemy Core, an SQLite file by default."""

from sqlalchemy import Connection

from listening.store.batches import Batches
from listening.store.counting import Count
from listening.store.opening import (
    CHECKED,
    UNATTENDED,
    Store,
    backup,
    change_note,
    file_of,
    log_access,
    note,
    noted,
    open_store,
    size,
    without_names,
)
from listening.store.reading import Followers, Order, Reader, Run, Story
from listening.store.retagging import can_be_found, restamp, retag, tagged_by, taggers
from listening.store.rows import topics_text
from listening.store.terms import Terms, forget_terms
from listening.store.views import View
from listening.store.writing import (
    FeedState,
    Known,
    counts_only,
    feed_states,
    finish_run,
    forgive,
    known,
    note_heard,
    numbers_of,
    run_progress,
    save,
    save_feed,
    save_feeds,
    save_new,
    start_run,
)

__all__ = [
    "CHECKED",
    "UNATTENDED",
    "Batches",
    "Connection",
    "Count",
    "FeedState",
    "Followers",
    "Known",
    "Order",
    "Reader",
    "Run",
    "Store",
    "Story",
    "Terms",
    "View",
    "backup",
    "can_be_found",
    "change_note",
    "counts_only",
    "feed_states",
    "file_of",
    "finish_run",
    "forget_terms",
    "forgive",
    "known",
    "log_access",
    "note",
    "note_heard",
    "noted",
    "numbers_of",
    "open_store",
    "restamp",
    "retag",
    "run_progress",
    "save",
    "save_feed",
    "save_feeds",
    "save_new",
    "size",
    "start_run",
    "tagged_by",
    "taggers",
    "topics_text",
    "without_names",
]

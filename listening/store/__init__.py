"""The store: what was heard, kept for good. SQLAlchemy Core, an SQLite file by default."""

from listening.store.opening import Store, backup, file_of, log_access, note, noted, open_store, size
from listening.store.reading import Count, Order, Reader, Run, View
from listening.store.rows import topics_text
from listening.store.writing import (
    FeedState,
    Known,
    counts_only,
    feed_states,
    finish_run,
    forgive,
    known,
    note_heard,
    run_progress,
    save,
    save_feed,
    start_run,
)

__all__ = [
    "Count",
    "FeedState",
    "Known",
    "Order",
    "Reader",
    "Run",
    "Store",
    "View",
    "backup",
    "counts_only",
    "feed_states",
    "file_of",
    "finish_run",
    "forgive",
    "known",
    "log_access",
    "note",
    "note_heard",
    "noted",
    "open_store",
    "run_progress",
    "save",
    "save_feed",
    "size",
    "start_run",
    "topics_text",
]

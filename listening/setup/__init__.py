"""From a name to a listening post: what the Set up page and ``listening init`` propose, try and write.

answers ──> topic: words that find the agency, and look-alikes to leave out
    │
    ├─> looking: places, by what the team typed (site, accounts, papers) ──> trials: what last week would have given
    │
    └─> writing: the same ``listening.toml``, whoever writes it;  outline: places from and for other feed readers
"""

from __future__ import annotations

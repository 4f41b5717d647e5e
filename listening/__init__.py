"""Listening: what the public says about an agency, collected, tagged and shown.

In a notebook: ``settings = listening.load()``, ``listening.listen(settings)``, ``listening.mentions(settings)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from listening.door import listen, load, mentions

__version__ = "0.1.0"
__all__ = ["__version__", "listen", "load", "mentions"]


def __getattr__(name: str) -> Any:
    """Load the door when somebody comes in: the command line starts faster without it."""
    if name in ("listen", "load", "mentions"):
        from listening import door

        return getattr(door, name)
    raise AttributeError(f"module 'listening' has no attribute {name!r}")

"""Times as Kubernetes writes them."""

from __future__ import annotations

from datetime import datetime


def parsed(text: object) -> datetime | None:
    """Return an RFC 3339 time; None for what is absent, which it writes as null or leaves out."""
    return datetime.fromisoformat(text) if isinstance(text, str) and text else None

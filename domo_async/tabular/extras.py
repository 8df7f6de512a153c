"""The optional packages behind tables."""

from domo_async.models.extras import require

__all__ = ["require"]

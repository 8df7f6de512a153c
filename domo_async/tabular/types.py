"""Domo's column types and Arrow's."""

from domo_async.models.arrow_types import DEFAULT_DECIMAL, DecimalType, arrow_schema, arrow_type, domo_schema, domo_type

__all__ = ["DEFAULT_DECIMAL", "DecimalType", "arrow_schema", "arrow_type", "domo_schema", "domo_type"]

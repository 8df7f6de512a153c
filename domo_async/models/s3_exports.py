"""Exports of DataSets to Amazon S3."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, cast

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError

from domo_async.models.base import DomoModel, Timestamp

__all__ = ["S3Export", "S3ExportStatus"]

_DOCUMENT = TypeAdapter[object](object)


class S3ExportStatus(StrEnum):
    """How an export is doing."""

    NONE = "none"
    EXPORTING = "exporting"
    SUCCESS = "success"
    ERROR = "error"


def _read_map(value: object) -> object:
    """The specification types the map as text, the guide shows an object; read either."""
    if isinstance(value, str):
        try:
            value = _DOCUMENT.validate_json(value)
        except ValidationError:
            return {}
    return cast("object", value) if isinstance(value, dict) else {}


class S3Export(DomoModel):
    """One export of a DataSet to a bucket.

    Attributes:
        export_id: Its id (UUID text).
        export_status: An `S3ExportStatus`, or the text of one that this version does not know.
        error_code: Domo's own code of a failure.
        message: What failed.
        compression: ``gzip`` or ``none``.
        url_row_count_map: Addresses of the files, with the number of rows in each.

    Source: S3 Export API, ``POST /api/query/v1/export/{id}``.
    """

    export_id: str | None = None
    export_status: Annotated[S3ExportStatus | str | None, Field(union_mode="left_to_right")] = None
    error_code: str | None = None
    message: str | None = None
    started: Timestamp = None
    finished: Timestamp = None
    compression: str | None = None
    bucket: str | None = None
    export_format: str | None = None
    url_row_count_map: Annotated[dict[str, int | None], BeforeValidator(_read_map)] = {}

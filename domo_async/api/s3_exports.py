"""Exports of DataSets to Amazon S3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import JsonValue, Secret, SecretStr, TypeAdapter

from domo_async.api.family import Family, Fields, json_body
from domo_async.api.secrecy import concealing, reveal, wrap
from domo_async.http.bodies import Body
from domo_async.http.operations import Operation, Safety
from domo_async.http.options import UNSET, Unset
from domo_async.models import S3Export

__all__ = ["S3Exports"]

_PATH: Final = "/api/query/v1/export/{dataset_id}"
# A DataSet has one export at a time, and unchanged data is not exported again: a repetition finds what it has begun.
START: Final = Operation("s3_exports.start", "POST", _PATH, Safety.IDEMPOTENT, scope="data")
STATUS: Final = Operation("s3_exports.status", "GET", _PATH, Safety.SAFE, scope="data")

_EXPORT: Final = TypeAdapter(S3Export)
# A list in the guide, nothing at all in the specification.
_EXPORTS: Final = TypeAdapter[list[S3Export] | S3Export](list[S3Export] | S3Export)


class S3Exports(Family):
    """The S3 Export API. Scope: ``data`` (no source says so).

    Domo writes ``{bucket}/{path}/{export id}/export/data.csv.gz``. PDP applies to what is exported; what becomes of the
    file afterwards is in the hands of the bucket.
    """

    async def start(
        self,
        dataset_id: str,
        *,
        bucket: str | Unset = UNSET,
        path: str | Unset = UNSET,
        region: str | Unset = UNSET,
        aws_access_key: str | SecretStr | Unset = UNSET,
        aws_access_secret: str | SecretStr | Unset = UNSET,
        session_token: str | SecretStr | Unset = UNSET,
        aws_kms_key: str | SecretStr | Unset = UNSET,
        query_request: JsonValue | Unset = UNSET,
        source: str | Unset = UNSET,
    ) -> S3Export:
        """Begin an export. If one is under way, or the data has not changed since the last one, that is returned.

        Args:
            dataset_id: Id of the DataSet (UUID text).
            bucket: Bucket that exists, in the region of the Domo instance; a bucket of Domo's own by default.
            path: Folder in the bucket; the id of the DataSet by default.
            region: AWS region of the bucket.
            aws_access_key: Access key. Domo does not keep it; use a temporary one.
            aws_access_secret: Its secret.
            session_token: Session token that goes with temporary credentials.
            aws_kms_key: Id of the KMS key to encrypt with.
            query_request: Which rows and columns, as Domo's query API takes it.
            source: Name of what asks.

        Returns:
            The export, which goes on by itself; see `status`.

        Raises:
            NotFoundError: There is no such DataSet.
            CallError: Anything else that can happen to a call.

        Source: S3 Export API, ``POST /api/query/v1/export/{id}``.
        """
        secrets: dict[str, Secret[JsonValue]] = {}
        for key, value in (
            ("awsAccessKey", aws_access_key),
            ("awsAccessSecret", aws_access_secret),
            ("sessionToken", session_token),
            ("awsKmsKey", aws_kms_key),
        ):
            if not isinstance(value, Unset):
                secrets |= wrap(key, {key: value})
            del value  # a traceback with local variables must not show it
        del aws_access_key, aws_access_secret, session_token, aws_kms_key
        body = _body(
            {
                "bucket": bucket,
                "path": path,
                "region": region,
                "queryRequest": query_request,
                "source": source,
            },
            secrets,
        )
        call = self._call(START, _EXPORT, ids={"dataset_id": dataset_id}, body=body)
        return await concealing(secrets.values(), call)

    async def status(self, dataset_id: str) -> list[S3Export]:
        """The exports of a DataSet that Domo remembers. Their order is not documented.

        Args:
            dataset_id: Id of the DataSet (UUID text).

        Raises:
            NotFoundError: There is no such DataSet.
            CallError: Anything else that can happen to a call.

        Source: S3 Export API, ``GET /api/query/v1/export/{id}``.
        """
        exports = await self._call(STATUS, _EXPORTS, ids={"dataset_id": dataset_id})
        return exports if isinstance(exports, list) else [exports]


def _body(fields: Fields, secrets: Mapping[str, Secret[JsonValue]]) -> Body:
    plain = {name: value for name, value in fields.items() if not isinstance(value, Unset)}
    return json_body({**plain, **reveal(secrets)})

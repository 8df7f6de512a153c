"""What Domo says, as pydantic models: tolerant of nulls, new fields and new enum values."""

from domo_async.models.base import DomoModel
from domo_async.models.datasets import Column, ColumnType, DataSet, DataSetSummary, Owner, Schema
from domo_async.models.groups import Group
from domo_async.models.policies import FilterOperator, Policy, PolicyFilter, PolicyType
from domo_async.models.queries import QueryColumn, QueryResponse
from domo_async.models.s3_exports import S3Export, S3ExportStatus
from domo_async.models.streams import Execution, ExecutionState, Stream, UpdateMethod
from domo_async.models.tokens import AccessToken
from domo_async.models.users import GroupReference, User

__all__ = [
    "AccessToken",
    "Column",
    "ColumnType",
    "DataSet",
    "DataSetSummary",
    "DomoModel",
    "Execution",
    "ExecutionState",
    "FilterOperator",
    "Group",
    "GroupReference",
    "Owner",
    "Policy",
    "PolicyFilter",
    "PolicyType",
    "QueryColumn",
    "QueryResponse",
    "S3Export",
    "S3ExportStatus",
    "Schema",
    "Stream",
    "UpdateMethod",
    "User",
]

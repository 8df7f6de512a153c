"""What Domo says, as pydantic models: tolerant of nulls, new fields and new enum values."""

from domo_async.models.accounts import Account, AccountProperty, AccountTemplate, AccountType, AccountTypeReference
from domo_async.models.activity import ActivityEntry
from domo_async.models.api_clients import ApiClient, InstanceSession, TwoFactorInfo
from domo_async.models.base import DomoModel
from domo_async.models.cards import (
    CalculatedField,
    CardColumn,
    CardComponent,
    CardDefinition,
    CardFilter,
    CardList,
    CardSummary,
    ColumnFormat,
    ConditionalFormat,
    DateGrain,
    DateRangeFilter,
    DrillPath,
    QuickFilter,
    SortOrder,
    TableColumnFormat,
    TextFormat,
)
from domo_async.models.datasets import Column, ColumnType, DataSet, DataSetSummary, Owner, Schema
from domo_async.models.embed import (
    EmbedAuthorization,
    EmbedFilter,
    EmbedOperator,
    EmbedPermission,
    EmbedSqlFilter,
    EmbedToken,
)
from domo_async.models.groups import Group
from domo_async.models.pages import Collection, OwnerType, Page, PageNode, PageOwner, PageTree, Visibility
from domo_async.models.policies import FilterOperator, Policy, PolicyFilter, PolicyType
from domo_async.models.projects import Attachment, Board, BoardColumn, ListType, Project, ProjectList, Task
from domo_async.models.queries import QueryColumn, QueryResponse
from domo_async.models.s3_exports import S3Export, S3ExportStatus
from domo_async.models.streams import Execution, ExecutionState, Stream, UpdateMethod
from domo_async.models.tokens import AccessToken
from domo_async.models.users import GroupReference, User
from domo_async.models.writes import UploadedRows, WriteResult, WriteStep

__all__ = [
    "AccessToken",
    "Account",
    "AccountProperty",
    "AccountTemplate",
    "AccountType",
    "AccountTypeReference",
    "ActivityEntry",
    "ApiClient",
    "Attachment",
    "Board",
    "BoardColumn",
    "CalculatedField",
    "CardColumn",
    "CardComponent",
    "CardDefinition",
    "CardFilter",
    "CardList",
    "CardSummary",
    "Collection",
    "Column",
    "ColumnFormat",
    "ColumnType",
    "ConditionalFormat",
    "DataSet",
    "DataSetSummary",
    "DateGrain",
    "DateRangeFilter",
    "DomoModel",
    "DrillPath",
    "EmbedAuthorization",
    "EmbedFilter",
    "EmbedOperator",
    "EmbedPermission",
    "EmbedSqlFilter",
    "EmbedToken",
    "Execution",
    "ExecutionState",
    "FilterOperator",
    "Group",
    "GroupReference",
    "InstanceSession",
    "ListType",
    "Owner",
    "OwnerType",
    "Page",
    "PageNode",
    "PageOwner",
    "PageTree",
    "Policy",
    "PolicyFilter",
    "PolicyType",
    "Project",
    "ProjectList",
    "QueryColumn",
    "QueryResponse",
    "QuickFilter",
    "S3Export",
    "S3ExportStatus",
    "Schema",
    "SortOrder",
    "Stream",
    "TableColumnFormat",
    "Task",
    "TextFormat",
    "TwoFactorInfo",
    "UpdateMethod",
    "UploadedRows",
    "User",
    "Visibility",
    "WriteResult",
    "WriteStep",
]

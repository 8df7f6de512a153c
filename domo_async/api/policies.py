"""PDP policies: who sees which rows of a DataSet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue, TypeAdapter

from domo_async.api.arguments import check_name
from domo_async.api.family import Family, Ids
from domo_async.api.policy_documents import (
    check_filters,
    comparable,
    filter_documents,
    policies_by_name,
    policy_document,
)
from domo_async.http.operations import Operation, Safety
from domo_async.http.options import UNSET, Unset
from domo_async.http.paging import Pager
from domo_async.models import Policy, PolicyFilter, PolicyType

__all__ = ["Policies", "PolicyChanges"]

_POLICIES: Final = "/v1/datasets/{dataset_id}/policies"
LIST: Final = Operation("datasets.policies.list", "GET", _POLICIES, Safety.SAFE, scope="data")
CREATE: Final = Operation("datasets.policies.create", "POST", _POLICIES, Safety.UNSAFE, scope="data")
GET: Final = Operation("datasets.policies.get", "GET", _POLICIES + "/{policy_id}", Safety.SAFE, scope="data")
UPDATE: Final = Operation(
    "datasets.policies.update", "PUT", _POLICIES + "/{policy_id}", Safety.IDEMPOTENT, scope="data"
)
DELETE: Final = Operation(
    "datasets.policies.delete", "DELETE", _POLICIES + "/{policy_id}", Safety.IDEMPOTENT, scope="data"
)

_POLICY: Final = TypeAdapter(Policy)
_POLICY_LIST: Final = TypeAdapter(list[Policy])

Id = int | str


@dataclass(frozen=True, slots=True)
class PolicyChanges:
    """What `Policies.apply` did, or would do.

    Attributes:
        created: Policies that were missing.
        updated: Policies that said something else.
        deleted: Policies that nobody wants.
        unchanged: Policies that were right, and built-in ones that nobody mentioned.
    """

    created: tuple[Policy, ...] = ()
    updated: tuple[Policy, ...] = ()
    deleted: tuple[Policy, ...] = ()
    unchanged: tuple[Policy, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.created or self.updated or self.deleted)


class Policies(Family):
    """The PDP policies of DataSets, part of the DataSet API. Scope: ``data``.

    They count once PDP is on: ``datasets.update(dataset_id, pdp_enabled=True)``.
    """

    def list(self, dataset_id: str) -> Pager[Policy]:
        """List the policies of a DataSet. Domo sends all of them at once.

        Args:
            dataset_id: Id of the DataSet (UUID text).

        Raises:
            NotFoundError: There is no such DataSet (raised when the pager is awaited or iterated over).
            CallError: Anything else that can happen to a call.

        Source: DataSet API, ``GET /v1/datasets/{id}/policies``.
        """
        return self._whole_list(LIST, _POLICY_LIST, ids={"dataset_id": dataset_id})

    async def get(self, dataset_id: str, policy_id: Id) -> Policy:
        """One policy.

        Raises:
            NotFoundError: There is no such policy.
            CallError: Anything else that can happen to a call.

        Source: DataSet API, ``GET /v1/datasets/{id}/policies/{id}``.
        """
        return await self._call(GET, _POLICY, ids=_ids(dataset_id, policy_id))

    async def create(
        self,
        dataset_id: str,
        *,
        name: str,
        filters: Sequence[PolicyFilter],
        users: Sequence[Id] = (),
        groups: Sequence[Id] = (),
        virtual_users: Sequence[str] = (),
    ) -> Policy:
        """Add a policy.

        Args:
            dataset_id: Id of the DataSet (UUID text).
            name: Name of the policy.
            filters: Conditions, at least one; a row is shown if all of them hold.
            users: Ids of the users it is for. They must exist.
            groups: Ids of the groups it is for. They must exist.
            virtual_users: Ids of virtual users such as ``vu:324ds``.

        Raises:
            InvalidArgumentError: An operator that Domo does not document, a filter without column or values, no filter
                at all, or values of 255 characters or more in all, each counted with a delimiter.
            CallError: Anything that can happen to a call.

        Example:
            ::

                north = PolicyFilter(column="region", operator="EQUALS", values=["north"])
                await domo.datasets.policies.create(dataset_id, name="North", filters=[north], users=[412200871])

        Source: DataSet API, ``POST /v1/datasets/{id}/policies``.
        """
        return await self._call(
            CREATE,
            _POLICY,
            ids={"dataset_id": dataset_id},
            fields={
                "name": check_name("name", name),
                "filters": filter_documents(filters),
                "users": [*users],
                "groups": [*groups],
                "virtualUsers": [*virtual_users] or UNSET,
            },
        )

    async def update(
        self,
        dataset_id: str,
        policy_id: Id,
        *,
        name: str | Unset = UNSET,
        filters: Sequence[PolicyFilter] | Unset = UNSET,
        users: Sequence[Id] | Unset = UNSET,
        groups: Sequence[Id] | Unset = UNSET,
        virtual_users: Sequence[str] | Unset = UNSET,
    ) -> Policy:
        """Change a policy; see `create` for what the arguments mean. What is left out stays.

        Raises:
            InvalidArgumentError: See `create`.
            NotFoundError: There is no such policy.
            CallError: Anything else that can happen to a call.

        Source: DataSet API, ``PUT /v1/datasets/{id}/policies/{id}``.
        """
        return await self._put(
            dataset_id,
            policy_id,
            {
                "name": name if isinstance(name, Unset) else check_name("name", name),
                "filters": filters if isinstance(filters, Unset) else filter_documents(filters),
                "users": users if isinstance(users, Unset) else [*users],
                "groups": groups if isinstance(groups, Unset) else [*groups],
                "virtualUsers": virtual_users if isinstance(virtual_users, Unset) else [*virtual_users],
            },
        )

    async def delete(self, dataset_id: str, policy_id: Id) -> None:
        """Delete a policy for good.

        Raises:
            NotFoundError: There is no such policy.
            CallError: Anything else that can happen to a call.

        Source: DataSet API, ``DELETE /v1/datasets/{id}/policies/{id}``.
        """
        await self._delete(DELETE, ids=_ids(dataset_id, policy_id))

    async def apply(self, dataset_id: str, wanted: Iterable[Policy], *, dry_run: bool = False) -> PolicyChanges:
        """Bring the policies of a DataSet to a wanted set, by name.

        Missing ones are created, other ones are updated, and in the end those that nobody wants are deleted, so that
        nobody sees less meanwhile than before and after. Policies that Domo made itself (``open`` and ``system``)
        are left alone unless `wanted` has one of their name. It can be run again after a failure.

        Args:
            dataset_id: Id of the DataSet (UUID text).
            wanted: The policies in full: name, filters, users, groups, virtual users. Ids and types do not count.
            dry_run: Only say what would be done.

        Returns:
            What was done, or would be.

        Raises:
            InvalidArgumentError: A wanted policy breaks a rule (see `create`), or two have the same name. Nothing was
                changed.
            CallError: Anything that can happen to a call; the changes before it are made.
        """
        targets = policies_by_name(wanted)
        current: dict[str, Policy] = {}
        unwanted: list[Policy] = []
        unchanged: list[Policy] = []
        async for policy in self.list(dataset_id):
            if policy.name in targets and policy.name not in current:
                current[policy.name] = policy
            elif policy.type in {PolicyType.OPEN, PolicyType.SYSTEM}:
                unchanged.append(policy)
            else:
                unwanted.append(policy)
        for name, target in targets.items():
            if not target.filters and (name not in current or current[name].type != PolicyType.OPEN):
                check_filters(target.filters)
        created: list[Policy] = []
        updated: list[Policy] = []
        for name, target in targets.items():
            existing = current.get(name)
            if existing is None:
                created.append(target if dry_run else await self._create(dataset_id, target))
            elif comparable(existing) == comparable(target):
                unchanged.append(existing)
            elif dry_run:
                updated.append(target)
            else:
                updated.append(await self._put(dataset_id, _id_of(existing), policy_document(target)))
        if not dry_run:
            for policy in unwanted:
                await self.delete(dataset_id, _id_of(policy))
        return PolicyChanges(tuple(created), tuple(updated), tuple(unwanted), tuple(unchanged))

    async def _create(self, dataset_id: str, policy: Policy) -> Policy:
        return await self._call(CREATE, _POLICY, ids={"dataset_id": dataset_id}, fields=policy_document(policy))

    async def _put(self, dataset_id: str, policy_id: Id, fields: dict[str, JsonValue | Unset]) -> Policy:
        ids = _ids(dataset_id, policy_id)
        answered = await self._call_if_answered(UPDATE, _POLICY, ids=ids, fields=fields)
        return answered or await self.get(dataset_id, policy_id)


def _ids(dataset_id: str, policy_id: Id) -> Ids:
    return {"dataset_id": dataset_id, "policy_id": policy_id}


def _id_of(policy: Policy) -> Id:
    return policy.id if policy.id is not None else ""

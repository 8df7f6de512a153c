"""Groups of users, and who belongs to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter

from domo_async.api.family import Family, check_page_size
from domo_async.api.values import id_number, id_numbers, text
from domo_async.http.operations import Operation, Safety
from domo_async.http.options import UNSET, Unset
from domo_async.http.paging import Pager
from domo_async.models import Group

__all__ = ["Groups", "MembershipChange"]

_GROUP_PATH: Final = "/v1/groups/{group_id}"
_MEMBER_PATH: Final = "/v1/groups/{group_id}/users/{user_id}"
LIST: Final = Operation("groups.list", "GET", "/v1/groups", Safety.SAFE, scope="user")
CREATE: Final = Operation("groups.create", "POST", "/v1/groups", Safety.UNSAFE, scope="user")
GET: Final = Operation("groups.get", "GET", _GROUP_PATH, Safety.SAFE, scope="user")
UPDATE: Final = Operation("groups.update", "PUT", _GROUP_PATH, Safety.IDEMPOTENT, scope="user")
DELETE: Final = Operation("groups.delete", "DELETE", _GROUP_PATH, Safety.IDEMPOTENT, scope="user")
LIST_MEMBERS: Final = Operation("groups.list_members", "GET", "/v1/groups/{group_id}/users", Safety.SAFE, scope="user")
ADD_MEMBER: Final = Operation("groups.add_member", "PUT", _MEMBER_PATH, Safety.IDEMPOTENT, scope="user")
REMOVE_MEMBER: Final = Operation("groups.remove_member", "DELETE", _MEMBER_PATH, Safety.IDEMPOTENT, scope="user")

_PAGE_SIZE: Final = 500
_GROUP: Final = TypeAdapter(Group)
_GROUPS: Final = TypeAdapter(list[Group])
_USER_IDS: Final = TypeAdapter(list[int])


@dataclass(frozen=True, slots=True)
class MembershipChange:
    """What `Groups.set_members` did.

    Attributes:
        added: Ids of users that joined, in ascending order.
        removed: Ids of users that left, in ascending order.
    """

    added: tuple[int, ...]
    removed: tuple[int, ...]


class Groups(Family):
    """The Group API. Scope: ``user``."""

    def list(self, *, limit: int | None = None, offset: int = 0, page_size: int = _PAGE_SIZE) -> Pager[Group]:
        """List the groups of the instance.

        Args:
            limit: Groups in all, None for as many as there are.
            offset: Groups to skip.
            page_size: Groups to ask for at once, 1 to 500.

        Raises:
            InvalidArgumentError: A number is out of range.
            CallError: Asking failed (raised when the pager is awaited or iterated over).

        Source: Group API, ``GET /v1/groups``.
        """
        check_page_size(page_size, _PAGE_SIZE)
        return self._listing(LIST, _GROUPS, page_size=page_size, limit=limit, offset=offset, key=lambda group: group.id)

    async def get(self, group_id: int | str) -> Group:
        """One group.

        Raises:
            NotFoundError: There is no such group.
            CallError: Anything else that can happen to a call.

        Source: Group API, ``GET /v1/groups/{id}``.
        """
        return await self._call(GET, _GROUP, ids={"group_id": group_id})

    async def create(self, *, name: str, active: bool | Unset = UNSET, default: bool | Unset = UNSET) -> Group:
        """Make a group.

        Args:
            name: Name of the group.
            active: Whether it is in use. Members of an inactive group cannot be changed.
            default: Whether new users join it.

        Raises:
            InvalidArgumentError: The name is blank.
            CallError: Anything that can happen to a call.

        Example:
            ::

                group = await domo.groups.create(name="Tide watchers")

        Source: Group API, ``POST /v1/groups``.
        """
        return await self._call(
            CREATE, _GROUP, fields={"name": text("name", name), "active": active, "default": default}
        )

    async def update(
        self,
        group_id: int | str,
        *,
        name: str | Unset = UNSET,
        active: bool | Unset = UNSET,
        default: bool | Unset = UNSET,
    ) -> Group | None:
        """Change a group; what is not passed stays.

        Returns:
            The group, or None where Domo answers without a body, as its specification has it.

        Raises:
            NotFoundError: There is no such group.
            CallError: Anything else that can happen to a call.

        Source: Group API, ``PUT /v1/groups/{id}``.
        """
        return await self._call_if_answered(
            UPDATE,
            _GROUP,
            ids={"group_id": group_id},
            fields={"name": text("name", name), "active": active, "default": default},
        )

    async def delete(self, group_id: int | str, *, remove_members: bool = False) -> None:
        """Delete a group for good.

        Args:
            group_id: Id of the group.
            remove_members: Remove its members first; Domo refuses to delete a group that has some.

        Raises:
            NotFoundError: There is no such group.
            CallError: Anything else that can happen to a call.

        Source: Group API, ``DELETE /v1/groups/{id}``.
        """
        if remove_members:
            await self.set_members(group_id, ())
        await self._do(DELETE, ids={"group_id": group_id})

    def list_members(
        self, group_id: int | str, *, limit: int | None = None, offset: int = 0, page_size: int = _PAGE_SIZE
    ) -> Pager[int]:
        """List the ids of a group's users.

        Args:
            group_id: Id of the group.
            limit: Ids in all, None for as many as there are.
            offset: Ids to skip.
            page_size: Ids to ask for at once, 1 to 500.

        Raises:
            InvalidArgumentError: A number is out of range.
            CallError: Asking failed (raised when the pager is awaited or iterated over).

        Source: Group API, ``GET /v1/groups/{id}/users``.
        """
        check_page_size(page_size, _PAGE_SIZE)
        return self._listing(
            LIST_MEMBERS,
            _USER_IDS,
            page_size=page_size,
            limit=limit,
            offset=offset,
            key=lambda user_id: user_id,
            ids={"group_id": group_id},
        )

    async def add_member(self, group_id: int | str, user_id: int | str) -> None:
        """Let a user join a group; nothing happens if he belongs to it.

        Raises:
            NotFoundError: There is no such group or user.
            CallError: Anything else that can happen to a call.

        Source: Group API, ``PUT /v1/groups/{id}/users/{id}``.
        """
        await self._do(ADD_MEMBER, ids={"group_id": group_id, "user_id": id_number("user_id", user_id)})

    async def remove_member(self, group_id: int | str, user_id: int | str) -> None:
        """Let a user leave a group.

        Raises:
            NotFoundError: There is no such group or user.
            CallError: Anything else that can happen to a call.

        Source: Group API, ``DELETE /v1/groups/{id}/users/{id}``.
        """
        await self._do(REMOVE_MEMBER, ids={"group_id": group_id, "user_id": id_number("user_id", user_id)})

    async def set_members(self, group_id: int | str, user_ids: Iterable[int | str]) -> MembershipChange:
        """Bring a group's members to exactly these: add who is missing, then remove who is too many.

        Domo has no operation for this, so somebody who looks meanwhile may see an intermediate state. After an error
        the call can be repeated: it does what is left.

        Args:
            group_id: Id of the group.
            user_ids: Ids of the users that it should have.

        Returns:
            Who joined and who left.

        Raises:
            InvalidArgumentError: An id is none; nobody joined or left.
            CallError: Anything that can happen to a call.

        Example:
            ::

                await domo.groups.set_members(group_id, [user.id async for user in domo.users.list()])
        """
        wanted = set(id_numbers("user_ids", user_ids))
        present = set(await self.list_members(group_id).collect())
        added, removed = sorted(wanted - present), sorted(present - wanted)
        for user_id in added:
            await self.add_member(group_id, user_id)
        for user_id in removed:
            await self.remove_member(group_id, user_id)
        return MembershipChange(tuple(added), tuple(removed))

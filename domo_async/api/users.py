"""Users of an instance."""

from __future__ import annotations

from typing import Final

from pydantic import JsonValue, TypeAdapter

from domo_async.api.family import Family, check_page_size
from domo_async.api.values import email_address, locale_code, text, time_zone
from domo_async.http.operations import Operation, Safety
from domo_async.http.options import UNSET, Unset
from domo_async.http.paging import Pager
from domo_async.models import User

__all__ = ["Users"]

LIST: Final = Operation("users.list", "GET", "/v1/users", Safety.SAFE, scope="user")
CREATE: Final = Operation("users.create", "POST", "/v1/users", Safety.UNSAFE, scope="user")
GET: Final = Operation("users.get", "GET", "/v1/users/{user_id}", Safety.SAFE, scope="user")
UPDATE: Final = Operation("users.update", "PUT", "/v1/users/{user_id}", Safety.IDEMPOTENT, scope="user")
# In no specification, and in every SDK that Domo publishes.
DELETE: Final = Operation("users.delete", "DELETE", "/v1/users/{user_id}", Safety.IDEMPOTENT, scope="user")

_PAGE_SIZE: Final = 500
_USER: Final = TypeAdapter(User)
_USERS: Final = TypeAdapter(list[User])


class Users(Family):
    """The User API. Scope: ``user``."""

    def list(self, *, limit: int | None = None, offset: int = 0, page_size: int = _PAGE_SIZE) -> Pager[User]:
        """List the users of the instance.

        Args:
            limit: Users in all, None for as many as there are.
            offset: Users to skip.
            page_size: Users to ask for at once, 1 to 500.

        Raises:
            InvalidArgumentError: A number is out of range.
            CallError: Asking failed (raised when the pager is awaited or iterated over).

        Source: User API, ``GET /v1/users``.
        """
        check_page_size(page_size, _PAGE_SIZE)
        return self._listing(LIST, _USERS, page_size=page_size, limit=limit, offset=offset, key=lambda user: user.id)

    async def get(self, user_id: int | str) -> User:
        """One user in full.

        Raises:
            NotFoundError: There is no such user.
            CallError: Anything else that can happen to a call.

        Source: User API, ``GET /v1/users/{id}``.
        """
        return await self._call(GET, _USER, ids={"user_id": user_id})

    async def find(self, *, email: str) -> User | None:
        """The user with this address, None if there is none. Case does not count. Reads the list of users.

        Raises:
            CallError: Anything that can happen to a call.

        Example:
            ::

                if (user := await domo.users.find(email="ana@example.com")) is not None:
                    print(user.id)
        """
        wanted = email.strip().casefold()
        async for user in self.list():
            if (user.email or "").casefold() == wanted:
                return user
        return None

    async def create(
        self,
        *,
        name: str,
        email: str,
        role: str,
        role_id: int | str | Unset = UNSET,
        send_invite: bool = False,
        title: str | Unset = UNSET,
        alternate_email: str | Unset = UNSET,
        phone: str | Unset = UNSET,
        location: str | Unset = UNSET,
        timezone: str | Unset = UNSET,
        locale: str | Unset = UNSET,
        employee_number: int | Unset = UNSET,
    ) -> User:
        """Add a user.

        Args:
            name: Full name.
            email: Address, which is the login.
            role: ``Admin``, ``Privileged``, ``Participant``, or the name of a role of the instance's own.
            role_id: Id of the role.
            send_invite: Whether Domo sends an invitation by mail.
            title: Job title.
            alternate_email: A second address.
            phone: Telephone number.
            location: Where the user works.
            timezone: Time zone such as ``Europe/Oslo``.
            locale: Language and region such as ``en-GB``.
            employee_number: Number within the company.

        Raises:
            ConflictError: The address is taken.
            InvalidArgumentError: Name or role are blank, or address, time zone or locale look like none.
            CallError: Anything else that can happen to a call.

        Example:
            ::

                user = await domo.users.create(name="Ana Li", email="ana@example.com", role="Participant")

        Source: User API, ``POST /v1/users``.
        """
        return await self._call(
            CREATE,
            _USER,
            query={"sendInvite": send_invite},
            fields={
                "name": text("name", name),
                "email": email_address("email", email),
                "role": text("role", role),
                "roleId": role_id,
                "title": title,
                "alternateEmail": alternate_email,
                "phone": phone,
                "location": location,
                "timezone": time_zone("timezone", timezone),
                "locale": locale_code("locale", locale),
                "employeeNumber": employee_number,
            },
        )

    async def update(
        self,
        user_id: int | str,
        *,
        name: str | Unset = UNSET,
        email: str | Unset = UNSET,
        role: str | Unset = UNSET,
        role_id: int | str | Unset = UNSET,
        title: str | Unset | None = UNSET,
        alternate_email: str | Unset | None = UNSET,
        phone: str | Unset | None = UNSET,
        location: str | Unset | None = UNSET,
        timezone: str | Unset | None = UNSET,
        locale: str | Unset | None = UNSET,
        employee_number: int | Unset | None = UNSET,
    ) -> User | None:
        """Change some attributes of a user; see `create` for what they mean. None empties one.

        Returns:
            The user, or None where Domo answers without a body.

        Raises:
            NotFoundError: There is no such user.
            InvalidArgumentError: Name or role are blank, or address, time zone or locale look like none.
            CallError: Anything else that can happen to a call.

        Example:
            ::

                await domo.users.update(user_id, title="Analyst", phone=None)

        Source: User API, ``PUT /v1/users/{id}``.
        """
        attributes: dict[str, JsonValue | Unset] = {
            "title": title,
            "alternateEmail": alternate_email,
            "phone": phone,
            "location": location,
            "timezone": time_zone("timezone", timezone),
            "locale": locale_code("locale", locale),
            "employeeNumber": employee_number,
        }
        text("name", name)
        text("role", role)
        email_address("email", email)
        if isinstance(email, Unset) or isinstance(name, Unset) or isinstance(role, Unset):
            # The specification says both that what is left out stays and that all fields are required; in practice the
            # address is, and the example sends these three.
            current = await self.get(user_id)
            email = (current.email or UNSET) if isinstance(email, Unset) else email
            name = (current.name or UNSET) if isinstance(name, Unset) else name
            role = (current.role or UNSET) if isinstance(role, Unset) else role
        return await self._call_if_answered(
            UPDATE,
            _USER,
            ids={"user_id": user_id},
            fields={"name": name, "email": email, "role": role, "roleId": role_id, **attributes},
        )

    async def delete(self, user_id: int | str) -> None:
        """Delete a user for good.

        Raises:
            NotFoundError: There is no such user.
            CallError: Anything else that can happen to a call.

        Source: Domo's guide on user management, and its SDKs: ``DELETE /v1/users/{id}``.
        """
        await self._do(DELETE, ids={"user_id": user_id})

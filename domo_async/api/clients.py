"""API clients: make one with the sign-in of a person."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from pydantic import JsonValue, SecretStr, TypeAdapter

from domo_async.api.family import Family, json_body
from domo_async.api.values import email_address, text
from domo_async.errors import AuthenticationError, ConfigurationError, InvalidArgumentError
from domo_async.http.bodies import Body
from domo_async.http.operations import Operation, Safety
from domo_async.http.parsing import parser
from domo_async.models import ApiClient, InstanceSession
from domo_async.transport.origin import Origin

if TYPE_CHECKING:
    from domo_async.http.plain import PlainExchange
    from domo_async.http.session import Session

__all__ = ["Clients"]

SIGN_IN: Final = Operation("clients.sign_in", "POST", "/api/content/v2/authentication", Safety.UNSAFE)
CREATE: Final = Operation("clients.create", "POST", "/clients", Safety.UNSAFE)

_SCOPES: Final = ("account", "audit", "buzz", "dashboard", "data", "user", "workflow")
_INSTANCE: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?", re.ASCII)
_CLIENT: Final = parser(TypeAdapter(ApiClient))
_SESSION: Final = parser(TypeAdapter(InstanceSession))


class Clients(Family):
    """The Client API: the one part of Domo's API that takes no access token.

    A person signs in to an instance, and the session that this opens is the proof it takes to create an API client.
    Neither request goes through the connections that carry the access token.

    Args:
        session: Says how patient to be, and where the API is.
        exchange: Sends the requests.
    """

    def __init__(self, session: Session, exchange: PlainExchange) -> None:
        super().__init__(session)
        self._exchange = exchange

    async def sign_in(
        self,
        instance: str,
        *,
        email: str | None = None,
        password: str | SecretStr | None = None,
        browser_session: str | SecretStr | None = None,
        instance_url: str | None = None,
    ) -> InstanceSession:
        """Open a session on an instance.

        Args:
            instance: The instance, such as ``acme`` for ``acme.domo.com``.
            email: Address of the person who signs in.
            password: His password.
            browser_session: The cookie ``_dsidv1`` of a browser that is signed in, instead of the two above.
            instance_url: Where to reach the instance, if not at ``https://{instance}.domo.com``: for an emulator.

        Raises:
            AuthenticationError: The instance did not let him in.
            InvalidArgumentError: It is no name of an instance, or there is nothing to sign in with.
            CallError: Anything else that can happen to a call. It is sent once.

        Source: Customer Instance APIs, ``POST /api/content/v2/authentication``.
        """
        secret = _secret("password", password)
        cookie = _secret("browser_session", browser_session)
        del password, browser_session
        domain = _domain(instance)
        if (secret is None) == (cookie is None):
            raise InvalidArgumentError("password, browser_session: expected one of the two")
        if secret is not None:
            email_address("email", email or "")
        if cookie is not None and re.search(r"[\s;,]", cookie.get_secret_value()):
            raise InvalidArgumentError("browser_session: not the value of a cookie")
        session = await self._exchange.ask(
            _origin(instance_url or f"https://{domain}"),
            SIGN_IN,
            _credentials(email, secret),
            _SESSION,
            options=self._session.options,
            headers={"Origin": f"https://{domain}"},
            secret_headers={} if cookie is None else {"Cookie": SecretStr(f"_dsidv1={cookie.get_secret_value()}")},
            secrets=tuple(each for each in (secret, cookie) if each is not None),
        )
        if session.success is False or session.session_token is None or not session.session_token.get_secret_value():
            raise AuthenticationError(
                "The instance opened no session",
                status=200,
                operation=SIGN_IN.name,
                method=SIGN_IN.method,
                path=SIGN_IN.path,
                hint="Check address and password, and whether the instance asks for a second factor or single sign-on",
            )
        return session

    async def create(
        self,
        *,
        name: str,
        scopes: Iterable[str],
        instance: str,
        description: str | None = None,
        email: str | None = None,
        password: str | SecretStr | None = None,
        session: InstanceSession | None = None,
        instance_url: str | None = None,
    ) -> ApiClient:
        """Create an API client. Its secret is in the answer, and never to be seen again.

        Args:
            name: Name of the client; no other client has it.
            scopes: What its tokens may do: some of ``account``, ``audit``, ``buzz``, ``dashboard``, ``data``,
                ``user``, ``workflow``.
            instance: The instance, such as ``acme`` for ``acme.domo.com``.
            description: What it is for.
            email: Address of the person who creates it; signs in with `password`.
            password: His password.
            session: What `sign_in` returned, instead of the two above.
            instance_url: Where to reach the instance, see `sign_in`.

        Raises:
            AuthenticationError: The instance did not let him in, or Domo did not accept the session.
            InvalidArgumentError: There is no such scope, or something is missing.
            CallError: Anything else that can happen to a call. It is sent once.

        Example:
            ::

                client = await domo.clients.create(
                    name="nightly-sync", scopes=["data"], instance="acme", email="ada@acme.example", password=password
                )
                store(client.client_id, client.client_secret.get_secret_value())

        Source: Client APIs, ``POST /clients``.
        """
        password = _secret("password", password)
        text("name", name)
        wanted = _scopes(scopes)
        domain = _domain(instance)
        if (session is None) == (password is None):
            raise InvalidArgumentError("password, session: expected one of the two")
        if session is None:
            session = await self.sign_in(instance, email=email, password=password, instance_url=instance_url)
        if session.session_token is None:
            raise InvalidArgumentError("session: it has no token")
        document: dict[str, JsonValue] = {"name": name, "scope": [*wanted]}
        if description is not None:
            document["description"] = description
        return await self._exchange.ask(
            self._session.engine.origin,
            CREATE,
            json_body(document),
            _CLIENT,
            options=self._session.options,
            headers={"X-DOMO-CustomerDomain": domain},
            secret_headers={"X-DOMO-Authentication": session.session_token},
        )


def _secret(name: str, value: str | SecretStr | None) -> SecretStr | None:
    if value is None:
        return None
    secret = SecretStr(value) if isinstance(value, str) else value
    if not isinstance(secret, SecretStr) or not secret.get_secret_value():
        raise InvalidArgumentError(f"{name}: expected some text")
    return secret


def _domain(instance: str) -> str:
    name = instance.removesuffix(".domo.com") if isinstance(instance, str) else ""
    if not _INSTANCE.fullmatch(name):
        raise InvalidArgumentError(f"instance: {instance!r} is no name of an instance, such as acme")
    return f"{name.lower()}.domo.com"


def _origin(url: str) -> Origin:
    try:
        return Origin.parse(url)
    except ConfigurationError as error:
        raise InvalidArgumentError(f"instance_url: {error.message}", hint=error.hint) from None


def _scopes(scopes: Iterable[str]) -> list[str]:
    wanted = [scopes] if isinstance(scopes, str) else list(scopes)
    for scope in wanted:
        if scope not in _SCOPES:
            raise InvalidArgumentError(f"scopes: {scope!r} is none of {', '.join(_SCOPES)}")
    if not wanted:
        raise InvalidArgumentError("scopes: a client without any can do nothing")
    return list(dict.fromkeys(wanted))


def _credentials(email: str | None, password: SecretStr | None) -> Body:
    """The body here and now, so that no waiting frame holds the password."""
    if password is None:
        return json_body({"method": "exptoken"})
    return json_body({"method": "password", "emailAddress": email, "password": password.get_secret_value()})

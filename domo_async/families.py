"""The families of operations, each imported when it is first asked for."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from domo_async.api.account_types import AccountTypes
    from domo_async.api.accounts import Accounts
    from domo_async.api.activity_log import ActivityLog
    from domo_async.api.cards import Cards
    from domo_async.api.clients import Clients
    from domo_async.api.datasets import DataSets
    from domo_async.api.embed import Embed
    from domo_async.api.groups import Groups
    from domo_async.api.pages import Pages
    from domo_async.api.projects import Projects
    from domo_async.api.s3_exports import S3Exports
    from domo_async.api.simple import Simple
    from domo_async.api.streams import Streams
    from domo_async.api.users import Users
    from domo_async.http.plain import PlainExchange
    from domo_async.http.session import Session

__all__ = ["Families"]


class Families:
    """What `AsyncDomo` has an attribute for."""

    _session: Session
    _plain: PlainExchange

    @cached_property
    def datasets(self) -> DataSets:
        """DataSets."""
        from domo_async.api.datasets import DataSets

        return DataSets(self._session)

    @cached_property
    def users(self) -> Users:
        """Users."""
        from domo_async.api.users import Users

        return Users(self._session)

    @cached_property
    def groups(self) -> Groups:
        """Groups and their members."""
        from domo_async.api.groups import Groups

        return Groups(self._session)

    @cached_property
    def accounts(self) -> Accounts:
        """Stored credentials of connectors."""
        from domo_async.api.accounts import Accounts

        return Accounts(self._session)

    @cached_property
    def account_types(self) -> AccountTypes:
        """Types of accounts."""
        from domo_async.api.account_types import AccountTypes

        return AccountTypes(self._session)

    @cached_property
    def activity_log(self) -> ActivityLog:
        """The activity log."""
        from domo_async.api.activity_log import ActivityLog

        return ActivityLog(self._session)

    @cached_property
    def cards(self) -> Cards:
        """Cards and charts."""
        from domo_async.api.cards import Cards

        return Cards(self._session)

    @cached_property
    def embed(self) -> Embed:
        """Tokens for embedded cards and pages."""
        from domo_async.api.embed import Embed

        return Embed(self._session)

    @cached_property
    def pages(self) -> Pages:
        """Pages and their collections of cards."""
        from domo_async.api.pages import Pages

        return Pages(self._session)

    @cached_property
    def projects(self) -> Projects:
        """Projects and tasks."""
        from domo_async.api.projects import Projects

        return Projects(self._session)

    @cached_property
    def clients(self) -> Clients:
        """API clients."""
        from domo_async.api.clients import Clients

        return Clients(self._session, self._plain)

    @cached_property
    def streams(self) -> Streams:
        """Streams and their executions: the way in for large data."""
        from domo_async.api.streams import Streams

        return Streams(self._session)

    @cached_property
    def simple(self) -> Simple:
        """DataSets out of JSON."""
        from domo_async.api.simple import Simple

        return Simple(self._session)

    @cached_property
    def s3_exports(self) -> S3Exports:
        """Exports to Amazon S3."""
        from domo_async.api.s3_exports import S3Exports

        return S3Exports(self._session)

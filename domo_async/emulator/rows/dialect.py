"""Domo's SQL: MySQL's dialect, with one table that is always called ``table``."""

from __future__ import annotations

from dataclasses import dataclass

import sqlglot
from sqlglot import TokenType, exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.dialects.mysql import MySQL
from sqlglot.errors import SqlglotError

__all__ = ["Translation", "UnparsableSqlError", "translate"]

# Dialects are passed as classes and never by name: a name is looked up when it is first used, and sqlglot registers a
# dialect before it has built it. A second thread would read its query with half a grammar.

_QUERY_STARTS = {TokenType.SELECT, TokenType.WITH, TokenType.L_PAREN}


class UnparsableSqlError(Exception):
    """The text is no SELECT, or reads from something other than ``table``."""


@dataclass(frozen=True, slots=True)
class Translation:
    """A query that DuckDB can run.

    Attributes:
        sql: The query.
        aggregated: For each column of the result whether it is computed from an aggregate; empty if that is unclear.
    """

    sql: str
    aggregated: tuple[bool, ...]


def translate(sql: str, relation: str) -> Translation:
    """Translate a query.

    Args:
        sql: What the caller wrote.
        relation: The SELECT, in DuckDB's dialect, that stands for ``table``.

    Raises:
        UnparsableSqlError: See there.

    Example:
        >>> translate("SELECT `a b` FROM table", 'SELECT c0 AS "a b" FROM rows_1').sql
        'SELECT "a b" FROM (SELECT c0 AS "a b" FROM rows_1) AS "table"'
    """
    try:
        statements = [tree for tree in sqlglot.parse(_name_the_table(sql), read=MySQL) if tree is not None]
        tree = statements[0] if len(statements) == 1 else None
        source = sqlglot.parse_one(relation, read=DuckDB)
        if not isinstance(tree, exp.Query) or not tree.selects:
            raise UnparsableSqlError(sql)
        _name_the_columns(tree)
        _point_at(tree, source)
        return Translation(tree.sql(dialect=DuckDB), _aggregated(tree))
    except (SqlglotError, RecursionError, ValueError) as error:
        raise UnparsableSqlError(sql) from error


def _name_the_table(sql: str) -> str:
    """Put ``table``, a reserved word, into backticks wherever it stands by itself."""
    pieces: list[str] = []
    end = 0
    tokens = sqlglot.tokenize(sql, read=MySQL)
    if not tokens or tokens[0].token_type not in _QUERY_STARTS:
        # sqlglot would take other statements for commands, and log a warning for each.
        raise UnparsableSqlError(sql)
    for token in tokens:
        if token.token_type is TokenType.TABLE:
            pieces += [sql[end : token.start], "`table`"]
            end = token.end + 1
    return "".join([*pieces, sql[end:]])


def _name_the_columns(tree: exp.Query) -> None:
    """Call a computed column what the caller wrote, since DuckDB has names of its own: ``count_star()``."""
    select = tree
    while isinstance(select, exp.SetOperation):
        select = select.this
    if not isinstance(select, exp.Select):
        return
    columns = [
        column
        if isinstance(column, exp.Alias | exp.Column) or column.is_star
        else exp.alias_(column.copy(), column.sql(dialect=MySQL), quoted=True)
        for column in select.expressions
    ]
    select.set("expressions", columns)


def _point_at(tree: exp.Query, source: exp.Expr) -> None:
    known = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
    for table in list(tree.find_all(exp.Table)):
        name = table.name.lower()
        if not isinstance(table.this, exp.Identifier) or table.db:
            raise UnparsableSqlError(table.sql())
        if name == "table":
            alias = table.args.get("alias") or exp.TableAlias(this=exp.to_identifier("table", quoted=True))
            table.replace(exp.Subquery(this=source.copy(), alias=alias, joins=table.args.get("joins")))
        elif name not in known:
            raise UnparsableSqlError(table.sql())


def _aggregated(tree: exp.Query) -> tuple[bool, ...]:
    if any(isinstance(column, exp.Star) or column.is_star for column in tree.selects):
        return ()
    return tuple(column.find(exp.AggFunc) is not None for column in tree.selects)

"""One SQL text for SQLite and PostgreSQL, run as prepared statements on held connections.

Statements are SQLAlchemy Core expressions, module-level constants, compiled once per dialect; the driver
runs the text. A transaction's methods are `async def`; on SQLite they never suspend, which is what lets a
whole act run inside the one writer with nothing in between.
"""

import re
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Protocol, TypeVar

from sqlalchemy import Text, bindparam
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import asyncpg as numbered
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.expression import ClauseElement, Executable

from gateway.domain.errors import LedgerUnavailableError

CHUNKS = (16, 8, 7, 6, 5, 4, 3, 2)
"""Rows that one insertion may take."""

_VALUES = re.compile(r"VALUES \(([^()]+)\)")
_NUMBER = re.compile(r"\$([0-9]+)")

T = TypeVar("T")
Row = Mapping[str, Any]
Rows = Sequence[Mapping[str, object]]


class Tx(Protocol):
    """An open transaction or snapshot. Rows are read by column name; a driver's error becomes ours.

    Raises (all methods):
        LedgerUnavailableError: The database refused or is away; the transaction is lost.
    """

    @property
    def dialect(self) -> str: ...

    async def one(self, statement: Executable, **values: object) -> Row | None: ...

    async def all(self, statement: Executable, **values: object) -> Sequence[Row]: ...

    async def run(self, statement: Executable, **values: object) -> int:
        """Execute; returns the number of rows touched."""

    async def run_many(self, statement: Executable, rows: Rows) -> None:
        """Execute once for each row, which names every column that the statement does.

        Nobody waits for it: on PostgreSQL it leaves with the next statement that answers, or the commit.
        """

    async def set_off(self) -> None:
        """Let what waits to leave be run meanwhile."""


Work = Callable[[Tx], Coroutine[Any, Any, T]]


class AnyOf(ColumnElement[bool]):
    """`column IN (the list bound under a name)`, as one parameter: `in_list(table.c.id, "ids")`."""

    inherit_cache = False

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        self.column = column
        self.bound = bindparam(name, type_=Text)


def in_list(column: ColumnElement[Any], name: str) -> AnyOf:
    """Match a text column against a list of texts given as one parameter."""
    return AnyOf(column, name)


@compiles(AnyOf, "sqlite")
def _any_of_sqlite(element: AnyOf, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ANN401 - SQLAlchemy's own
    column = compiler.process(element.column, **kw)
    bound = compiler.process(element.bound, **kw)
    return f"{column} IN (SELECT value FROM json_each({bound}))"  # noqa: S608 - a placeholder, never a value


@compiles(AnyOf, "postgresql")
def _any_of_postgres(element: AnyOf, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ANN401 - SQLAlchemy's own
    column = compiler.process(element.column, **kw)
    bound = compiler.process(element.bound, **kw)
    return f"{column} IN (SELECT json_array_elements_text(CAST({bound} AS json)))"


class Compiled:
    """Driver text of statements, by identity: statements are constants and live as long as the process."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._known: dict[int, tuple[str, tuple[str, ...], dict[str, object], Executable]] = {}
        self._chunks: dict[tuple[str, int], str | None] = {}

    def text(self, statement: Executable) -> tuple[str, tuple[str, ...], dict[str, object]]:
        known = self._known.get(id(statement))
        if known is None:
            if not isinstance(statement, ClauseElement):
                raise TypeError("not a statement")
            compiled = statement.compile(dialect=self._dialect)
            assert isinstance(compiled, SQLCompiler)
            order = tuple(compiled.positiontup or ())
            fixed = {name: value for name, value in compiled.params.items() if value is not None}
            known = (str(compiled), order, fixed, statement)
            self._known[id(statement)] = known
        return known[0], known[1], known[2]

    def bind(self, statement: Executable, values: Mapping[str, object]) -> tuple[str, list[object]]:
        sql, order, fixed = self.text(statement)
        return sql, [values[name] if name in values else fixed.get(name) for name in order]

    def bind_chunks(self, statement: Executable, rows: Rows) -> Iterator[tuple[str, list[object]]]:
        """Bind rows to as few statements as may be: an insertion of plain values takes many rows at once.

        In chunks of a few sizes: a session prepares few statements, not one for each number of rows.
        """
        sql, bound = self.bind_rows(statement, rows)
        first = 0
        while first < len(bound):
            many, size = sql, 1
            for larger in CHUNKS:
                if larger <= len(bound) - first and (found := self._of_chunk(sql, larger)) is not None:
                    many, size = found, larger
                    break
            yield many, list(chain.from_iterable(bound[first : first + size]))
            first += size

    def _of_chunk(self, sql: str, size: int) -> str | None:
        if (sql, size) not in self._chunks:
            self._chunks[sql, size] = _repeated(sql, size)
        return self._chunks[sql, size]

    def bind_rows(self, statement: Executable, rows: Rows) -> tuple[str, list[list[object]]]:
        sql, order, fixed = self.text(statement)
        return sql, [list(map(({**fixed, **row} if fixed else row).get, order)) for row in rows]


def _repeated(sql: str, size: int) -> str | None:
    """An insertion of `size` rows out of one of a row; None where it says more than its values."""
    values, width = _VALUES.search(sql), len(_NUMBER.findall(sql))
    if values is None or len(_NUMBER.findall(values[0])) != width:
        return None
    pieces = _NUMBER.split(values[1])
    groups = (
        "".join(f"${int(piece) + width * row}" if at % 2 else piece for at, piece in enumerate(pieces))
        for row in range(size)
    )
    return f"{sql[: values.start()]}VALUES ({'), ('.join(groups)}){sql[values.end() :]}"


SQLITE = Compiled(sqlite.dialect(paramstyle="qmark"))
POSTGRES = Compiled(numbered.dialect())  # type: ignore[no-untyped-call] # SQLAlchemy's own
"""Parameters as libpq has them, `$1::BIGINT`: of SQLAlchemy's dialects this one writes each with its type."""


def unavailable(error: BaseException) -> LedgerUnavailableError:
    """The driver's message may repeat a bound value, so only its class is kept."""
    return LedgerUnavailableError(f"the database did not take a statement ({type(error).__name__})")

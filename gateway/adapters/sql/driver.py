"""One SQL text for SQLite and PostgreSQL, run as prepared statements on held connections.

Statements are SQLAlchemy Core expressions, module-level constants, compiled once per dialect; the driver
runs the text. A transaction's methods are `async def`; on SQLite they never suspend, which is what lets a
whole act run inside the one writer with nothing in between.
"""

import re
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import asyncpg
from sqlalchemy import Text, bindparam, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.expression import ClauseElement, Executable

from gateway.domain.errors import LedgerUnavailableError

Row = Mapping[str, Any]
Rows = Sequence[Mapping[str, object]]
Batch = tuple[Executable, Rows]

_VALUES = re.compile(r"VALUES \(([^()]+)\)")
_NUMBER = re.compile(r"\$([0-9]+)")

LOST = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
"""What asyncpg raises where the server refuses or is away; a session that was ended can be any of them."""


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
        """Execute once for each row, which names every column that the statement does."""

    async def run_all(self, *batches: Batch) -> None:
        """Execute statements on tables that have nothing to do with one another, each once for each row."""

    async def lock(self, statement: Executable) -> None:
        """Run a statement for the lock that it takes; on SQLite the transaction has begun with it."""


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

    def bind_rows(self, statement: Executable, rows: Rows) -> tuple[str, list[list[object]]]:
        sql, order, fixed = self.text(statement)
        return sql, [list(map(({**fixed, **row} if fixed else row).get, order)) for row in rows]

    def bind_columns(self, statement: Executable, rows: Rows, first: int) -> tuple[str, list[object]]:
        """One PostgreSQL statement for all rows, its parameters numbered on from `first`.

        `VALUES ($1::T, ...)` becomes a selection from as many arrays; any other statement has one row.
        """
        sql, bound = self.bind_rows(statement, rows)
        columns: list[object] = list(bound[0])
        values = _VALUES.search(sql)
        if values is not None:
            many = values[1].count("$")
            columns[:many] = [list(column) for column in zip(*bound, strict=True)][:many]
            arrays = values[1].replace(", ", "[], ")
            selected = f"SELECT * FROM unnest({arrays}[])"  # noqa: S608 - placeholders and types, never a value
            sql = sql[: values.start()] + selected + sql[values.end() :]
        elif len(bound) > 1:
            raise TypeError("only an insertion of plain values takes many rows")
        return _NUMBER.sub(lambda found: f"${int(found[1]) + first}", sql), columns


SQLITE = Compiled(sqlite.dialect(paramstyle="qmark"))
POSTGRES = Compiled(asyncpg_dialect.dialect())  # type: ignore[no-untyped-call] # SQLAlchemy's own

BEGIN = text("BEGIN")
BEGIN_IMMEDIATE = text("BEGIN IMMEDIATE")
COMMIT = text("COMMIT")
ROLLBACK = text("ROLLBACK")


class SqliteTx:
    """Runs on the thread that made the connection; no method suspends."""

    dialect = "sqlite"

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    async def one(self, statement: Executable, **values: object) -> Row | None:
        return self._execute(statement, values).fetchone()  # type: ignore[no-any-return] # sqlite3 is untyped here

    async def all(self, statement: Executable, **values: object) -> Sequence[Row]:
        return self._execute(statement, values).fetchall()

    async def run(self, statement: Executable, **values: object) -> int:
        return self._execute(statement, values).rowcount

    async def lock(self, statement: Executable) -> None:
        pass

    async def run_all(self, *batches: Batch) -> None:
        for statement, rows in batches:
            if rows:
                await self.run_many(statement, rows)

    async def run_many(self, statement: Executable, rows: Rows) -> None:
        sql, bound = SQLITE.bind_rows(statement, rows)
        try:
            self.connection.executemany(sql, bound)
        except sqlite3.Error as error:
            raise _unavailable(error) from None

    def _execute(self, statement: Executable, values: Mapping[str, object]) -> sqlite3.Cursor:
        sql, bound = SQLITE.bind(statement, values)
        try:
            return self.connection.execute(sql, bound)
        except sqlite3.Error as error:
            raise _unavailable(error) from None


class PostgresTx:
    """Runs on a held connection; asyncpg keeps the prepared statements."""

    dialect = "postgresql"

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]", *, begin: str | None = None) -> None:
        self.connection = connection
        self._begin: str | None = begin
        """What begins the transaction, until it has begun; then it may be committed."""

    @property
    def has_begun(self) -> bool:
        return self._begin is None

    async def lock(self, statement: Executable) -> None:
        # Without parameters, so one message holds both: a round trip less for each group.
        sql, begin = POSTGRES.text(statement)[0], self._begin
        self._begin = None
        try:
            await self.connection.execute(sql if begin is None else f"{begin}; {sql}")
        except LOST as error:
            raise _unavailable(error) from None

    async def _open(self) -> None:
        if self._begin is not None:
            begin, self._begin = self._begin, None
            await self.connection.execute(begin)

    async def one(self, statement: Executable, **values: object) -> Row | None:
        sql, bound = POSTGRES.bind(statement, values)
        try:
            await self._open()
            row: Row | None = await self.connection.fetchrow(sql, *bound)
        except LOST as error:
            raise _unavailable(error) from None
        return row

    async def all(self, statement: Executable, **values: object) -> Sequence[Row]:
        sql, bound = POSTGRES.bind(statement, values)
        try:
            await self._open()
            rows: Sequence[Row] = await self.connection.fetch(sql, *bound)
        except LOST as error:
            raise _unavailable(error) from None
        return rows

    async def run(self, statement: Executable, **values: object) -> int:
        sql, bound = POSTGRES.bind(statement, values)
        try:
            await self._open()
            status: str = await self.connection.execute(sql, *bound)
        except LOST as error:
            raise _unavailable(error) from None
        last = status.rsplit(" ", 1)[-1]
        return int(last) if last.isdigit() else 0

    async def run_many(self, statement: Executable, rows: Rows) -> None:
        await self.run_all((statement, rows))

    async def run_all(self, *batches: Batch) -> None:
        # One message, and one answer, for all of them.
        parts: list[str] = []
        bound: list[object] = []
        for statement, rows in batches:
            if rows:
                sql, columns = POSTGRES.bind_columns(statement, rows, len(bound))
                parts.append(sql)
                bound += columns
        if not parts:
            return
        before = ", ".join(f"s{number} AS ({part})" for number, part in enumerate(parts[:-1]))
        try:
            await self._open()
            await self.connection.execute(f"WITH {before} {parts[-1]}" if before else parts[-1], *bound)
        except LOST as error:
            raise _unavailable(error) from None


def _unavailable(error: BaseException) -> LedgerUnavailableError:
    """The driver's message may repeat a bound value, so only its class is kept."""
    return LedgerUnavailableError(f"the database did not take a statement ({type(error).__name__})")

"""One PostgreSQL session in libpq's pipeline mode: statements queue up and travel together.

psycopg connects; what it has for running statements costs more than all else that is done for a release
(measured: DECISIONS.md), so this speaks to the libpq wrapper that it offers (`psycopg.pq`). Each statement of
a flight still runs after the one before it and sees what was committed until then: nothing but the waiting
between them is saved.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import psycopg
from psycopg import pq
from psycopg.errors import error_from_result

LOST = (psycopg.Error, OSError, TimeoutError)
"""What a session raises where the server refuses or is away; its link is closed then."""

_CONNECT_S = 2
_PLAIN, _BINARY = 0, 1
_DONE = frozenset({pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK})


def _number(value: bytes) -> int:
    return int.from_bytes(value, "big", signed=True)


_DECODERS: dict[int, Callable[[bytes], object]] = {
    16: lambda value: value == b"\x01",  # bool
    17: bytes,  # bytea
    20: _number,  # int8
    23: _number,  # int4
    25: bytes.decode,  # text
    114: bytes.decode,  # json
}
"""By the number that PostgreSQL has for the type of a column (`pg_type.oid`)."""

_PLAIN_TEXT: dict[type, Callable[[Any], bytes]] = {
    bool: lambda value: b"t" if value else b"f",
    int: lambda value: b"%d" % value,
}


class Link:
    """Statements are queued by `send` and leave with the next `flight`, or before it with `set_off`.

    After any failure it is closed.
    """

    def __init__(self, connection: "psycopg.AsyncConnection[Any]", patience_s: float) -> None:
        self._connection = connection
        self._pg = connection.pgconn
        self._pg.enter_pipeline_mode()
        self._patience_s = patience_s
        self._loop = asyncio.get_running_loop()
        self._socket = self._pg.socket
        self._names: dict[str, bytes] = {}
        self._answers: list[pq.abc.PGresult] = []
        self._landed: asyncio.Future[None] | None = None
        self._finished = False
        self._syncs = 0
        """Sent, and not answered yet."""
        self._loop.add_reader(self._socket, self._read)

    @classmethod
    async def open(
        cls, url: str, *, primary: bool, patience_s: float = 5, settings: Mapping[str, str] | None = None
    ) -> "Link":
        """Connect.

        Args:
            url: `postgresql://…`, as libpq reads it.
            primary: Whether only a server that takes writes will do.
            patience_s: How long one flight may take.
            settings: Of the session.

        Raises:
            psycopg.Error, OSError, TimeoutError: Nobody answers, or not as asked.
        """
        # Names are resolved too before it gives up, and each address tried: psycopg bounds only the latter.
        async with asyncio.timeout(2 * _CONNECT_S):
            connection = await psycopg.AsyncConnection.connect(
                url,
                autocommit=True,
                client_encoding="utf8",
                connect_timeout=_CONNECT_S,
                target_session_attrs="primary" if primary else "any",
            )
        link = cls(connection, patience_s)
        for name, value in (settings or {}).items():
            link.send(f"SET {name} TO {value}")
        if settings:
            await link.flight()
        return link

    @property
    def closed(self) -> bool:
        return self._finished

    def send(self, sql: str, values: Sequence[object] = ()) -> None:
        """Queue a statement, its parameters written `$1`, `$2`, ...; it is prepared at its first use."""
        name = self._names.get(sql)
        if name is None:
            name = self._names[sql] = b"s%d" % len(self._names)
            self._pg.send_prepare(name, sql.encode())
        self._pg.send_query_prepared(name, *_encode(values), _BINARY)

    def set_off(self) -> None:
        """Let the queued statements run; the next flight waits for them too, and fails if one of them did.

        Each time with a sync: only between two of these does the server notice that nothing more comes from
        a session that holds a lock (`idle_in_transaction_session_timeout`).
        """
        self._pg.pipeline_sync()
        self._syncs += 1
        self._push()

    async def flight(self) -> pq.abc.PGresult:
        """Let the queued statements run, wait for all of them, and give the answer of the last.

        Raises:
            psycopg.Error, OSError, TimeoutError: One of them failed, so that those after it did not run; or
                the session is lost, and nothing is known of them.
        """
        if self._landed is not None:
            raise RuntimeError("a session is one task's at a time")
        self._answers = []
        self._landed = self._loop.create_future()
        timer = self._loop.call_later(self._patience_s, self._fail, TimeoutError("no answer"))
        try:
            self.set_off()
            await self._landed
            _require_done(self._answers)
        except BaseException:
            # Where nothing could be sent, nobody waits for this any more.
            self._landed.cancel()
            self.close()
            raise
        finally:
            timer.cancel()
            self._landed = None
        return self._answers[-1]

    def close(self) -> None:
        """End the session; a transaction that is open in it is rolled back, and who waits is told."""
        if not self._finished:
            self._finished = True
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
            self._pg.finish()
            self._fail(psycopg.OperationalError("the session was closed"))

    def _push(self) -> None:
        try:
            if self._pg.flush():
                self._loop.add_writer(self._socket, self._push)
            else:
                self._loop.remove_writer(self._socket)
        except psycopg.Error as error:
            self._fail(error)

    def _read(self) -> None:
        """Take what has come; nothing here waits for more."""
        try:
            self._pg.consume_input()
            if self._landed is not None and self._take_answers() and not self._landed.done():
                self._landed.set_result(None)
            elif self._pg.status != pq.ConnStatus.OK:
                raise psycopg.OperationalError("the session was ended")
        except psycopg.Error as error:
            self._fail(error)

    def _take_answers(self) -> bool:
        """Whether the flight has landed: the answer to its last sync has come."""
        between = False
        while not self._pg.is_busy():
            answer = self._pg.get_result()
            if answer is None and between:
                return False
            # One None stands between the answers of two statements.
            between = answer is None
            if answer is not None:
                if answer.status != pq.ExecStatus.PIPELINE_SYNC:
                    self._answers.append(answer)
                    continue
                self._syncs -= 1
                between = True
                if self._syncs == 0:
                    return True
        return False

    def _fail(self, error: Exception) -> None:
        """The session is lost, in a flight or between two."""
        if self._landed is not None and not self._landed.done():
            self._landed.set_exception(error)
        self.close()


def _require_done(answers: Sequence[pq.abc.PGresult]) -> None:
    for answer in answers:
        if answer.status not in _DONE:
            raise error_from_result(answer)


def rows_of(answer: pq.abc.PGresult) -> list[dict[str, Any]]:
    """The rows of an answer, by the names of their columns."""
    read = answer.get_value
    columns = [
        (column, (answer.fname(column) or b"").decode(), _DECODERS[answer.ftype(column)])
        for column in range(answer.nfields)
    ]
    return [
        {
            name: decode(value) if (value := read(row, column)) is not None else None
            for column, name, decode in columns
        }
        for row in range(answer.ntuples)
    ]


def _encode(values: Sequence[object]) -> tuple[list[bytes | None], list[int]]:
    """Parameters and their formats: text too goes with its length, for libpq ends a plain one at a NUL."""
    sent: list[bytes | None] = []
    formats: list[int] = []
    for value in values:
        if isinstance(value, str):
            sent.append(value.encode())
        elif value is None or isinstance(value, bytes):
            sent.append(value)
        else:
            # Of numbers the text: how many bytes a binary one has depends on the column.
            sent.append(_PLAIN_TEXT[type(value)](value))
            formats.append(_PLAIN)
            continue
        formats.append(_BINARY)
    return sent, formats

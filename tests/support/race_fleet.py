"""Several gateways on one database: four processes on PostgreSQL, overlapping tasks of one on SQLite."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from tests.support.race_gate import Gate
from tests.support.race_network import race_network
from tests.support.race_registry import Told
from tests.support.stack import open_stack

PROCESSES = 4
_START_S = 60


class Fleet(Protocol):
    """`size` gateways with so many `children`; an order goes to one of them."""

    @property
    def name(self) -> str: ...

    @property
    def size(self) -> int: ...

    @property
    def children(self) -> int: ...

    @property
    def spread_ms(self) -> float:
        """Within how long the requests of a trial begin: about as long as all of them take."""

    async def do(self, gate: int, order: Told) -> Told: ...


async def everywhere(fleet: Fleet, order: Told) -> None:
    """Give one order to every gateway."""
    await asyncio.gather(*(fleet.do(gate, order) for gate in range(fleet.size)))


@dataclass
class OneProcess:
    """The embedded store is written by one process: its tasks are what overlaps."""

    gate: Gate
    children: int
    name: str = "sqlite"
    size: int = 1
    spread_ms: float = 10.0

    async def do(self, gate: int, order: Told) -> Told:
        del gate
        return await asyncio.create_task(self.gate.do(order))


@asynccontextmanager
async def one_process(url: str, state: Path, children: int) -> AsyncIterator[OneProcess]:
    """Open one seeded gateway; a fault that was seeded ends with it."""
    async with open_stack(url, state, seed=race_network(children)) as stack:
        gate = Gate.on(stack)
        try:
            yield OneProcess(gate, children)
        finally:
            gate.fault.close()


@contextmanager
def started_processes(url: str, state: Path, children: int) -> Iterator[tuple[Path, ...]]:
    """Seed a database, then run four gateways on it and on one state directory; give their sockets.

    One of them signs. They end when their standard input closes, whatever becomes of this process.
    """

    async def seed() -> None:
        async with open_stack(url, state, seed=race_network(children)):
            pass

    with asyncio.Runner() as runner:
        runner.run(seed())
    with workers_on(url, state, PROCESSES) as sockets:
        yield sockets


@contextmanager
def workers_on(url: str, state: Path, number: int) -> Iterator[tuple[Path, ...]]:
    """Run so many gateways, each in a process of its own, on a database that is there; give their sockets."""
    with tempfile.TemporaryDirectory(prefix="gw-race-") as folder:
        sockets = tuple(Path(folder) / f"{one}.sock" for one in range(number))
        workers = [_start(url, state, socket) for socket in sockets]
        try:
            for worker in workers:
                _await_ready(worker)
            yield sockets
        finally:
            for worker in workers:
                assert worker.stdin is not None
                worker.stdin.close()
            for worker in workers:
                worker.wait(_START_S)
                assert worker.stdout is not None
                worker.stdout.close()


def _start(url: str, state: Path, socket: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "tests.support.race_worker", url, str(state), str(socket)]
    root = Path(__file__).parents[2]
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=root,
        env={**os.environ, "PYTHONPATH": "."},
    )


def _await_ready(worker: "subprocess.Popen[bytes]") -> None:
    assert worker.stdout is not None
    line = worker.stdout.readline()
    if line != b"ready\n":
        raise RuntimeError("a gateway of the race did not start")


@dataclass
class Processes:
    """Gateways behind their sockets: one line a request, one line an answer, in any order."""

    lines: "Sequence[_Line]"
    children: int
    name: str = "postgresql"
    spread_ms: float = 25.0

    @property
    def size(self) -> int:
        return len(self.lines)

    async def do(self, gate: int, order: Told) -> Told:
        return await self.lines[gate].ask(order)


@dataclass
class _Line:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    waiting: dict[int, "asyncio.Future[Told]"] = field(default_factory=dict)
    number: int = 0

    async def ask(self, order: Told) -> Told:
        self.number += 1
        future: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
        self.waiting[self.number] = future
        self.writer.write(json.dumps({**order, "number": self.number}).encode() + b"\n")
        return await future

    async def listen(self) -> None:
        while line := await self.reader.readline():
            told: dict[str, Any] = json.loads(line)
            self.waiting.pop(told["number"]).set_result(told)
        for future in self.waiting.values():
            future.set_exception(ConnectionError("a gateway of the race has ended"))


@asynccontextmanager
async def processes(sockets: Sequence[Path], children: int) -> AsyncIterator[Processes]:
    """Connect to gateways that run already; faults and clocks are put right at the end."""
    async with AsyncExitStack() as stack:
        lines = []
        for socket in sockets:
            reader, writer = await asyncio.open_unix_connection(str(socket), limit=16 * 1024 * 1024)
            line = _Line(reader, writer)
            listener = asyncio.create_task(line.listen())
            stack.push_async_callback(_close, writer, listener)
            lines.append(line)
        fleet = Processes(lines, children)
        try:
            yield fleet
        finally:
            await everywhere(fleet, {"do": "set"})


async def _close(writer: asyncio.StreamWriter, listener: "asyncio.Task[None]") -> None:
    writer.close()
    await listener

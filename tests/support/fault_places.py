"""Where a database lives, so that a copy of it can be kept and put back later, as an operator might."""

import asyncio
import shutil
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Protocol

from tests.support.postgres import PostgresServer, unused_name

_numbers = count(1)


class Place(Protocol):
    """A database that is closed while it is copied or put back."""

    @property
    def url(self) -> str: ...

    async def copy(self) -> str:
        """Keep a copy; gives its name."""

    async def put_back(self, name: str) -> None: ...

    async def empty(self) -> None:
        """Put an empty database in its place."""


@dataclass(frozen=True)
class FilePlace:
    path: Path

    @property
    def url(self) -> str:
        return f"sqlite:///{self.path}"

    async def copy(self) -> str:
        name = f"{self.path}.{next(_numbers)}"
        await asyncio.to_thread(shutil.copy, self.path, name)
        assert not self.path.with_name(f"{self.path.name}-wal").exists()
        return name

    async def put_back(self, name: str) -> None:
        await asyncio.to_thread(shutil.copy, name, self.path)

    async def empty(self) -> None:
        self.path.unlink()


@dataclass(frozen=True)
class ServerPlace:
    server: PostgresServer
    name: str
    made: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.server.database_url(self.name)

    async def copy(self) -> str:
        name = unused_name()
        self.made.append(name)
        await self._run(f'CREATE DATABASE "{name}" TEMPLATE "{self.name}"')
        return name

    async def put_back(self, name: str) -> None:
        await self._run(f'DROP DATABASE "{self.name}"')
        await self._run(f'CREATE DATABASE "{self.name}" TEMPLATE "{name}"')

    async def empty(self) -> None:
        await self._run(f'DROP DATABASE "{self.name}"')
        await self._run(f'CREATE DATABASE "{self.name}"')

    async def _run(self, statement: str) -> None:
        await asyncio.to_thread(self.server._administer, statement)

    def drop(self) -> None:
        for name in (self.name, *self.made):
            self.server.drop_database(name)

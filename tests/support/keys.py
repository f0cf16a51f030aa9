"""Keys for tests: a real keyring under a root key that takes a millisecond to open."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from gateway.adapters.crypto.keyring import Keyring
from gateway.adapters.crypto.root_file import FileRoot, InsecureTestCost
from gateway.adapters.crypto.state import KeyState
from gateway.domain.ids import AgencyId, PersonId
from gateway.domain.keys import KeyPath

TEST_COST = InsecureTestCost()


def private_folder(path: Path) -> Path:
    path.mkdir(mode=0o700)
    return path


def new_root(folder: Path) -> FileRoot:
    """A root key in `folder`/root.key with its machine key beside it."""
    FileRoot.create(folder / "root.key", cost=TEST_COST)
    return FileRoot.open(folder / "root.key", insecure_test_cost=TEST_COST)


async def new_state(path: Path) -> KeyState:
    return await KeyState.init(path, cost=TEST_COST)


async def new_path(keyring: Keyring, agency: str = "school", person: str = "per_1") -> KeyPath:
    """An agency's and a person's first keys, as the store would hold them."""
    name, who = AgencyId(agency), PersonId(person)
    agency_wrap = await keyring.new_agency_key(name, 1)
    subject_wrap = await keyring.new_subject_key(name, 1, agency_wrap, who, 1)
    return KeyPath(name, 1, agency_wrap, who, 1, subject_wrap)


@dataclass
class Clock:
    """A monotonic clock that moves when told to."""

    now_s: float = 1000.0

    def __call__(self) -> float:
        return self.now_s


@dataclass
class CountingRoot:
    """A root key that counts how often it is asked, and fails when told to."""

    inner: FileRoot
    checks: int = 0
    unwraps: int = 0
    failure: Exception | None = None
    silent: bool = False

    @property
    def key_id(self) -> str:
        return self.inner.key_id

    async def wrap(self, context: bytes, key: bytes) -> bytes:
        return await self.inner.wrap(context, key)

    async def unwrap(self, context: bytes, wrapped: bytes) -> bytes:
        self.unwraps += 1
        await self._answer()
        return await self.inner.unwrap(context, wrapped)

    async def health(self) -> None:
        self.checks += 1
        await self._answer()
        await self.inner.health()

    async def _answer(self) -> None:
        if self.silent:
            await asyncio.Event().wait()
        if self.failure:
            raise self.failure


def in_row_of(path: KeyPath, other: KeyPath) -> list[KeyPath]:
    """Every path that mixes one row of `other` into `path`."""
    return [
        path._replace(agency_wrap=other.agency_wrap),
        path._replace(subject_wrap=other.subject_wrap),
        path._replace(agency=other.agency),
        path._replace(person=other.person),
        path._replace(agency_key_version=path.agency_key_version + 1),
        path._replace(subject_key_version=path.subject_key_version + 1),
    ]

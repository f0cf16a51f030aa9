"""Keys of content, keys of the record, and where sealed content lies."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from gateway.domain.contexts import FragmentPlace, SectionSlot
from gateway.domain.ids import AgencyId, FragmentId, PersonId
from gateway.domain.keys import KeyPath

ReadAt = Callable[[int, int], bytes]
"""`read_at(offset, length)` gives that many sealed bytes, fewer only at the end."""


class DataKey(Protocol):
    """An opened key of one fragment version; it seals and opens that version's sections only."""

    def seal(self, slot: SectionSlot, plaintext: bytes) -> bytes: ...

    def sealer(self, slot: SectionSlot) -> "StreamSealer": ...

    def unseal(self, slot: SectionSlot, sealed: bytes) -> bytes:
        """A small section, whole. Raises TamperedError."""

    def unseal_range(
        self, slot: SectionSlot, read_at: ReadAt, *, sealed_length: int, start: int, stop: int
    ) -> Iterator[bytes]:
        """Bytes `[start, stop)` of a large section, at most 1 MiB at a time. Raises TamperedError."""


class StreamSealer(Protocol):
    """`header`, then each `update`, then `finish`, written in that order."""

    @property
    def header(self) -> bytes: ...

    def update(self, piece: bytes) -> bytes: ...

    def finish(self) -> bytes: ...


class KeyMaker(Protocol):
    """Makes the wraps above data keys. Raises KeysUnavailableError when the provider does not answer."""

    async def new_agency_key(self, agency: AgencyId, version: int) -> bytes: ...

    async def new_subject_key(
        self, agency: AgencyId, agency_version: int, agency_wrap: bytes, person: PersonId, version: int
    ) -> bytes: ...


class Seals(Protocol):
    """Keys of content. Raises KeysUnavailableError when the provider does not answer."""

    async def health(self) -> None: ...

    async def new_data_key(
        self, path: KeyPath, fragment: FragmentId, version: int
    ) -> tuple[DataKey, bytes]: ...

    async def unwrap(
        self, path: KeyPath, fragment: FragmentId, version: int, data_wrap: bytes
    ) -> DataKey: ...


class RecordKey(Protocol):
    @property
    def owner(self) -> str: ...

    def reveal(self) -> bytes:
        """The 32 bytes: for a cipher, and for nobody else."""


class RecordKeys(Protocol):
    """What keeps the record, and never calls the key provider: handles, seals under record keys, receipts."""

    def handle(self, kind: str, value: str | bytes) -> bytes: ...

    def secret_handle(self, kind: str, value: bytes) -> bytes:
        """The 32-byte keyed handle of a secret, which is kept nowhere."""

    def new_record_key(self, owner: str) -> bytes: ...

    def record_key(self, owner: str, wrap: bytes) -> RecordKey: ...

    def seal_part(self, key: RecordKey, decision_id: str, part: int, plaintext: bytes) -> bytes: ...

    def unseal_part(self, key: RecordKey, decision_id: str, part: int, sealed: bytes) -> bytes: ...

    def snapshot_handle(self, digest: bytes) -> bytes: ...

    def seal_snapshot(self, key: RecordKey, handle: bytes, canonical: bytes) -> bytes: ...

    def unseal_snapshot(self, key: RecordKey, handle: bytes, sealed: bytes) -> bytes: ...

    def seal_attributes(self, key: RecordKey, version: int, plaintext: bytes) -> bytes: ...

    def unseal_attributes(self, key: RecordKey, version: int, sealed: bytes) -> bytes: ...

    def place(
        self, agency: AgencyId, person: PersonId, fragment: FragmentId, version: int
    ) -> FragmentPlace: ...

    def seal_manifest(self, key: RecordKey, place: FragmentPlace, plaintext: bytes) -> bytes: ...

    def unseal_manifest(self, key: RecordKey, place: FragmentPlace, sealed: bytes) -> bytes: ...

    def seal_journal(self, name: str, plaintext: bytes) -> bytes: ...

    def unseal_journal(self, name: str, sealed: bytes) -> bytes: ...

    def sign_receipt(self, record: bytes) -> str:
        """The record with its signature: JWS compact, EdDSA."""


class Content(Protocol):
    """Sealed content above 256 KiB, under opaque names. Raises KeysUnavailableError when it is away."""

    def put(self, name: str, chunks: Iterable[bytes]) -> int: ...

    def read_at(self, name: str) -> ReadAt: ...

    def size(self, name: str) -> int: ...

    def delete(self, name: str) -> None: ...

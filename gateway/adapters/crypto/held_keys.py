"""Opened keys while they are in memory: they show an id and a length, never themselves."""

from collections.abc import Iterator
from typing import Final, NoReturn

from gateway.adapters.crypto.sealing import ReadAt, Sealer, seal, unseal, unseal_range
from gateway.domain.contexts import FragmentPlace, SectionSlot, section_context
from gateway.domain.errors import TamperedError

_KEY_VERSION: Final = 1
"""Of a data key: it is made with the fragment version and never changes, only its wrap does."""


class HeldKey:
    """32 secret bytes with a public id; cannot be copied out by `repr`, `pickle` or an exception."""

    __slots__ = ("_secret", "id")

    def __init__(self, key_id: str, secret: bytes) -> None:
        self.id = key_id
        self._secret = secret

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.id}, {len(self._secret)} bytes)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is not written out")

    def reveal(self) -> bytes:
        """Give the 32 bytes: to a cipher, and to nobody else."""
        return self._secret


class RecordKey(HeldKey):
    """A person's, an agency's or the deployment's record key; its id is the owner."""

    __slots__ = ()

    @property
    def owner(self) -> str:
        return self.id


class DataKey(HeldKey):
    """A fragment version's key; it seals and opens that version's sections in their own slots only."""

    __slots__ = ("place",)

    def __init__(self, place: FragmentPlace, secret: bytes) -> None:
        super().__init__(f"{place.fragment}:{place.version}", secret)
        self.place = place

    def require_place(self, place: FragmentPlace) -> FragmentPlace:
        """Give the place back if it is this key's own.

        Raises:
            TamperedError: It is another's.
        """
        if place != self.place:
            raise TamperedError("a key belongs to another fragment version")
        return place

    def seal(self, slot: SectionSlot, plaintext: bytes) -> bytes:
        """Seal a section of at most a few MiB."""
        return seal(self._secret, self._context(slot), plaintext)

    def sealer(self, slot: SectionSlot) -> Sealer:
        """Seal a section that arrives in pieces."""
        return Sealer(self._secret, self._context(slot))

    def unseal(self, slot: SectionSlot, sealed: bytes) -> bytes:
        """Open a section.

        Raises:
            TamperedError: Not this section, this version, this key, or altered bytes.
        """
        return unseal(self._secret, self._context(slot), sealed)

    def unseal_range(
        self, slot: SectionSlot, read_at: ReadAt, *, sealed_length: int, start: int, stop: int
    ) -> Iterator[bytes]:
        """Open the plaintext bytes `start` to `stop` (half-open) of a large section, 1 MiB at a time.

        Raises:
            TamperedError: At once if the header, the length or the end is wrong, else before the piece.
        """
        return unseal_range(self._secret, self._context(slot), read_at, sealed_length, start, stop)

    def _context(self, slot: SectionSlot) -> bytes:
        return section_context(self.place, slot, key_id=self.id, key_version=_KEY_VERSION)

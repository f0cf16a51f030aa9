"""The way down: root key (provider), agency key, subject-at-agency key, data key of a fragment version.

The wraps are rows of the store; the keyring holds no database. It uses opened agency and subject keys for at
most five minutes, with what they derive for the wraps under them, and asks the provider's health at most once
a second before any key is made or opened, cached or not: with the root key gone, nothing opens two seconds
later. Data keys are never kept: each use opens the wrap again.
"""

import asyncio
import os
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from gateway.adapters.crypto.held_keys import DataKey
from gateway.adapters.crypto.provider import RootKey
from gateway.adapters.crypto.records import RecordSeals
from gateway.adapters.crypto.sealing import HEADER_BYTES, KEY_BYTES, Opening, seal, unseal
from gateway.adapters.crypto.sub_roots import SubRoots
from gateway.domain.contexts import (
    FragmentPlace,
    agency_key_context,
    data_key_context,
    subject_key_context,
)
from gateway.domain.errors import KeysUnavailableError
from gateway.domain.ids import AgencyId, FragmentId, PersonId
from gateway.domain.keys import KeyPath

HEALTH_EVERY_S: Final = 1.0
PROVIDER_DEADLINE_S: Final = 1.0
KEPT_S: Final = 300.0
MAX_KEPT: Final = 4096
MAX_WRAPS: Final = 64
"""Of one subject key, about 2.6 KB each."""

_Row = tuple[AgencyId, int, bytes] | KeyPath


@dataclass(slots=True)
class _Opened:
    """An opened agency or subject key; under a subject's, what opens the wraps of her data keys."""

    secret: bytes = field(repr=False)
    until: float
    wraps: dict[tuple[FragmentId, int, bytes], tuple[FragmentPlace, Opening]] = field(
        default_factory=dict, repr=False
    )


class Keyring(RecordSeals):
    """Makes and opens keys on the way down, each in its own row only; `RecordSeals` needs no provider."""

    def __init__(
        self,
        root: RootKey,
        deployment: str,
        sub_roots: SubRoots,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(deployment, sub_roots)
        self._root = root
        self._monotonic = monotonic
        self._kept: OrderedDict[_Row, _Opened] = OrderedDict()
        self._next_check = float("-inf")
        self._is_well = False

    async def health(self) -> None:
        """Return if keys can be made and opened; the provider is asked at most once a second.

        Raises:
            KeysUnavailableError: The provider's key is gone, or it does not answer within a second.
        """
        if self._monotonic() >= self._next_check:
            self._is_well = False
            self._drop_old()
            try:
                async with asyncio.timeout(PROVIDER_DEADLINE_S):
                    await self._root.health()
                self._is_well = True
            except (KeysUnavailableError, TimeoutError, OSError):
                # What is open stays closed to everyone from now on; a key that comes back is opened anew.
                self._kept.clear()
            self._next_check = self._monotonic() + HEALTH_EVERY_S
        if not self._is_well:
            raise KeysUnavailableError("the root key cannot be used")

    async def new_agency_key(self, agency: AgencyId, version: int) -> bytes:
        """Make version `version` (1 and up) of an agency's key and give its wrap.

        Raises:
            KeysUnavailableError: The provider does not answer.
        """
        await self.health()
        return await self._wrap(agency_key_context(self.deployment, agency, version), os.urandom(KEY_BYTES))

    async def new_subject_key(
        self, agency: AgencyId, agency_version: int, agency_wrap: bytes, person: PersonId, version: int
    ) -> bytes:
        """Make version `version` of a person's key at an agency and give its wrap.

        Raises:
            KeysUnavailableError: The provider does not answer.
            TamperedError: The agency key's wrap is not of this row.
        """
        await self.health()
        agency_key = await self._agency_key(agency, agency_version, agency_wrap)
        context = self._subject_context(agency, agency_version, person, version)
        return seal(agency_key.secret, context, os.urandom(KEY_BYTES))

    async def new_data_key(self, path: KeyPath, fragment: FragmentId, version: int) -> tuple[DataKey, bytes]:
        """Make the key of a fragment version; give it and its wrap.

        Raises:
            KeysUnavailableError: The provider does not answer.
            TamperedError: A wrap of the path is not of its row.
        """
        await self.health()
        subject_key = await self._subject_key(path)
        place = self.place(path.agency, path.person, fragment, version)
        data_key = DataKey(place, os.urandom(KEY_BYTES))
        context = data_key_context(place, subject_key_version=path.subject_key_version)
        return data_key, seal(subject_key.secret, context, data_key.reveal())

    async def unwrap(self, path: KeyPath, fragment: FragmentId, version: int, data_wrap: bytes) -> DataKey:
        """Open the key of a fragment version.

        Raises:
            KeysUnavailableError: The provider does not answer.
            TamperedError: A wrap is not of its row.
        """
        await self.health()
        subject_key = await self._subject_key(path)
        # By the header only: what is kept here opens nothing once the wrap is erased.
        header = data_wrap[:HEADER_BYTES]
        known = subject_key.wraps.get((fragment, version, header))
        if known is None:
            place = self.place(path.agency, path.person, fragment, version)
            context = data_key_context(place, subject_key_version=path.subject_key_version)
            known = place, Opening(subject_key.secret, context, header)
            if len(subject_key.wraps) >= MAX_WRAPS:
                subject_key.wraps.clear()
            subject_key.wraps[fragment, version, header] = known
        place, opening = known
        return DataKey(place, opening.open(data_wrap))

    async def rewrap_data_key(
        self, old: KeyPath, new: KeyPath, fragment: FragmentId, version: int, data_wrap: bytes
    ) -> bytes:
        """Move a data key's wrap from one version of its subject key to another; content stays as it is.

        Raises:
            KeysUnavailableError: The provider does not answer.
            TamperedError: A wrap is not of its row, or the paths are of different agencies or persons.
        """
        data_key = await self.unwrap(old, fragment, version, data_wrap)
        place = self.place(new.agency, new.person, fragment, version)
        context = data_key_context(data_key.require_place(place), subject_key_version=new.subject_key_version)
        return seal((await self._subject_key(new)).secret, context, data_key.reveal())

    async def rewrap_subject_key(self, path: KeyPath, agency_version: int, agency_wrap: bytes) -> bytes:
        """Move a subject key's wrap to another version of its agency key.

        Raises:
            KeysUnavailableError: The provider does not answer.
            TamperedError: A wrap is not of its row.
        """
        await self.health()
        subject_key = await self._subject_key(path)
        agency_key = await self._agency_key(path.agency, agency_version, agency_wrap)
        context = self._subject_context(path.agency, agency_version, path.person, path.subject_key_version)
        return seal(agency_key.secret, context, subject_key.secret)

    async def rewrap_agency_key(
        self, agency: AgencyId, version: int, wrap: bytes, new_root: RootKey
    ) -> bytes:
        """Move an agency key's wrap to a new root key.

        Raises:
            KeysUnavailableError: A provider does not answer.
            TamperedError: The wrap is not of this row.
        """
        await self.health()
        agency_key = await self._agency_key(agency, version, wrap)
        return await new_root.wrap(agency_key_context(self.deployment, agency, version), agency_key.secret)

    def forget(self) -> None:
        """Drop every opened agency and subject key, as when one is destroyed."""
        self._kept.clear()

    async def _subject_key(self, path: KeyPath) -> _Opened:
        kept = self._find(path)
        if kept is not None:
            return kept
        agency_key = await self._agency_key(path.agency, path.agency_key_version, path.agency_wrap)
        context = self._subject_context(
            path.agency, path.agency_key_version, path.person, path.subject_key_version
        )
        return self._keep(path, unseal(agency_key.secret, context, path.subject_wrap))

    async def _agency_key(self, agency: AgencyId, version: int, wrap: bytes) -> _Opened:
        row = (agency, version, wrap)
        kept = self._find(row)
        if kept is not None:
            return kept
        context = agency_key_context(self.deployment, agency, version)
        try:
            async with asyncio.timeout(PROVIDER_DEADLINE_S):
                opened = await self._root.unwrap(context, wrap)
        except (TimeoutError, OSError):
            raise KeysUnavailableError("the root key cannot be used") from None
        return self._keep(row, opened)

    async def _wrap(self, context: bytes, key: bytes) -> bytes:
        try:
            async with asyncio.timeout(PROVIDER_DEADLINE_S):
                return await self._root.wrap(context, key)
        except (TimeoutError, OSError):
            raise KeysUnavailableError("the root key cannot be used") from None

    def _subject_context(
        self, agency: AgencyId, agency_version: int, person: PersonId, version: int
    ) -> bytes:
        return subject_key_context(
            self.deployment,
            agency,
            agency_version=agency_version,
            subject=self.subject_handle(person),
            version=version,
        )

    def _find(self, row: _Row) -> _Opened | None:
        kept = self._kept.get(row)
        if kept is None:
            return None
        return kept if self._monotonic() < kept.until else None

    def _drop_old(self) -> None:
        while self._kept:
            row, oldest = next(iter(self._kept.items()))
            if self._monotonic() < oldest.until:
                return
            del self._kept[row]

    def _keep(self, row: _Row, secret: bytes) -> _Opened:
        # The oldest stands first.
        self._kept.pop(row, None)
        opened = self._kept[row] = _Opened(secret, self._monotonic() + KEPT_S)
        if len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
        return opened

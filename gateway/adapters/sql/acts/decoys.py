"""Decoys: synthetic persons, each with a dossier and one fragment, who stand in for unknown identifiers.

An unknown fragment takes the very way of a hidden refusal, on a decoy's facts (promise P9). So a decoy has
what a child's record has, a guardian with sole authority included, and nobody is assigned to her. Keys are
made beforehand, outside the transaction: the key provider is never called inside one.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import bindparam, insert, select

from gateway.adapters.sql.acts.persons import write_person
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.tables import (
    agencies,
    agency_keys,
    authorities,
    dossiers,
    fragments,
    sections,
    subject_keys,
    versions,
)
from gateway.domain.contexts import SectionSlot
from gateway.domain.fragment import DOCUMENT_SECTION, Manifest, SectionLabel
from gateway.domain.ids import DossierId, FragmentId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.keys import KeyPath
from gateway.domain.person import Attributes, Described
from gateway.domain.registry import DECOY_AGENCY
from gateway.ports import Ids, KeyMaker, Seals

DECOYS = 64
MEDIA_TYPE = "text/plain"

_ADD_AGENCY = insert(agencies)
_ADD_AGENCY_KEY = insert(agency_keys)
_ADD_SUBJECT_KEYS = insert(subject_keys)
_ADD_DOSSIERS = insert(dossiers)
_ADD_FRAGMENTS = insert(fragments)
_ADD_VERSIONS = insert(versions)
_ADD_SECTIONS = insert(sections)
_ADD_AUTHORITIES = insert(authorities)
_LIST = select(fragments.c.id).where(fragments.c.owner == bindparam("of_owner")).order_by(fragments.c.id)


@dataclass(frozen=True, slots=True)
class Decoy:
    """One decoy, sealed and ready to be written."""

    path: KeyPath
    guardian: PersonId
    authority: str
    dossier: DossierId
    fragment: FragmentId
    data_wrap: bytes
    plain_bytes: int
    sealed: bytes
    born_on: date

    @property
    def person(self) -> PersonId:
        return self.path.person


async def plan_decoys(keys: KeyMaker, seals: Seals, ids: Ids) -> tuple[Decoy, ...]:
    """Make 64 decoys and their keys; content, names and birth dates come from unguessable identifiers.

    Raises:
        KeysUnavailableError: The key provider does not answer.
    """
    agency_wrap = await keys.new_agency_key(DECOY_AGENCY, 1)
    return tuple([await _plan(keys, seals, ids, agency_wrap) for _ in range(DECOYS)])


async def write_decoys(tx: Tx, vault: Vault, decoys: Sequence[Decoy], at: Instant) -> None:
    """Write the decoys and the agency that owns them; part of the genesis transaction."""
    await tx.run(_ADD_AGENCY, **_agency_row())
    await tx.run(
        _ADD_AGENCY_KEY, agency=DECOY_AGENCY, version=1, wrap=decoys[0].path.agency_wrap, state="active"
    )
    for decoy in decoys:
        await write_person(tx, vault, decoy.person, _child(decoy), decoy=True)
        await write_person(tx, vault, decoy.guardian, _guardian(decoy), decoy=True)
    await tx.run_many(_ADD_SUBJECT_KEYS, [_subject_key_row(decoy) for decoy in decoys])
    await tx.run_many(
        _ADD_DOSSIERS, [{"id": one.dossier, "person": one.person, "created_at": at} for one in decoys]
    )
    await tx.run_many(_ADD_FRAGMENTS, [_fragment_row(decoy, at) for decoy in decoys])
    await tx.run_many(_ADD_VERSIONS, [await _version_row(tx, vault, decoy, at) for decoy in decoys])
    await tx.run_many(_ADD_SECTIONS, [_section_row(decoy) for decoy in decoys])
    await tx.run_many(_ADD_AUTHORITIES, [_authority_row(decoy) for decoy in decoys])


async def list_decoys(tx: Tx) -> tuple[FragmentId, ...]:
    """List the decoys' fragments, always in the same order."""
    return tuple(FragmentId(row["id"]) for row in await tx.all(_LIST, of_owner=DECOY_AGENCY))


async def _plan(keys: KeyMaker, seals: Seals, ids: Ids, agency_wrap: bytes) -> Decoy:
    person, fragment = PersonId(ids.new("per")), FragmentId(ids.new("frg"))
    subject_wrap = await keys.new_subject_key(DECOY_AGENCY, 1, agency_wrap, person, 1)
    path = KeyPath(DECOY_AGENCY, 1, agency_wrap, person, 1, subject_wrap)
    key, data_wrap = await seals.new_data_key(path, fragment, 1)
    plain = "".join(ids.new("txt") for _ in range(8)).encode()
    slot = SectionSlot(DOCUMENT_SECTION, "document", MEDIA_TYPE)
    return Decoy(
        path=path,
        guardian=PersonId(ids.new("per")),
        authority=ids.new("aut"),
        dossier=DossierId(ids.new("dos")),
        fragment=fragment,
        data_wrap=data_wrap,
        plain_bytes=len(plain),
        sealed=key.seal(slot, plain),
        born_on=date(2010, 1, 1) + timedelta(days=sum(fragment.encode()) * 7 % 3650),
    )


def _child(decoy: Decoy) -> Attributes:
    return Attributes(Described(decoy.fragment[-8:], decoy.dossier[-8:], decoy.born_on))


def _guardian(decoy: Decoy) -> Attributes:
    return Attributes(Described(decoy.fragment[-8:], decoy.authority[-8:], date(1985, 1, 1)))


def _agency_row() -> dict[str, object]:
    return {
        "id": DECOY_AGENCY, "parent": None, "name_fr": "-", "name_en": "-", "profile": "QC-LRSSS",
        "consent_model": "express", "sector": "health_social", "bound_by_secrecy": True,
        "protection_mission": False, "protected": False, "status": "member", "revision": 1,
    }  # fmt: skip


def _subject_key_row(decoy: Decoy) -> dict[str, object]:
    return {
        "agency": DECOY_AGENCY, "person": decoy.person, "version": 1, "agency_key_version": 1,
        "wrap": decoy.path.subject_wrap, "state": "active",
    }  # fmt: skip


def _fragment_row(decoy: Decoy, at: Instant) -> dict[str, object]:
    return {
        "id": decoy.fragment, "dossier": decoy.dossier, "person": decoy.person, "owner": DECOY_AGENCY,
        "category": "health_general", "sensitivity": "N", "status": "active", "youth_alone": False,
        "created_at": at, "version": 1, "revision": 1,
    }  # fmt: skip


async def _version_row(tx: Tx, vault: Vault, decoy: Decoy, at: Instant) -> dict[str, object]:
    manifest = Manifest(structured=False, media_type=MEDIA_TYPE, sections=(SectionLabel(DOCUMENT_SECTION),))
    key = await vault.owners.make(tx, f"person:{decoy.person}")
    place = vault.keys.place(DECOY_AGENCY, decoy.person, decoy.fragment, 1)
    return {
        "fragment": decoy.fragment, "version": 1,
        "manifest": vault.keys.seal_manifest(key, place, manifest.to_json()),
        "agency_key_version": 1, "subject_key_version": 1, "data_wrap": decoy.data_wrap, "deposited_at": at,
    }  # fmt: skip


def _section_row(decoy: Decoy) -> dict[str, object]:
    return {
        "fragment": decoy.fragment, "version": 1, "position": 0, "plain_bytes": decoy.plain_bytes,
        "sealed": decoy.sealed, "content": None,
    }  # fmt: skip


def _authority_row(decoy: Decoy) -> dict[str, object]:
    return {
        "id": decoy.authority, "person": decoy.person, "holder": decoy.guardian, "kind": "sole",
        "scope": json.dumps("all"), "from_at": None, "until_at": None, "evidence": None,
    }  # fmt: skip

"""Depositing a fragment's version, as a change under the head lock; its content was sealed beforehand."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, insert, select, update

from gateway.adapters.sql.acts.standing import require_member
from gateway.adapters.sql.append import OwnerKeys
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.effects import Change, Effect
from gateway.adapters.sql.tables import fragments, sections, versions
from gateway.domain.acting import Note
from gateway.domain.errors import PreconditionFailedError
from gateway.domain.facts import FragmentRef, person_scope
from gateway.domain.fragment import Labels, Manifest, SealedSection
from gateway.domain.instants import Instant
from gateway.domain.vocabulary import FragmentStatus
from gateway.ports import RecordKeys

FRAGMENT = select(fragments).where(fragments.c.id == bindparam("of_fragment"))
_ADD_FRAGMENT = insert(fragments)
_RENEW_FRAGMENT = (
    update(fragments)
    .where(fragments.c.id == bindparam("of_fragment"))
    .values(
        category=bindparam("new_category"),
        sensitivity=bindparam("new_sensitivity"),
        youth_alone=bindparam("new_youth_alone"),
        created_at=bindparam("new_created_at"),
        version=bindparam("new_version"),
        status=str(FragmentStatus.ACTIVE),
        revision=fragments.c.revision + 1,
    )
)
_FOLLOWED = frozenset({FragmentStatus.ACTIVE, FragmentStatus.ENTERED_IN_ERROR})
"""A version that is held stays so until the hold is lifted; one in error is put right by the next."""

_ADD_VERSION = insert(versions)
_ADD_SECTIONS = insert(sections)


@dataclass(frozen=True, slots=True)
class Deposited:
    """One version ready to be linked; `if_match` is the etag of the one before, None for a new fragment."""

    ref: FragmentRef
    labels: Labels
    manifest: Manifest
    sections: Sequence[SealedSection]
    if_match: str | None = None


def deposit(keys: RecordKeys, owners: OwnerKeys, note: Note, deposited: Deposited) -> Change:
    """Link a sealed version: a new fragment, or the next version of one that is at `if_match`.

    `reference` is `{fragment, version, etag}`. The change raises PreconditionFailedError for another version
    or etag, ActRefusedError where the owner, or a body it is a unit of, is no member.
    """
    ref, labels = deposited.ref, deposited.labels

    async def change(tx: Tx, at: Instant) -> Effect:
        await require_member(tx, ref.owner)
        row = await tx.one(FRAGMENT, of_fragment=ref.id)
        revision = 1
        if ref.version == 1 and row is None:
            await tx.run(_ADD_FRAGMENT, **_new_row(ref, labels))
        elif row is None or deposited.if_match is None or row["status"] not in _FOLLOWED:
            raise PreconditionFailedError("there is no such version to follow", field="If-Match")
        else:
            check_etag(deposited.if_match, row["revision"])
            if (row["version"] + 1, row["owner"], row["person"]) != (ref.version, ref.owner, ref.person):
                raise PreconditionFailedError("the version has changed", field="If-Match")
            revision = row["revision"] + 1
            await _renew(tx, ref, labels)
        await _link(tx, at)
        reference = {"fragment": ref.id, "version": ref.version, "etag": str(revision)}
        return Effect(note, reference, (person_scope(ref.person),))

    async def _link(tx: Tx, at: Instant) -> None:
        key = await owners.make(tx, f"person:{ref.person}")
        place = keys.place(ref.owner, ref.person, ref.id, ref.version)
        await tx.run(
            _ADD_VERSION,
            fragment=ref.id,
            version=ref.version,
            manifest=keys.seal_manifest(key, place, deposited.manifest.to_json()),
            agency_key_version=ref.path.agency_key_version,
            subject_key_version=ref.path.subject_key_version,
            data_wrap=ref.data_wrap,
            deposited_at=at,
        )
        await tx.run_many(_ADD_SECTIONS, _section_rows(ref, deposited.sections))

    return change


def check_etag(if_match: str, revision: int) -> None:
    """Accept the revision itself, quoted as an entity tag or not.

    Raises:
        PreconditionFailedError: Any other text.
    """
    if if_match.strip().strip('"') != str(revision):
        raise PreconditionFailedError("the fragment has changed", field="If-Match")


async def _renew(tx: Tx, ref: FragmentRef, labels: Labels) -> None:
    await tx.run(
        _RENEW_FRAGMENT,
        of_fragment=ref.id,
        new_category=labels.category,
        new_sensitivity=str(labels.effective_sensitivity),
        new_youth_alone=labels.youth_alone,
        new_created_at=labels.created_at,
        new_version=ref.version,
    )


def _new_row(ref: FragmentRef, labels: Labels) -> dict[str, object]:
    return {
        "id": ref.id,
        "dossier": ref.dossier,
        "person": ref.person,
        "owner": ref.owner,
        "category": labels.category,
        "sensitivity": str(labels.effective_sensitivity),
        "status": "active",
        "youth_alone": labels.youth_alone,
        "created_at": labels.created_at,
        "version": 1,
        "revision": 1,
    }


def _section_rows(ref: FragmentRef, sealed: Sequence[SealedSection]) -> list[dict[str, object]]:
    return [
        {
            "fragment": ref.id,
            "version": ref.version,
            "position": position,
            "plain_bytes": one.plain_bytes,
            "sealed": one.sealed,
            "content": one.content,
        }
        for position, one in enumerate(sealed)
    ]

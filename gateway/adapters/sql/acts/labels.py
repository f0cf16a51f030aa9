"""Relabelling and erasing a fragment, as changes under the head lock. Kind of `narrowing`: `erased`."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from gateway.adapters.sql.acts.deposit import FRAGMENT, check_etag
from gateway.adapters.sql.acts.standing import require_member
from gateway.adapters.sql.append import OwnerKeys
from gateway.adapters.sql.driver import Row, Tx
from gateway.adapters.sql.effects import Change, Effect
from gateway.adapters.sql.tables import fragments, sections, versions
from gateway.domain.acting import Note
from gateway.domain.errors import CorruptionError, MalformedError, PreconditionFailedError
from gateway.domain.facts import person_scope
from gateway.domain.fragment import Manifest, NewLabels, highest
from gateway.domain.ids import FragmentId
from gateway.domain.instants import Instant
from gateway.ports import RecordKeys

_RELABEL = (
    update(fragments)
    .where(fragments.c.id == bindparam("of_fragment"))
    .values(
        category=bindparam("new_category"),
        sensitivity=bindparam("new_sensitivity"),
        youth_alone=bindparam("new_youth_alone"),
        revision=fragments.c.revision + 1,
    )
)
_VERSIONS = select(versions.c.version, versions.c.manifest).where(
    versions.c.fragment == bindparam("of_fragment")
)
_PUT_MANIFEST = (
    update(versions)
    .where(versions.c.fragment == bindparam("of_fragment"), versions.c.version == bindparam("of_version"))
    .values(manifest=bindparam("new_manifest"))
)
_ERASE = (
    update(fragments)
    .where(fragments.c.id == bindparam("of_fragment"))
    .values(status="erased", revision=fragments.c.revision + 1)
)
_FORGET_KEYS = (
    update(versions)
    .where(versions.c.fragment == bindparam("of_fragment"))
    .values(data_wrap=bindparam("new_wrap", type_=versions.c.data_wrap.type))
)
_CONTENTS = select(sections.c.content).where(
    sections.c.fragment == bindparam("of_fragment"), sections.c.content.is_not(None)
)
_DROP_SECTIONS = delete(sections).where(sections.c.fragment == bindparam("of_fragment"))

_NOTHING = Manifest(structured=True, media_type="application/octet-stream", sections=())
"""What is left to say of an erased version."""


def relabel(
    keys: RecordKeys, owners: OwnerKeys, note: Note, relabelled: tuple[FragmentId, NewLabels], if_match: str
) -> Change:
    """Give a fragment, and any of its sections, other labels; what is not named stays.

    `reference` is `{fragment, etag, sensitivity}`; the label is raised to the highest of its sections'. The
    change raises PreconditionFailedError for another etag, MalformedError for a section that is not there.
    """
    fragment, labels = relabelled

    async def change(tx: Tx, at: Instant) -> Effect:  # noqa: ARG001 - a label has no instant of its own
        row = await require_current(tx, fragment, if_match)
        manifest = await _manifest_of(tx, row)
        named = {one.id: one for one in labels.sections}
        if not named.keys() <= {one.id for one in manifest.sections}:
            raise MalformedError("there is no such section", field="sections")
        merged = tuple(named[one.id].onto(one) if one.id in named else one for one in manifest.sections)
        raised = highest(labels.sensitivity, merged)
        await _put_manifest(tx, row, row["version"], replace(manifest, sections=merged))
        await tx.run(
            _RELABEL,
            of_fragment=fragment,
            new_category=labels.category,
            new_sensitivity=str(raised),
            new_youth_alone=labels.youth_alone,
        )
        etag = str(row["revision"] + 1)
        reference = {"fragment": fragment, "etag": etag, "sensitivity": str(raised)}
        return Effect(note, reference, (person_scope(row["person"]),))

    async def _manifest_of(tx: Tx, row: Row) -> Manifest:
        key = await owners.require(tx, f"person:{row['person']}")
        place = keys.place(row["owner"], row["person"], fragment, row["version"])
        for one in await tx.all(_VERSIONS, of_fragment=fragment):
            if one["version"] == row["version"]:
                return Manifest.of_json(keys.unseal_manifest(key, place, one["manifest"]))
        raise CorruptionError("a fragment's version is missing")

    async def _put_manifest(tx: Tx, row: Row, version: int, manifest: Manifest) -> None:
        await put_manifest(keys, owners, tx, (row, version), manifest)

    return change


def erase(keys: RecordKeys, owners: OwnerKeys, note: Note, fragment: FragmentId, if_match: str) -> Change:
    """Destroy the data keys, the sealed sections and what was said of them, in every version.

    `reference` is `{fragment, etag, content}`: the names that the content port may now forget.
    """

    async def change(tx: Tx, at: Instant) -> Effect:  # noqa: ARG001 - the entry says when
        row = await require_current(tx, fragment, if_match)
        names = await erase_row(keys, owners, tx, row)
        reference = {"fragment": fragment, "etag": str(row["revision"] + 1), "content": names}
        narrowing = {"kind": "erased", "person": row["person"], "fragment": fragment}
        return Effect(note, reference, (person_scope(row["person"]),), narrowing)

    return change


async def require_current(tx: Tx, fragment: FragmentId, if_match: str) -> Row:
    """Read a fragment that is as the caller saw it, of an owner that is a member.

    Raises:
        PreconditionFailedError: Another etag, or erased.
        ActRefusedError: The owner is no member any more.
    """
    row = await tx.one(FRAGMENT, of_fragment=fragment)
    if row is None or row["status"] == "erased":
        raise PreconditionFailedError("the fragment has changed", field="If-Match")
    check_etag(if_match, row["revision"])
    await require_member(tx, row["owner"])
    return row


async def erase_row(keys: RecordKeys, owners: OwnerKeys, tx: Tx, row: Row) -> list[str]:
    """Erase a fragment's every version; gives the names of content that nothing links any more."""
    fragment = row["id"]
    names = [one["content"] for one in await tx.all(_CONTENTS, of_fragment=fragment)]
    await tx.run(_DROP_SECTIONS, of_fragment=fragment)
    await tx.run(_FORGET_KEYS, of_fragment=fragment, new_wrap=None)
    for one in await tx.all(_VERSIONS, of_fragment=fragment):
        await put_manifest(keys, owners, tx, (row, one["version"]), _NOTHING)
    await tx.run(_ERASE, of_fragment=fragment)
    return names


async def put_manifest(
    keys: RecordKeys, owners: OwnerKeys, tx: Tx, version_of: tuple[Row, int], manifest: Manifest
) -> None:
    """Seal a version's manifest anew, under the person's record key."""
    row, version = version_of
    key = await owners.require(tx, f"person:{row['person']}")
    place = keys.place(row["owner"], row["person"], row["id"], version)
    sealed = keys.seal_manifest(key, place, manifest.to_json())
    await tx.run(_PUT_MANIFEST, of_fragment=row["id"], of_version=version, new_manifest=sealed)


async def apply_erased(keys: RecordKeys, owners: OwnerKeys, tx: Tx, record: Mapping[str, Any]) -> bool:
    """Erase again a fragment that the tables still hold."""
    row = await tx.one(FRAGMENT, of_fragment=record["fragment"])
    if row is None or row["status"] == "erased":
        return False
    await erase_row(keys, owners, tx, row)
    return True

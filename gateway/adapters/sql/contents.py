"""Sealed sections of a fragment version, as stored."""

from sqlalchemy import bindparam, select

from gateway.adapters.sql.append import OwnerKeys
from gateway.adapters.sql.database import Database
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.tables import sections, versions
from gateway.domain.errors import CorruptionError
from gateway.domain.facts import FragmentRef
from gateway.domain.fragment import DOCUMENT_SECTION, Manifest, SealedContent, SealedSection
from gateway.ports import RecordKeys

_MANIFEST = select(versions.c.manifest).where(
    versions.c.fragment == bindparam("of_fragment"), versions.c.version == bindparam("of_version")
)
_SECTIONS = (
    select(sections)
    .where(sections.c.fragment == bindparam("of_fragment"), sections.c.version == bindparam("of_version"))
    .order_by(sections.c.position)
)

_LINKED = select(sections.c.content).where(sections.c.content.is_not(None))


async def read_sealed(tx: Tx, keys: RecordKeys, owners: OwnerKeys, ref: FragmentRef) -> SealedContent:
    """Everything that is sealed of one version, in order; nothing is opened but the manifest.

    Raises:
        CorruptionError: The version is gone, or its sections are not those of its manifest.
    """
    row = await tx.one(_MANIFEST, of_fragment=ref.id, of_version=ref.version)
    if row is None:
        raise CorruptionError("a fragment's version is missing")
    key = await owners.require(tx, f"person:{ref.person}")
    place = keys.place(ref.owner, ref.person, ref.id, ref.version)
    manifest = Manifest.of_json(keys.unseal_manifest(key, place, row["manifest"]))
    rows = await tx.all(_SECTIONS, of_fragment=ref.id, of_version=ref.version)
    ids = [label.id for label in manifest.sections] if manifest.structured else [DOCUMENT_SECTION]
    if len(ids) != len(rows):
        raise CorruptionError("a fragment's sections are not those of its manifest")
    return SealedContent(
        structured=manifest.structured,
        media_type=manifest.media_type,
        filename=manifest.filename,
        sections=tuple(
            SealedSection(name, one["plain_bytes"], one["sealed"], one["content"])
            for name, one in zip(ids, rows, strict=True)
        ),
    )


class SqlLinks:
    """Which contents the fragments of this database stand behind."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def linked(self) -> frozenset[str]:
        """Every name that a section of any version stands behind."""
        rows = await self._database.snapshot(lambda tx: tx.all(_LINKED))
        return frozenset(row["content"] for row in rows)

"""What is owed to somebody: receipts, notices, reviews; each written in the transaction of its entry."""

from typing import Any

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text, UniqueConstraint, text

from gateway.adapters.sql.tables.making import at_column, id_column, metadata


def _where(condition: str) -> dict[str, Any]:
    """Index only these rows: what is read or closed stands in nobody's way."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


receipts = Table(
    "receipts",
    metadata,
    id_column(),
    Column("person", Text, nullable=False),
    Column("giver", Text, nullable=False),  # Whose act it is.
    Column("recorded_by", LargeBinary, nullable=True),  # Keyed handle of the worker who wrote it down.
    Column("act", Text, nullable=False),
    Column("about", Text, nullable=False),  # The consent; the fragment or the transfer that was answered.
    Column("version", Integer, nullable=False),
    Column("number", Integer, nullable=False),  # Of the receipts about it, from 1.
    Column("decision_id", Text, nullable=False),  # Of the entry it was made with.
    Column("sealed", LargeBinary, nullable=False),  # The signed record, under the person's record key.
    at_column("recorded_at", nullable=False),
    UniqueConstraint("about", "number", name="receipts_number"),
    Index("receipts_person", "person", "recorded_at"),
)

notices = Table(
    "notices",
    metadata,
    id_column(),
    Column("decision_id", Text, nullable=False),  # Of the entry that it tells of.
    Column("kind", Text, nullable=False),  # Which obligation it fulfils.
    Column("audience", Text, nullable=False),  # person | agency | officers | protection | worker
    Column("recipient", Text, nullable=False),  # A person's, an agency's or a worker's id.
    Column("person", Text, nullable=True),  # Whom it is about; under her record key it is sealed.
    Column("sealed", LargeBinary, nullable=False),
    at_column("recorded_at", nullable=False),
    at_column("held_until"),  # Of one that is held: asked again then; FAR_FUTURE: an officer alone.
    Column("keeper", Text, nullable=True),  # Of one that is held: the agency whose officers say so.
    Column("matter", Text, nullable=True),  # Handle of what there is one unread notice of.
    at_column("read_at"),
    Index("notices_recipient", "audience", "recipient", "recorded_at", "id"),
    Index("notices_held", "held_until", "keeper"),
    Index("notices_entry", "decision_id"),
    Index("notices_matter", "matter", unique=True, **_where("read_at IS NULL")),
)

reviews = Table(
    "reviews",
    metadata,
    id_column(),
    Column("kind", Text, nullable=False),
    Column("decision_id", Text, nullable=False),
    Column("agency", Text, nullable=True),  # Of the officers who review it.
    Column("owner", Text, nullable=False),
    Column("worker", Text, nullable=False),  # Whose access is reviewed.
    Column("person", Text, nullable=False),
    at_column("opened_at", nullable=False),
    at_column("due_at"),  # Null where no rule sets a term.
    at_column("closed_at"),
    Column("closed_by", Text, nullable=True),
    Column("finding", Text, nullable=True),
    Column("matter", Text, nullable=True),  # Handle of what there is one open case of.
    Column("asked", LargeBinary, nullable=True),  # Sealed: the audience question of the entry.
    Column("sealed", LargeBinary, nullable=True),  # The officer's own words.
    Index("reviews_matter", "matter", unique=True, **_where("closed_at IS NULL")),
    Index("reviews_worker", "worker", "closed_at"),
    Index("reviews_agency", "agency", "closed_at", "due_at"),
)

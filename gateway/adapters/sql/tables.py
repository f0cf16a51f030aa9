"""The tables, once for SQLite and PostgreSQL; migrations are made from here.

Instants are whole microseconds (BIGINT); handles are 16-byte keyed digests; JSON is text made by us. No
column holds a name, a title or content in the clear: those stand sealed in `attributes` and `manifest`.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()


def _id(name: str = "id") -> Column[str]:
    return Column(name, Text, primary_key=True)


def _at(name: str, *, nullable: bool = True) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


# --- Who -----------------------------------------------------------------------------------------

agencies = Table(
    "agencies",
    metadata,
    _id(),
    Column("parent", Text, nullable=True),
    Column("name_fr", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("profile", Text, nullable=False),
    Column("consent_model", Text, nullable=False),
    Column("sector", Text, nullable=True),
    Column("bound_by_secrecy", Boolean, nullable=False),
    Column("protection_mission", Boolean, nullable=False),
    Column("protected", Boolean, nullable=False),
    Column("status", Text, nullable=False),
    Column("revision", Integer, nullable=False),
)

clients = Table(
    "clients",
    metadata,
    _id(),
    Column("agency", Text, nullable=True),  # Null for the family portal.
    Column("status", Text, nullable=False),  # active | disabled
)

accounts = Table(
    "accounts",
    metadata,
    _id(),  # A worker's id; for a family member, the person's id.
    Column("kind", Text, nullable=False),  # worker | person
    Column("agency", Text, nullable=True),
    Column("identity", LargeBinary, nullable=True),  # Handle of (iss, sub).
    Column("roles", Text, nullable=False),  # JSON list
    Column("active", Boolean, nullable=False),
    Column("network_wide", Boolean, nullable=False),
    Column("overdue_reviews", Integer, nullable=False),
    Column("attributes", LargeBinary, nullable=True),  # Sealed: the name.
    Column("revision", Integer, nullable=False),
    UniqueConstraint("identity", "agency", name="accounts_identity"),
)

persons = Table(
    "persons",
    metadata,
    _id(),
    Column("attributes", LargeBinary, nullable=False),  # Sealed: names, birth date, capacity, time zone.
    Column("decoy", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),
)

person_index = Table(
    "person_index",
    metadata,
    Column("match", LargeBinary, primary_key=True),  # Blind index over the matched fields.
    Column("person", Text, nullable=False),
)

person_handles = Table(
    "person_handles",
    metadata,
    _id("handle"),  # Private to the asking agency.
    Column("agency", Text, nullable=False),
    Column("person", Text, nullable=False),
    UniqueConstraint("agency", "person", name="person_handles_pair"),
)

authorities = Table(
    "authorities",
    metadata,
    _id(),
    Column("person", Text, nullable=False, index=True),
    Column("holder", Text, nullable=False, index=True),  # A person's or an agency's id.
    Column("kind", Text, nullable=False),
    Column("scope", Text, nullable=False),  # JSON: "all" or a list of categories
    _at("from_at"),
    _at("until_at"),
    Column("evidence", LargeBinary, nullable=True),  # Sealed.
)

orders = Table(
    "orders",
    metadata,
    _id(),
    Column("person", Text, nullable=False, index=True),
    Column("document", Text, nullable=False),  # JSON as the policy reads it, less its period.
    _at("from_at"),
    _at("until_at"),
)

assignments = Table(
    "assignments",
    metadata,
    _id(),
    Column("worker", Text, nullable=False),
    Column("person", Text, nullable=False),
    _at("from_at", nullable=False),
    _at("until_at"),
    Index("assignments_pair", "worker", "person"),
    Index("assignments_person", "person"),
)

# --- What ----------------------------------------------------------------------------------------

dossiers = Table(
    "dossiers",
    metadata,
    _id(),
    Column("person", Text, nullable=False, unique=True),
    _at("created_at", nullable=False),
)

fragments = Table(
    "fragments",
    metadata,
    _id(),
    Column("dossier", Text, ForeignKey("dossiers.id"), nullable=False),
    Column("person", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("sensitivity", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("youth_alone", Boolean, nullable=False),
    _at("created_at", nullable=False),
    Column("version", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Index("fragments_dossier", "dossier", "id"),
    Index("fragments_person", "person", "owner"),
)

versions = Table(
    "fragment_versions",
    metadata,
    Column("fragment", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("manifest", LargeBinary, nullable=False),  # Sealed under the person's record key.
    Column("agency_key_version", Integer, nullable=False),
    Column("subject_key_version", Integer, nullable=False),
    Column("data_wrap", LargeBinary, nullable=True),  # Null once erased.
    _at("deposited_at", nullable=False),
)

sections = Table(
    "sections",
    metadata,
    Column("fragment", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("plain_bytes", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=True),
    Column("content", Text, nullable=True),  # Name behind the content port.
)

agency_keys = Table(
    "agency_keys",
    metadata,
    Column("agency", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("wrap", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
)

subject_keys = Table(
    "subject_keys",
    metadata,
    Column("agency", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("agency_key_version", Integer, nullable=False),
    Column("wrap", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
)

# --- Agreements ----------------------------------------------------------------------------------

consents = Table(
    "consents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("person", Text, nullable=False),
    Column("giver", Text, nullable=False),
    Column("decision", Text, nullable=False),
    Column("document", Text, nullable=False),  # JSON of the directive, less the columns beside it.
    Column("status", Text, nullable=False),
    _at("from_at", nullable=False),
    _at("until_at"),
    _at("withdrawn_at"),
    Column("one_time", Boolean, nullable=False),
    Column("used", Boolean, nullable=False),
    Column("evidence", LargeBinary, nullable=True),  # Sealed: how and before whom it was given.
    _at("recorded_at", nullable=False),
    Index("consents_person", "person", "until_at"),
)

consent_keys = Table(
    "consent_keys",
    metadata,
    Column("person", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("consent", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
)

stops = Table(
    "stops",
    metadata,
    _id(),
    Column("person", Text, nullable=False, index=True),
    Column("giver", Text, nullable=False),
    Column("consent", Text, nullable=False),
    Column("reach", Text, nullable=False),  # JSON
    Column("withdrawn", Text, nullable=False),  # JSON list of {id, version}
    _at("from_at", nullable=False),
    _at("undone_at"),
)

# --- The fence and the ledger --------------------------------------------------------------------

epochs = Table("epochs", metadata, _id("scope"), Column("number", BigInteger, nullable=False))

idempotency = Table(
    "idempotency",
    metadata,
    Column("client", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_digest", LargeBinary, nullable=False),
    Column("count", Integer, nullable=False),
    Column("reference", Text, nullable=True),  # JSON: ids only, never content.
    _at("used_at", nullable=False),
)

head = Table(
    "ledger_head",
    metadata,
    Column("one", Integer, primary_key=True),
    Column("ledger", Integer, nullable=False),
    Column("size", BigInteger, nullable=False),
    _at("recorded_at", nullable=False),
)

entries = Table(
    "entries",
    metadata,
    Column("ledger", Integer, primary_key=True),
    Column("idx", BigInteger, primary_key=True),
    Column("leaf", LargeBinary, nullable=False),
    Column("leaf_hash", LargeBinary, nullable=False),
    Column("parts", LargeBinary, nullable=False),
    Column("snapshot", LargeBinary, nullable=True),
    # Beside the leaf, for search only: no evidence.
    Column("decision_id", Text, nullable=False, unique=True),
    _at("recorded_at", nullable=False),
    Column("kind", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("agency", Text, nullable=True),
    Column("owner_agency", Text, nullable=True),
    Column("person_handle", LargeBinary, nullable=True),
    Column("account_handle", LargeBinary, nullable=True),
    Column("fragment_handle", LargeBinary, nullable=True),
    Column("consent_handle", LargeBinary, nullable=True),
    Index("entries_person", "person_handle", "ledger", "idx"),
    Index("entries_fragment", "fragment_handle", "ledger", "idx"),
)

snapshots = Table(
    "snapshots", metadata, Column("handle", LargeBinary, primary_key=True), Column("sealed", LargeBinary)
)

viewer_heads = Table(
    "viewer_heads",
    metadata,
    Column("viewer", Text, primary_key=True),  # Handle of (viewer, subject), in hex.
    Column("n", Integer, nullable=False),
    Column("ledger", Integer, nullable=False),
    Column("idx", BigInteger, nullable=False),
    Column("part", Integer, nullable=False),
    Column("leaf_hash", LargeBinary, nullable=False),
)

record_keys = Table(
    "record_keys", metadata, Column("owner", LargeBinary, primary_key=True), Column("wrap", LargeBinary)
)

nodes = Table(
    "ledger_nodes",
    metadata,
    Column("ledger", Integer, primary_key=True),
    Column("level", Integer, primary_key=True),
    Column("idx", BigInteger, primary_key=True),
    Column("hash", LargeBinary, nullable=False),
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("ledger", Integer, primary_key=True),
    Column("size", BigInteger, primary_key=True),
    Column("note", Text, nullable=False),
    Column("mirrored", Boolean, nullable=False),
)

journal = Table(
    "journal",
    metadata,
    Column("ledger", Integer, primary_key=True),
    Column("idx", BigInteger, primary_key=True),
    Column("name", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

bundles = Table(
    "policy_bundles",
    metadata,
    _id("digest"),
    Column("content", LargeBinary, nullable=False),
    _at("activated_at", nullable=False),
)

deployment = Table("deployment", metadata, _id("name"), Column("value", Text, nullable=False))

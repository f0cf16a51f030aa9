"""The fence, the ledger, and what the signer keeps."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, Table, Text

from gateway.adapters.sql.tables.making import at_column, id_column, metadata

epochs = Table("epochs", metadata, id_column("scope"), Column("number", BigInteger, nullable=False))

idempotency = Table(
    "idempotency",
    metadata,
    Column("client", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_digest", LargeBinary, nullable=False),
    Column("count", Integer, nullable=False),
    Column("reference", Text, nullable=True),  # JSON: ids only, never content.
    at_column("used_at", nullable=False),
)

proofs = Table(
    "proofs",
    metadata,
    id_column("replay"),
    at_column("until_at", nullable=False),
)
"""Used once: DPoP proofs and client assertions, each as a digest of who made it and its `jti`."""

head = Table(
    "ledger_head",
    metadata,
    Column("one", Integer, primary_key=True),
    Column("ledger", Integer, nullable=False),
    Column("size", BigInteger, nullable=False),
    at_column("recorded_at", nullable=False),
    Column("moves", BigInteger, nullable=False),  # Of epochs; one more with each change of any.
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
    at_column("recorded_at", nullable=False),
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
    id_column("digest"),
    Column("content", LargeBinary, nullable=False),
    at_column("activated_at", nullable=False),
)

deployment = Table("deployment", metadata, id_column("name"), Column("value", Text, nullable=False))

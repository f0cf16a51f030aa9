"""Teams and their duties, the network agreement and who signed it, agencies that leave."""

from sqlalchemy import Column, Index, LargeBinary, Table, Text

from gateway.adapters.sql.tables.making import at_column, id_column, metadata

teams = Table(
    "teams",
    metadata,
    id_column(),
    Column("agency", Text, nullable=False, index=True),
    Column("name", LargeBinary, nullable=False),  # Sealed under the agency's record key.
    at_column("ended_at"),
)

team_duties = Table(
    "team_duties",
    metadata,
    id_column(),
    Column("team", Text, nullable=False),
    Column("worker", Text, nullable=False),
    Column("duty", Text, nullable=False),  # member | on_call
    at_column("from_at", nullable=False),
    at_column("until_at"),
    Index("team_duties_worker", "worker", "team"),
    Index("team_duties_team", "team"),
)

team_assignments = Table(
    "team_assignments",
    metadata,
    id_column(),
    Column("team", Text, nullable=False),
    Column("person", Text, nullable=False),
    at_column("from_at", nullable=False),
    at_column("until_at"),
    Index("team_assignments_person", "person", "team"),
    Index("team_assignments_team", "team"),
)

team_gaps = Table(
    "team_gaps",
    metadata,
    Column("duty", Text, primary_key=True),  # Of whom the team's assignment does not reach:
    Column("person", Text, primary_key=True),
)

agreements = Table(
    "agreements",
    metadata,
    id_column("version"),
    Column("title_fr", Text, nullable=False),
    Column("title_en", Text, nullable=False),
    Column("digest", Text, nullable=False),  # SHA-256 of the text, hex.
    Column("text", LargeBinary, nullable=False),  # Public: at most 256 KiB.
    at_column("effective_at", nullable=False),
    at_column("sign_by", nullable=False),
    at_column("required_from"),
    at_column("published_at", nullable=False),
)

agreement_signatures = Table(
    "agreement_signatures",
    metadata,
    Column("version", Text, primary_key=True),
    Column("agency", Text, primary_key=True),
    Column("signed_by", Text, nullable=False),
    at_column("signed_at", nullable=False),
    Column("decision_id", Text, nullable=False),
)

leavings = Table(
    "leavings",
    metadata,
    id_column("agency"),
    Column("state", Text, nullable=False),  # asked | approved | left
    Column("export_key", Text, nullable=False),  # JWK that its archive is sealed to.
    at_column("keep_keys_until", nullable=False),
    Column("asked_by", Text, nullable=False),
    at_column("asked_at", nullable=False),
    at_column("approved_at"),
    at_column("left_at"),
)

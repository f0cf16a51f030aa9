"""Dossiers, fragments, their versions and sections, the keys they are sealed under, and agreements."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from gateway.adapters.sql.tables.making import at_column, id_column, metadata

dossiers = Table(
    "dossiers",
    metadata,
    id_column(),
    Column("person", Text, nullable=False, unique=True),
    at_column("created_at", nullable=False),
)

fragments = Table(
    "fragments",
    metadata,
    id_column(),
    Column("dossier", Text, ForeignKey("dossiers.id"), nullable=False),
    Column("person", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("sensitivity", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("youth_alone", Boolean, nullable=False),
    at_column("created_at", nullable=False),
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
    at_column("deposited_at", nullable=False),
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
    at_column("from_at", nullable=False),
    at_column("until_at"),
    at_column("withdrawn_at"),
    Column("one_time", Boolean, nullable=False),
    Column("used", Boolean, nullable=False),
    Column("evidence", LargeBinary, nullable=True),  # Sealed: how and before whom it was given.
    at_column("recorded_at", nullable=False),
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
    id_column(),
    Column("person", Text, nullable=False, index=True),
    Column("giver", Text, nullable=False),
    Column("consent", Text, nullable=False),
    Column("reach", Text, nullable=False),  # JSON
    Column("withdrawn", Text, nullable=False),  # JSON list of {id, version}
    at_column("from_at", nullable=False),
    at_column("undone_at"),
)

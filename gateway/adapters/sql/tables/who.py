"""Agencies, clients, accounts, persons, authorities, orders, assignments, findings, approvals."""

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from gateway.adapters.sql.tables.making import at_column, id_column, metadata

agencies = Table(
    "agencies",
    metadata,
    id_column(),
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
    id_column(),
    Column("agency", Text, nullable=True),  # Null for the family portal.
    Column("status", Text, nullable=False),  # active | disabled
)

client_keys = Table(
    "client_keys",
    metadata,
    Column("client", Text, primary_key=True),
    Column("kid", Text, primary_key=True),  # The key's thumbprint.
    Column("public", Text, nullable=False),  # JSON: the JWK, nothing optional in it.
    Column("algorithm", Text, nullable=False),
    at_column("added_at", nullable=False),
    at_column("retired_at"),
)

issuer_keys = Table(
    "issuer_keys",
    metadata,
    id_column("kid"),
    Column("public", Text, nullable=False),  # JSON: the JWK.
    Column("sealed", LargeBinary, nullable=True),  # The private half; null once it is destroyed.
    at_column("added_at", nullable=False),
    at_column("signs_at", nullable=False),
    at_column("ends_at"),
)
"""What the token endpoint signs with; `domain/issuer_keys.py` says what the instants mean."""

accounts = Table(
    "accounts",
    metadata,
    id_column(),  # A worker's id; for a family member, the person's id.
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
    id_column(),
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
    id_column("handle"),  # Private to the asking agency.
    Column("agency", Text, nullable=False),
    Column("person", Text, nullable=False),
    UniqueConstraint("agency", "person", name="person_handles_pair"),
)

authorities = Table(
    "authorities",
    metadata,
    id_column(),
    Column("person", Text, nullable=False, index=True),
    Column("holder", Text, nullable=False, index=True),  # A person's or an agency's id.
    Column("kind", Text, nullable=False),
    Column("scope", Text, nullable=False),  # JSON: "all" or a list of categories
    at_column("from_at"),
    at_column("until_at"),
    Column("evidence", LargeBinary, nullable=True),  # Sealed.
)

orders = Table(
    "orders",
    metadata,
    id_column(),
    Column("person", Text, nullable=False, index=True),
    Column("agency", Text, nullable=True),  # Which recorded it; null for the network's own.
    Column("document", Text, nullable=False),  # JSON as the policy reads it, less its period.
    at_column("from_at"),
    at_column("until_at"),
)

assignments = Table(
    "assignments",
    metadata,
    id_column(),
    Column("worker", Text, nullable=False),
    Column("person", Text, nullable=False),
    at_column("from_at", nullable=False),
    at_column("until_at"),
    Index("assignments_pair", "worker", "person"),
    Index("assignments_person", "person"),
)

findings = Table(
    "findings",
    metadata,
    id_column(),
    Column("person", Text, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # Under the person's record key: what was found.
    Column("revision", Integer, nullable=False),
    at_column("recorded_at", nullable=False),
    at_column("from_at"),
    at_column("until_at"),
)

approvals = Table(
    "approvals",
    metadata,
    id_column(),
    Column("kind", Text, nullable=False),  # instrument | instrument_end | authority | policy
    Column("agency", Text, nullable=True),  # Null for the network's own.
    Column("person", Text, nullable=True),
    Column("asked_by", Text, nullable=False),  # An account; `operator`, whose name is sealed.
    Column(
        "sealed", LargeBinary, nullable=False
    ),  # What would take effect, under the record key of whom it is about.
    at_column("asked_at", nullable=False),
    Column("answer", Text, nullable=True),  # approved | declined
    Column("answered_by", Text, nullable=True),
    at_column("answered_at"),
    Index("approvals_open", "agency", "answer"),
)

"""Who has come in with a browser."""

from sqlalchemy import Boolean, Column, Index, LargeBinary, Table, Text

from gateway.adapters.sql.tables.making import at_column, id_column, metadata

sign_ins = Table(
    "sign_ins",
    metadata,
    id_column(),
    Column("value", LargeBinary, nullable=False, unique=True),  # Keyed handle of the cookie's SHA-256.
    Column("account", Text, nullable=False),
    Column("way", Text, nullable=False),  # oidc | passkey | code
    Column("strong", Boolean, nullable=False),
    Column("enrolment", Text, nullable=True),  # A passkey's or a paper code's id.
    Column("flow", LargeBinary, nullable=True, unique=True),  # Handle of what only one may come of.
    at_column("opened_at", nullable=False),
    at_column("used_at", nullable=False),  # Written once a minute at most.
    at_column("authenticated_at", nullable=False),
    at_column("ended_at"),
    Index("sign_ins_account", "account", "opened_at"),
)

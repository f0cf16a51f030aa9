"""Ways in that a family keeps, the challenges of passkeys, and counts of failed tries."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text, text

from gateway.adapters.sql.tables.making import at_column, id_column, metadata

_LIVE_CODE = text("kind = 'code' AND revoked_at IS NULL")

enrolments = Table(
    "enrolments",
    metadata,
    id_column(),
    Column("kind", Text, nullable=False),  # code | passkey
    Column("account", Text, nullable=False, index=True),
    Column("person", Text, nullable=True),  # Whose dossier a code was printed for.
    Column("agency", Text, nullable=True),  # Which printed the code, or the code that added the passkey.
    Column("printer", Text, nullable=True),  # Whose account printed that code.
    Column("via", Text, nullable=True, index=True),  # Of a passkey: the code by which it was added.
    # HMAC of the code, or of the credential's id.
    Column("secret", LargeBinary, nullable=False, unique=True),
    Column("sealed", LargeBinary, nullable=True),  # Of a passkey: its public key and its name.
    Column("sign_count", BigInteger, nullable=False),
    at_column("added_at", nullable=False),
    at_column("expires_at"),
    at_column("waits_until"),
    at_column("revoked_at"),
    Index(
        "enrolments_one_code",
        "account",
        unique=True,
        sqlite_where=_LIVE_CODE,
        postgresql_where=_LIVE_CODE,
    ),
)

challenges = Table(
    "challenges",
    metadata,
    Column("challenge", LargeBinary, primary_key=True),  # HMAC of it.
    Column("account", Text, nullable=True),  # Null for a used one by which anybody may come in.
    at_column("expires_at", nullable=False),
    Index("challenges_expiry", "expires_at"),
)

tries = Table(
    "tries",
    metadata,
    Column("bucket", LargeBinary, primary_key=True),  # HMAC of what was typed, or of an address.
    Column("failures", Integer, nullable=False),
    at_column("last_at", nullable=False),
    at_column("until_at", nullable=False),
    Index("tries_last", "last_at"),
)

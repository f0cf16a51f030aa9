"""The tables, once for SQLite and PostgreSQL; migrations are made from here.

Instants are whole microseconds (BIGINT); handles are 16-byte keyed digests; JSON is text made by us. No
column holds a name, a title or content in the clear: those stand sealed in `attributes` and `manifest`.
"""

from gateway.adapters.sql.tables.coming import sign_ins
from gateway.adapters.sql.tables.enrolling import challenges, enrolments, tries
from gateway.adapters.sql.tables.ledger import (
    bundles,
    checkpoints,
    deployment,
    entries,
    epochs,
    head,
    idempotency,
    journal,
    nodes,
    proofs,
    record_keys,
    snapshots,
    viewer_heads,
)
from gateway.adapters.sql.tables.limits import counted, rates
from gateway.adapters.sql.tables.making import metadata
from gateway.adapters.sql.tables.telling import notices, receipts, reviews
from gateway.adapters.sql.tables.what import (
    agency_keys,
    consent_keys,
    consents,
    dossiers,
    fragments,
    sections,
    stops,
    subject_keys,
    versions,
)
from gateway.adapters.sql.tables.who import (
    accounts,
    agencies,
    approvals,
    assignments,
    authorities,
    client_keys,
    clients,
    findings,
    issuer_keys,
    orders,
    person_handles,
    person_index,
    persons,
)

__all__ = [
    "accounts",
    "agencies",
    "agency_keys",
    "approvals",
    "assignments",
    "authorities",
    "bundles",
    "challenges",
    "checkpoints",
    "client_keys",
    "clients",
    "consent_keys",
    "consents",
    "counted",
    "deployment",
    "dossiers",
    "enrolments",
    "entries",
    "epochs",
    "findings",
    "fragments",
    "head",
    "idempotency",
    "issuer_keys",
    "journal",
    "metadata",
    "nodes",
    "notices",
    "orders",
    "person_handles",
    "person_index",
    "persons",
    "proofs",
    "rates",
    "receipts",
    "record_keys",
    "reviews",
    "sections",
    "sign_ins",
    "snapshots",
    "stops",
    "subject_keys",
    "tries",
    "versions",
    "viewer_heads",
]

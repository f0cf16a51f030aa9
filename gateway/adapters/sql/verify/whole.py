"""Verifying a ledger as its commands do: with the public keys alone, or with the record keys as well."""

from collections.abc import Mapping

from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.verify.behind import Behind, Opener
from gateway.adapters.sql.verify.chain import Verifier, verify_chain
from gateway.adapters.sql.verify.findings import Report
from gateway.ports import RecordKeys


async def verify_ledger(
    tx: Tx, verifiers: Mapping[int, Verifier], *, outside: str | None = None, keys: RecordKeys | None = None
) -> Report:
    """Verify every ledger in the database, from one snapshot of it.

    Args:
        tx: The snapshot.
        verifiers: The public key of each ledger, by its number.
        outside: A checkpoint kept outside the database; without one, nothing proves that the end is the end.
        keys: With them, search columns and facts snapshots are derived again from what is sealed.
    """
    report = Report(keys=keys is not None)
    behind = None if keys is None else Behind(tx, await Opener.load(tx, keys), report)
    return await verify_chain(tx, verifiers, outside, behind, report)

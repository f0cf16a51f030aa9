"""Which agencies an ended permit had named: they are told that it is over."""

from collections.abc import Sequence

from sqlalchemy import bindparam, select
from sqlalchemy.types import LargeBinary

from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.tables import accounts, entries
from gateway.domain.consent import Directive, Recipient
from gateway.domain.ids import AgencyId, parents_of
from gateway.domain.ledger import EntryKind
from gateway.ports import RecordKeys

_RELEASED_TO = (
    select(entries.c.agency)
    .where(
        entries.c.person_handle == bindparam("of_person", type_=LargeBinary()),
        entries.c.kind == EntryKind.RELEASED.value,
        entries.c.agency.is_not(None),
    )
    .distinct()
)
_AGENCY_OF = select(accounts.c.agency).where(accounts.c.id == bindparam("of_account"))


async def agencies_named(tx: Tx, keys: RecordKeys, ended: Sequence[Directive]) -> tuple[AgencyId, ...]:
    """List the agencies that these permits named, sorted.

    Where a permit says anybody, a committee, or an agency with its units, the ledger says who received
    something of that person under it or otherwise: it cannot tell which of them relied on this permit.
    """
    named: set[AgencyId] = set()
    for line in ended:
        if line.decision != "permit":
            continue
        if line.recipients == "any":
            named |= await _received(tx, keys, line)
            continue
        for one in line.recipients:
            if isinstance(one, Recipient):
                named |= await _of(tx, keys, line, one)
    return tuple(sorted(named))


async def _of(tx: Tx, keys: RecordKeys, line: Directive, recipient: Recipient) -> set[AgencyId]:
    if recipient.committee is not None:
        return await _received(tx, keys, line)
    if recipient.agency is None:
        row = await tx.one(_AGENCY_OF, of_account=recipient.person)
        return set() if row is None or row["agency"] is None else {AgencyId(row["agency"])}
    if recipient.include_units:
        received = await _received(tx, keys, line)
        return {recipient.agency, *(one for one in received if recipient.agency in parents_of(one))}
    return {recipient.agency}


async def _received(tx: Tx, keys: RecordKeys, line: Directive) -> set[AgencyId]:
    rows = await tx.all(_RELEASED_TO, of_person=keys.handle("person", line.subject))
    return {AgencyId(row["agency"]) for row in rows}

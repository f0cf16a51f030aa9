"""The first agency, its client and its administrator, in one act: an empty network has nobody to ask."""

from sqlalchemy import bindparam, select

from gateway.adapters.sql.acts.accounts import add_worker
from gateway.adapters.sql.acts.agencies import add_agency
from gateway.adapters.sql.acts.client_keys import add_client_key
from gateway.adapters.sql.acts.clients import add_client
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.effects import Change, Effect
from gateway.adapters.sql.tables import accounts, agencies
from gateway.domain.acting import Note
from gateway.domain.errors import ConflictError
from gateway.domain.instants import Instant
from gateway.domain.issuing import ClientKey
from gateway.domain.registry import DECOY_AGENCY, NewAgency, NewClient, NewWorker

_ANY_AGENCY = select(agencies.c.id).where(agencies.c.id != bindparam("of_decoy")).limit(1)
_ANY_ACCOUNT = select(accounts.c.id).limit(1)


def found_network(
    vault: Vault,
    note: Note,
    agency: NewAgency,
    client: tuple[NewClient, ClientKey | None],
    administrator: NewWorker,
) -> Change:
    """Write all of it, or nothing; `reference` is `{agency, client, worker}`, and `kid` of the client's key.

    Raises (the change):
        ConflictError: There is an agency or an account already: whoever administers it is asked.
    """

    async def change(tx: Tx, at: Instant) -> Effect:
        agency_there = await tx.one(_ANY_AGENCY, of_decoy=DECOY_AGENCY)
        if agency_there is not None or await tx.one(_ANY_ACCOUNT) is not None:
            raise ConflictError("the network has been founded: ask one of its administrators")
        reference: dict[str, object] = {}
        bumps: tuple[str, ...] = ()
        registered, key = client
        writes = [add_agency(note, agency), add_client(note, registered)]
        if key is not None:
            writes.append(add_client_key(note, registered.id, key))
        for write in (*writes, add_worker(vault, note, administrator)):
            effect = await write(tx, at)
            reference |= effect.reference
            bumps += effect.bumps
        return Effect(note, reference, bumps)

    return change

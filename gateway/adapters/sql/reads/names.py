"""The names of those whom a worker knows by her work."""

from collections.abc import Mapping

from sqlalchemy import or_, select

from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.identities import of_one_human
from gateway.adapters.sql.relations import ever
from gateway.adapters.sql.tables import accounts, authorities, persons
from gateway.domain.ids import PersonId
from gateway.domain.person import Attributes, Described

_OWN = select(accounts.c.id).where(of_one_human("of_account"))
_EVER = ever(lambda worker, _: worker.in_(_OWN)).subquery("ever")
_HERS = select(_EVER.c.person)
_HOLDERS = select(authorities.c.holder).where(authorities.c.person.in_(_HERS))
_NAMES = (
    select(persons.c.id, persons.c.attributes, persons.c.revision)
    .where(or_(persons.c.id.in_(_HERS), persons.c.id.in_(_HOLDERS)), persons.c.decoy.is_(False))
    .order_by(persons.c.id)
)


async def names_known_to(tx: Tx, vault: Vault, account: str) -> Mapping[PersonId, Described]:
    """Describe whoever the human behind this account is or was assigned to, and who decides for them.

    Raises:
        CorruptionError: A person's record key, or what it opens, is missing.
    """
    known = {}
    for row in await tx.all(_NAMES, of_account=account):
        plain = await vault.unseal(tx, f"person:{row['id']}", row["revision"], row["attributes"])
        known[PersonId(row["id"])] = Attributes.of_json(plain).described
    return known

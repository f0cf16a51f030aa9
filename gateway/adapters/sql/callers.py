"""Who stands behind a verified token: the registered client and the account behind (`iss`, `sub`)."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, select

from gateway.adapters.sql.driver import Row, Tx
from gateway.adapters.sql.fence import read_epochs
from gateway.adapters.sql.tables import accounts, clients
from gateway.adapters.sql.vouching import is_vouched_for
from gateway.domain.bearer import Bearer
from gateway.domain.caller import Caller
from gateway.domain.errors import MalformedError, UnauthenticatedError
from gateway.domain.facts import account_scope, client_scope
from gateway.domain.ids import AgencyId, ClientId, PersonId, WorkerId
from gateway.domain.sign_in import PAGES_CLIENT
from gateway.domain.vocabulary import FAMILY_ROLES, Role
from gateway.ports import RecordKeys

CLIENT = select(clients.c.agency, clients.c.status).where(clients.c.id == bindparam("client"))
_ACCOUNT = select(
    accounts.c.id,
    accounts.c.kind,
    accounts.c.agency,
    accounts.c.roles,
    accounts.c.active,
    accounts.c.network_wide,
)
_ACCOUNTS = _ACCOUNT.where(accounts.c.identity == bindparam("identity"))
_WORKER = _ACCOUNT.where(
    accounts.c.id == bindparam("worker"),
    accounts.c.kind == "worker",
    accounts.c.agency == bindparam("of_agency"),
)
OF_ACCOUNT = _ACCOUNT.where(accounts.c.id == bindparam("of_id"))


async def find_caller(tx: Tx, keys: RecordKeys, bearer: Bearer, role: Role | None) -> Caller:
    """Build the caller, with the epochs of her client and account.

    An agency's client acts for exactly that agency; the family portal's for persons. An inactive account
    is a caller all the same: the policy refuses her, and the refusal is recorded.

    Raises:
        UnauthenticatedError: Unknown or disabled client, or no such account there.
        MalformedError: Several roles and none chosen, or a role that the account does not have.
    """
    if bearer.client_id == PAGES_CLIENT:
        # The gateway's own: no issuer vouches for it.
        raise UnauthenticatedError("the client takes no token")
    client = await tx.one(CLIENT, client=bearer.client_id)
    if client is None or client["status"] != "active":
        raise UnauthenticatedError("the client is not registered here")
    if bearer.client_keys is not None:
        account = await _find_own(tx, bearer, client["agency"])
    else:
        identity = keys.handle("identity", f"{bearer.issuer}\n{bearer.subject}")
        rows = await tx.all(_ACCOUNTS, identity=identity)
        account = next((one for one in rows if one["agency"] == client["agency"]), None)
    if account is None:
        raise UnauthenticatedError("no account stands behind this token")
    return await caller_of(tx, account, bearer, role_of(account, role))


async def caller_of(
    tx: Tx, account: Row, bearer: Bearer, role: Role, *, signed_in: Mapping[str, Any] | None = None
) -> Caller:
    """Build the caller of an account; `signed_in` are the members that only a sign-in sets."""
    scopes = (client_scope(bearer.client_id), account_scope(account["id"]))
    numbers = await read_epochs(tx, scopes)
    is_worker = account["kind"] == "worker"
    return Caller(
        client=ClientId(bearer.client_id),
        role=role,
        agency=AgencyId(account["agency"]) if is_worker else None,
        worker=WorkerId(account["id"]) if is_worker else None,
        person=None if is_worker else PersonId(account["id"]),
        active=bool(account["active"]),
        network_wide=bool(account["network_wide"]),
        bearer=bearer,
        epochs=tuple((scope, numbers.get(scope, 0)) for scope in scopes),
        **(signed_in or {}),
    )


async def _find_own(tx: Tx, bearer: Bearer, agency: str | None) -> Row | None:
    """Find whom a token of our own endpoint names: a worker of the client's agency, by her account's id.

    A token that names its client alone is an account's only where the network gave that account the role of
    a system. None too where a key that vouched for the token is retired.
    """
    if agency is None or not await is_vouched_for(tx, bearer):
        return None
    account = await tx.one(_WORKER, worker=bearer.subject, of_agency=agency)
    if account is None or bearer.subject != bearer.client_id:
        return account
    system = str(Role.SYSTEM)
    return {**account, "roles": json.dumps([system])} if system in json.loads(account["roles"]) else None


def role_of(account: Row, chosen: Role | None) -> Role:
    """Give the role that she acts in.

    Raises:
        MalformedError: Several and none chosen, or one that the account does not have.
    """
    roles = [Role(one) for one in json.loads(account["roles"])]
    if account["kind"] != "worker":
        roles = [one for one in roles if one in FAMILY_ROLES]
    if chosen is not None and chosen in roles:
        return chosen
    if chosen is None and len(roles) == 1:
        return roles[0]
    raise MalformedError("choose one of your roles with Gateway-Role", field="Gateway-Role")

"""Sign-ins as they are kept, and who stands behind a cookie."""

import json
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256

from sqlalchemy import bindparam, select, update

from gateway.adapters.sql.callers import CLIENT, OF_ACCOUNT, caller_of
from gateway.adapters.sql.driver import Row, Tx
from gateway.adapters.sql.enrolments import find_enrolment
from gateway.adapters.sql.tables import accounts, agencies, sign_ins
from gateway.domain.bearer import Bearer
from gateway.domain.caller import Caller
from gateway.domain.enrolments import EnrolmentId
from gateway.domain.errors import UnauthenticatedError
from gateway.domain.ids import SignInId
from gateway.domain.instants import Instant
from gateway.domain.registry import Identity
from gateway.domain.sign_in import PAGES_CLIENT, STEP_UP_US, WHOLE_US, Account, Admitted, SignedIn, SignIn
from gateway.domain.vocabulary import Role
from gateway.domain.way import Way
from gateway.ports import RecordKeys

ISSUER = "gateway"
"""Stands in the place of a token's issuer: a sign-in is the gateway's own word."""

_OF_VALUE = select(sign_ins).where(sign_ins.c.value == bindparam("of_value"))
_STANDS = select(sign_ins.c.id).where(sign_ins.c.id == bindparam("of_id"), sign_ins.c.ended_at.is_(None))
_LIVE = (
    select(sign_ins)
    .where(
        sign_ins.c.account == bindparam("of_account"),
        sign_ins.c.ended_at.is_(None),
        sign_ins.c.opened_at > bindparam("opened_after"),
    )
    .order_by(sign_ins.c.opened_at.desc(), sign_ins.c.id)
)
_TOUCH = (
    update(sign_ins)
    .where(sign_ins.c.id == bindparam("of_id"), sign_ins.c.used_at < bindparam("used_by"))
    .values(used_at=bindparam("used_by"))
)
_COLUMNS = (
    accounts.c.id, accounts.c.agency, accounts.c.roles, accounts.c.active, agencies.c.name_fr,
    agencies.c.name_en,
)  # fmt: skip
_ACCOUNTS = select(*_COLUMNS).join_from(accounts, agencies, agencies.c.id == accounts.c.agency, isouter=True)
_OF_IDENTITY = _ACCOUNTS.where(accounts.c.identity == bindparam("identity")).order_by(accounts.c.id)


def value_handle(keys: RecordKeys, value: str) -> bytes:
    """Give what a cookie is found by; the handles' memory holds its hash and never the cookie."""
    return keys.handle("sign_in", _digest(value))


def flow_handle(keys: RecordKeys, flow: bytes) -> bytes:
    """Give what only one sign-in may come of."""
    return keys.handle("sign_in_flow", sha256(flow).digest())


async def admit(
    tx: Tx, keys: RecordKeys, value: str, choose: Callable[[Row], Role], now: Instant
) -> Admitted:
    """Find who stands behind a cookie; `choose` says in which of the account's roles.

    Raises:
        UnauthenticatedError: No such sign-in, or it is over; or the pages' client is disabled.
        MalformedError: What `choose` raises.
    """
    row = await tx.one(_OF_VALUE, of_value=value_handle(keys, value))
    sign_in = None if row is None else _sign_in(row)
    if sign_in is None or not sign_in.lives(now):
        raise UnauthenticatedError("no sign-in stands behind this cookie")
    account = await _require_account(tx, sign_in.account)
    waits_until = await _waits_until(tx, sign_in, now)
    fresh = sign_in.is_fresh(now)
    bearer = Bearer(
        issuer=ISSUER,
        subject=sign_in.account,
        client_id=PAGES_CLIENT,
        token_id=sha256(sign_in.id.encode()).digest(),
        expires_at=sign_in.ends_at,
        # A strong authentication of this morning says little of who sits there now.
        strong=sign_in.strong and fresh,
    )
    caller = await caller_of(
        tx,
        account,
        bearer,
        choose(account),
        signed_in={
            "sign_in": sign_in.id,
            "way": sign_in.way,
            "enrolment": sign_in.enrolment,
            "is_stale": not fresh,
            "waits_until": waits_until,
        },
    )
    return Admitted(caller, sign_in, keys.handle("csrf", _digest(value)).hex())


async def _waits_until(tx: Tx, sign_in: SignIn, now: Instant) -> Instant | None:
    """Until when what she opens waits, by the passkey or the code that she came in by.

    Raises:
        UnauthenticatedError: It is revoked, over, or somebody else's.
    """
    if sign_in.enrolment is None:
        return None
    known = await find_enrolment(tx, EnrolmentId(sign_in.enrolment))
    if known is None or not known.is_open(now) or known.account != sign_in.account:
        raise UnauthenticatedError("what she came in by is revoked")
    return known.waits_until


async def caller_signing_in(tx: Tx, signed_in: SignedIn, sign_in: SignInId, at: Instant) -> Caller:
    """Build the caller of an entry that says she signed in, before there is anything to find her by.

    Raises:
        UnauthenticatedError: No such account, or the pages' client is disabled.
    """
    account = await _require_account(tx, signed_in.account)
    bearer = Bearer(
        issuer=ISSUER,
        subject=signed_in.account,
        client_id=PAGES_CLIENT,
        token_id=sha256(sign_in.encode()).digest(),
        expires_at=Instant(at + WHOLE_US),
        strong=signed_in.strong and is_recent(signed_in, at),
    )
    extra = {"sign_in": sign_in, "way": signed_in.way, "enrolment": signed_in.enrolment}
    return await caller_of(tx, account, bearer, first_role(account), signed_in=extra)


def is_recent(signed_in: SignedIn, at: Instant) -> bool:
    """Whether she proved who she is so lately that it counts as strong."""
    return at < (at if signed_in.authenticated_at is None else signed_in.authenticated_at) + STEP_UP_US


def first_role(account: Row) -> Role:
    """Give a role for what rests on none: her own sign-ins are hers in every role."""
    return Role(min(json.loads(account["roles"])))


async def stands(tx: Tx, sign_in: SignInId) -> bool:
    """Whether nobody has ended it; its limits in time were judged when the request came in."""
    return await tx.one(_STANDS, of_id=sign_in) is not None


async def list_live(tx: Tx, account: str, now: Instant) -> Sequence[SignIn]:
    """Give those of an account that are not over, newest first."""
    rows = await tx.all(_LIVE, of_account=account, opened_after=now - WHOLE_US)
    return [one for one in map(_sign_in, rows) if one.lives(now)]


async def find_by_value(tx: Tx, keys: RecordKeys, value: str) -> SignIn | None:
    """Find a sign-in by its cookie, over or not."""
    row = await tx.one(_OF_VALUE, of_value=value_handle(keys, value))
    return None if row is None else _sign_in(row)


async def touch(tx: Tx, sign_in: SignInId, now: Instant) -> None:
    """Write that it was used."""
    await tx.run(_TOUCH, of_id=sign_in, used_by=now)


async def accounts_of(tx: Tx, keys: RecordKeys, identity: Identity) -> Sequence[Account]:
    """Give every account of whom an issuer names."""
    rows = await tx.all(_OF_IDENTITY, identity=keys.handle("identity", identity.text))
    return [_account(row) for row in rows]


def _account(row: Row) -> Account:
    names: Mapping[str, str] = {}
    if row["agency"] is not None:
        names = {"fr": row["name_fr"] or row["agency"], "en": row["name_en"] or row["agency"]}
    roles = tuple(json.loads(row["roles"]))
    return Account(row["id"], row["agency"], names, roles, bool(row["active"]))


async def _require_account(tx: Tx, account: str) -> Row:
    client = await tx.one(CLIENT, client=PAGES_CLIENT)
    if client is None or client["status"] != "active":
        raise UnauthenticatedError("signing in is disabled")
    row = await tx.one(OF_ACCOUNT, of_id=account)
    if row is None:
        raise UnauthenticatedError("no account stands behind this sign-in")
    return row


def _sign_in(row: Row) -> SignIn:
    return SignIn(
        id=SignInId(row["id"]),
        account=row["account"],
        way=Way(row["way"]),
        strong=bool(row["strong"]),
        enrolment=row["enrolment"],
        opened_at=Instant(row["opened_at"]),
        used_at=Instant(row["used_at"]),
        authenticated_at=Instant(row["authenticated_at"]),
        ended_at=None if row["ended_at"] is None else Instant(row["ended_at"]),
    )


def _digest(value: str) -> bytes:
    return sha256(value.encode("utf-8", "surrogatepass")).digest()

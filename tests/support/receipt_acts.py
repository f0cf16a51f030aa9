"""Acts of a family that leave receipts, and the receipts as their readers find them."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.tables import receipts
from gateway.domain.access import Refused
from gateway.domain.acting import Done, Once
from gateway.domain.caller import Caller
from gateway.domain.consent import ReachKind, Recipient, StopReach
from gateway.domain.giving import Given, Terms
from gateway.domain.ids import AgencyId, ConsentId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.receipt_text import render
from gateway.domain.vocabulary import Role
from gateway.usecases.give_consent import Agreed
from gateway.usecases.read_receipt import ReceiptAsked, ReceiptRead
from gateway.usecases.stop_sharing import Stop, Stopped
from gateway.usecases.withdraw_consent import Withdrawal
from tests.support.receipts import open_independently
from tests.support.stack import Stack, network

CLINIC, SCHOOL, SHELTER = AgencyId("qc:clinic"), AgencyId("qc:school"), AgencyId("qc:shelter")
CHILD = PersonId("p:child")
ALL = StopReach(ReachKind.ALL)
DAY_US = 24 * 3600 * 1_000_000
EVIDENCE = {
    "method": "verbal",
    "grantor_name": "Inventée, Conte",
    "information_described": True,
    "purposes_explained_how": "read aloud",
    "withdrawal_right_explained": True,
}


def with_a_second_guardian_and_a_shelter() -> dict[str, Any]:
    seed = network()
    name = {"fr": "Refuge inventé", "en": "Invented shelter"}
    seed["agencies"].append({"id": SHELTER, "name": name, "profile": "QC-PRIV", "protected": True})
    seed["authorities"] = [
        {"id": f"aut_{person}", "subject": "p:child", "person": f"p:{person}", "authority": "joint"}
        for person in ("parent", "other")
    ]
    return seed


async def mother(stack: Stack) -> Caller:
    return await stack.caller("conte", "client:family", Role.GUARDIAN)


async def father(stack: Stack) -> Caller:
    return await stack.caller("recit", "client:family", Role.GUARDIAN)


def terms(stack: Stack, **changes: Any) -> Terms:  # noqa: ANN401 - fields of any type
    made = Terms(
        decision="permit",
        recipients=(Recipient(agency=CLINIC),),
        owners=(SCHOOL,),
        purposes=("coordination",),
        categories=("education",),
        until_at=Instant(stack.parts.clock.now() + 100 * DAY_US),
    )
    return replace(made, **changes)


async def give(stack: Stack, caller: Caller, said: Terms, **more: Any) -> Agreed:  # noqa: ANN401
    person = "p:child" if caller.is_family else await stack.parts.registry.handle_of(caller.agency, CHILD)
    assert person is not None
    answer = await stack.uses.give_consent(Given(caller, person, said, _purpose(caller), **more))
    assert isinstance(answer, Agreed), answer
    return answer


async def withdraw(stack: Stack, caller: Caller, consent: str, once: Once | None = None) -> Done:
    asked = Withdrawal(caller, ConsentId(consent), _purpose(caller), once)
    answer = await stack.uses.withdraw_consent(asked)
    assert isinstance(answer, Done), answer
    return answer


async def stop(stack: Stack, caller: Caller, reach: StopReach = ALL, once: Once | None = None) -> Stopped:
    answer = await stack.uses.stop_sharing(Stop(caller, "p:child", reach, once=once))
    assert isinstance(answer, Stopped), answer
    return answer


async def read(stack: Stack, caller: Caller, **named: Any) -> ReceiptRead | Refused:  # noqa: ANN401
    return await stack.uses.read_receipt(ReceiptAsked(caller, _purpose(caller), **named))


async def record_of(stack: Stack, caller: Caller, **named: Any) -> dict[str, Any]:  # noqa: ANN401
    """The record of her newest receipt, verified with nothing but the published key."""
    answer = await read(stack, caller, **named)
    assert isinstance(answer, ReceiptRead), answer
    assert answer.entry is not None
    record = open_independently(answer.receipt.signed, {"keys": [stack.parts.state.keyring.receipt_key.jwk]})
    assert (record, record["receipt_id"]) == (answer.receipt.record, answer.receipt.id)
    for language in ("fr", "en"):
        digest = hashlib.sha256(render(record, language).encode()).hexdigest()
        assert digest == record["text"]["sha256"][language]
    return record


async def rows(stack: Stack) -> Sequence[Mapping[str, Any]]:
    async def work(tx: Tx) -> Sequence[Mapping[str, Any]]:
        return await tx.all(select(receipts).order_by(receipts.c.about, receipts.c.number))

    return await stack.parts.database.snapshot(work)


def _purpose(caller: Caller) -> str:
    return "family_access" if caller.is_family else "service_delivery"

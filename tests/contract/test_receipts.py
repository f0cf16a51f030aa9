"""Receipts on both stores, with the real policy: one for each act, in its transaction, for its own reader."""

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.tables import receipts
from gateway.domain.access import Refused
from gateway.domain.acting import Done, Once
from gateway.domain.caller import Caller
from gateway.domain.consent import ReachKind, Recipient, StopReach
from gateway.domain.errors import ConflictError, LedgerUnavailableError, PolicyUnavailableError
from gateway.domain.ids import AgencyId, ConsentId, PersonId, ReceiptId, StopId
from gateway.domain.instants import Instant
from gateway.domain.person import Described
from gateway.domain.receipt_text import render
from gateway.domain.vocabulary import Role
from gateway.usecases.give_consent import Agreed, Given, Spoken, Terms
from gateway.usecases.read_receipt import ReadReceipt, ReceiptAsked, ReceiptRead
from gateway.usecases.stop_sharing import Stop, Stopped
from gateway.usecases.undo_stop import Lifted, Undo
from gateway.usecases.withdraw_consent import Withdrawal
from tests.support.receipts import open_independently
from tests.support.stack import Stack, network, open_stack

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


@pytest_asyncio.fixture
async def stack(store_url: str, tmp_path: Path) -> AsyncIterator[Stack]:
    seed = with_a_second_guardian_and_a_shelter()
    async with open_stack(store_url, tmp_path / "state", seed=seed) as opened:
        yield opened


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


async def test_what_a_seed_brings_has_no_receipt_nobody_acted(stack: Stack) -> None:
    assert await rows(stack) == []
    assert isinstance(await read(stack, await mother(stack), consent=ConsentId("cns_1")), Refused)


async def test_each_act_leaves_one_receipt_that_says_it(stack: Stack) -> None:
    parent = await mother(stack)
    given = await give(stack, parent, terms(stack))
    name = ConsentId(given.done.reference["consent"])
    first = await record_of(stack, parent, consent=name)
    assert (first["act"], first["receipt_id"]) == ("given", given.done.reference["receipt"])

    changed = terms(stack, purposes=("assessment",))
    await give(stack, parent, changed, replaces=(name, 1))
    second = await record_of(stack, parent, consent=name)
    assert (second["act"], second["record_id"], second["consent"]["replaces_version"]) == (
        "changed",
        f"{name}:2",
        1,
    )

    await withdraw(stack, parent, name)
    third = await record_of(stack, parent, consent=name)
    assert (third["act"], third["was_over"]) == ("withdrawn", False)

    refused = await give(stack, parent, terms(stack, decision="deny", until_at=None))
    record = await record_of(stack, parent, consent=ConsentId(refused.done.reference["consent"]))
    assert (record["act"], record["pii_processing"]["lawful_basis"]) == ("refused", "none")
    assert [
        (row["about"], row["act"], row["number"]) for row in await rows(stack) if row["about"] == name
    ] == [
        (name, "given", 1),
        (name, "changed", 2),
        (name, "withdrawn", 3),
    ]
    assert len(await rows(stack)) == 4


async def test_the_entry_of_the_act_holds_the_receipts_digest(stack: Stack) -> None:
    parent = await mother(stack)
    given = await give(stack, parent, terms(stack))
    entry = given.done.entry
    assert entry is not None
    answer = await read(stack, parent, consent=ConsentId(given.done.reference["consent"]))
    assert isinstance(answer, ReceiptRead)
    detail = await stack.parts.ledger.detail(entry.ledger, entry.index)
    assert detail is not None
    digest = hashlib.sha256(answer.receipt.signed.encode()).hexdigest()
    assert detail["receipt"] == {"id": answer.receipt.id, "sha256": digest}
    assert answer.receipt.record["ledger_entry"] == {"id": entry.decision_id, "state": "recorded"}


async def test_an_act_that_fails_leaves_none(stack: Stack) -> None:
    parent, other = await mother(stack), await father(stack)
    given = await give(stack, parent, terms(stack))
    name = ConsentId(given.done.reference["consent"])
    with pytest.raises(ConflictError):
        await give(stack, other, terms(stack), replaces=(name, 1))
    with pytest.raises(ConflictError):
        await give(stack, parent, terms(stack), replaces=(name, 7))
    assert [row["act"] for row in await rows(stack)] == ["given"]


async def test_an_act_whose_entry_cannot_be_written_leaves_none_and_no_line_either(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent, written = await mother(stack), []

    async def fail(tx: Tx, top: object) -> None:
        del top
        written.append(await tx.one(select(receipts.c.act)))
        raise LedgerUnavailableError("the disk is full")

    monkeypatch.setattr("gateway.adapters.sql.writer.close_head", fail)
    with pytest.raises(LedgerUnavailableError):
        await withdraw(stack, parent, "cns_1")
    monkeypatch.undo()
    assert [row["act"] for row in written if row is not None] == ["withdrawn"]
    assert await rows(stack) == []
    line = await stack.parts.registry.directive(ConsentId("cns_1"))
    assert line is not None
    assert line.withdrawn_at is None


async def test_a_repeat_brings_the_same_receipt_back(stack: Stack) -> None:
    parent, once = await mother(stack), Once("key-1", b"\x01" * 32)
    given = await give(stack, parent, terms(stack), once=once)
    again = await give(stack, parent, terms(stack), once=once)
    assert again.done.replayed
    assert again.done.reference["receipt"] == given.done.reference["receipt"]

    stop_once = Once("key-2", b"\x02" * 32)
    stopped, repeated = [await stop(stack, parent, once=stop_once) for _ in range(2)]
    assert repeated.done.reference == stopped.done.reference
    assert sorted(row["act"] for row in await rows(stack)) == ["given", "stopped", "stopped"]


async def test_ending_what_is_over_brings_the_first_receipt_of_its_ending_back(stack: Stack) -> None:
    parent = await mother(stack)
    given = await give(stack, parent, terms(stack))
    name = given.done.reference["consent"]
    first, again = [await withdraw(stack, parent, name) for _ in range(2)]
    assert first.reference["receipt"] == again.reference["receipt"]
    stopped = StopId((await stop(stack, parent)).done.reference["stop"])
    lifted = [await stack.uses.undo_stop(Undo(parent, stopped)) for _ in range(2)]
    assert all(isinstance(one, Lifted) for one in lifted)
    assert len({one.done.reference["receipt"] for one in lifted if isinstance(one, Lifted)}) == 1
    assert sorted(row["act"] for row in await rows(stack)) == [
        "given",
        "stopped",
        "stopped",
        "undone",
        "withdrawn",
    ]


async def test_ending_what_a_stop_has_ended_says_that_it_was_over(stack: Stack) -> None:
    parent = await mother(stack)
    given = await give(stack, parent, terms(stack))
    name = ConsentId(given.done.reference["consent"])
    await stop(stack, parent)
    await withdraw(stack, parent, name)
    record = await record_of(stack, parent, consent=name)
    assert (record["act"], record["was_over"]) == ("withdrawn", True)


async def test_the_receipt_of_a_stop_says_its_reach_what_it_withdrew_what_continues_and_why(
    stack: Stack,
) -> None:
    parent = await mother(stack)
    stopped = await stop(stack, parent, StopReach(ReachKind.AGENCY, agency=CLINIC))
    name = StopId(stopped.done.reference["stop"])
    record = await record_of(stack, parent, stop=name)
    assert record["receipt_id"] == stopped.done.reference["receipt"]
    told = record["stop"]
    assert (told["id"], told["reach"]["agency"]["party_id"], told["in_force"]) == (name, CLINIC, True)
    assert {one["id"] for one in told["withdrawn"]} == {"cns_1", "cns_once"}
    assert stopped.continues
    assert {(one["recipient"]["party_id"], one["reason"]) for one in told["continues"]} == {
        (SCHOOL, "OWNER_ACCESS")
    }
    assert "- Invented school reads its own file. It is its own work.\n" in render(record, "en")
    # The act's own receipt could not know it, and is what this one supplements.
    first, second = [row for row in await rows(stack) if row["act"] == "stopped"]
    assert (record["supplements"], second["id"]) == (first["id"], record["receipt_id"])
    assert stopped.done.entry is not None
    assert first["decision_id"] == stopped.done.entry.decision_id


class Silent:
    digest = "0" * 64

    async def decide_all(self, *_: object) -> None:
        raise PolicyUnavailableError("silent")


async def test_a_silent_policy_delays_only_what_continues(stack: Stack) -> None:
    parent, uses = await mother(stack), stack.uses
    silent: Any = Silent()
    silent.digest = stack.parts.policy.digest
    deaf = replace(
        uses.stop_sharing,
        policy=silent,
        ask=replace(uses.stop_sharing.ask, policy=silent),
        continuing=replace(uses.stop_sharing.continuing, policy=silent),
    )
    asked = Stop(parent, "p:child", ALL, once=Once("key-3", b"\x03" * 32))
    stopped = await deaf(asked)
    assert isinstance(stopped, Stopped)
    assert (stopped.done.proven, stopped.continues) == (True, None)
    name = StopId(stopped.done.reference["stop"])
    record = await record_of(stack, parent, stop=name)
    assert record["stop"]["continues"] is None
    assert "Nous ne pouvons pas encore dire ce qui continue." in render(record, "fr")
    # Sent again once the policy answers, it is told: the same stop, one more receipt.
    again = await uses.stop_sharing(asked)
    assert isinstance(again, Stopped)
    assert again.done.reference["stop"] == name
    record = await record_of(stack, parent, stop=name)
    assert (record["stop"]["continues"] is not None, record["supplements"]) == (
        True,
        stopped.done.reference["receipt"],
    )


async def test_in_quarantine_the_receipt_says_that_the_entry_is_awaited(stack: Stack) -> None:
    parent, writer = await mother(stack), stack.parts.writer
    before, writer.quarantined = writer.quarantined, lambda: True
    ended = await withdraw(stack, parent, "cns_1")
    stopped = await stop(stack, parent)
    writer.quarantined = before
    assert (ended.entry, stopped.done.entry) == (None, None)
    for named in (
        {"consent": ConsentId("cns_1")},
        {"stop": StopId(stopped.done.reference["stop"])},
    ):
        record = await record_of(stack, parent, **named)
        assert record["ledger_entry"]["state"] == "awaited"
        assert "Le registre est en pause. Votre choix est déjà noté." in render(record, "fr")
    assert sorted(row["act"] for row in await rows(stack)) == ["stopped", "withdrawn"]


async def test_undoing_has_a_receipt_whichever_way_it_is_undone(stack: Stack) -> None:
    parent = await mother(stack)
    one, two = await stop(stack, parent), await stop(stack, parent)
    assert isinstance(await stack.uses.undo_stop(Undo(parent, StopId(one.done.reference["stop"]))), Lifted)
    await withdraw(stack, parent, two.done.reference["consent"])
    for stopped in (one, two):
        record = await record_of(stack, parent, stop=StopId(stopped.done.reference["stop"]))
        assert record["act"] == "undone"


async def test_another_guardian_finds_none_as_if_there_were_none(stack: Stack) -> None:
    parent, other = await mother(stack), await father(stack)
    given = await give(stack, parent, terms(stack))
    stopped = await stop(stack, parent)
    for named in (
        {"consent": ConsentId(given.done.reference["consent"])},
        {"stop": StopId(stopped.done.reference["stop"])},
        {"consent": ConsentId("cns_nothing")},
        {"stop": StopId("stp_nothing")},
        {"receipt": ReceiptId(given.done.reference["receipt"])},
        {"receipt": ReceiptId("rcp_nothing")},
    ):
        answer = await read(stack, other, **named)
        assert isinstance(answer, Refused)
        assert not answer.decision.disclose_existence
        assert answer.decision.reasons == ("NO_RELATIONSHIP",)


async def test_a_worker_hands_over_what_she_recorded_and_the_family_has_it_too(stack: Stack) -> None:
    bob, parent = await stack.caller("bob", "client:clinic"), await mother(stack)
    handle = await _handle_of_conte(stack, bob)
    given = await give(stack, bob, terms(stack), spoken=Spoken(handle, EVIDENCE))
    name = ConsentId(given.done.reference["consent"])
    record = await record_of(stack, bob, consent=name)
    assert (record["act"], record["recorded_by"]["party_id"]) == ("given", CLINIC)
    assert record["pii_processing"]["evidence_method"] == "verbal"
    # She knows persons by her agency's handles alone.
    assert record["event"]["entity_id"] == handle
    assert not {"p:child", "p:parent", "w:bob", "Inventée, Conte"} & set(_texts_of(record))
    assert (await record_of(stack, parent, consent=name)) == record

    ended = await withdraw(stack, bob, name)
    assert ended.reference["receipt"] != given.done.reference["receipt"]
    assert (await record_of(stack, parent, consent=name))["act"] == "withdrawn"
    # Each is still had by its own number.
    first = ReceiptId(given.done.reference["receipt"])
    for caller in (bob, parent):
        assert (await record_of(stack, caller, receipt=first)) == record
    # A colleague at work with the same child recorded nothing, and so finds nothing.
    ada = await stack.caller("ada", "client:school")
    assert isinstance(await read(stack, ada, consent=name), Refused)
    assert isinstance(await read(stack, ada, receipt=first), Refused)


async def test_a_worker_finds_nothing_of_what_the_family_did_herself(stack: Stack) -> None:
    bob, parent = await stack.caller("bob", "client:clinic"), await mother(stack)
    given = await give(stack, parent, terms(stack))
    name = ConsentId(given.done.reference["consent"])
    assert isinstance(await read(stack, bob, consent=name), Refused)
    # And she is not handed the family's own where she records what is over already.
    own = await withdraw(stack, parent, name)
    later = await withdraw(stack, bob, name)
    assert later.reference["receipt"] != own.reference["receipt"]
    assert (await record_of(stack, bob, consent=name))["was_over"]
    eva = await stack.caller("eva", "client:clinic")
    assert isinstance(await read(stack, eva, consent=name), Refused)


async def test_a_protected_agency_is_named_to_who_named_it_and_to_nobody_else(stack: Stack) -> None:
    bob, parent = await stack.caller("bob", "client:clinic"), await mother(stack)
    said = terms(stack, recipients=(Recipient(agency=SHELTER), Recipient(agency=CLINIC)))
    name = ConsentId((await give(stack, parent, said)).done.reference["consent"])
    assert "Refuge inventé" in render(await record_of(stack, parent, consent=name), "fr")
    await withdraw(stack, bob, name)
    record = await record_of(stack, bob, consent=name)
    assert not [one for one in _texts_of(record) if "shelter" in one.casefold() or "refuge" in one.casefold()]
    assert "- un organisme\n- Clinique inventée\n" in render(record, "fr")


async def test_it_is_kept_sealed_and_reading_it_is_an_entry(stack: Stack) -> None:
    parent = await mother(stack)
    given = await give(stack, parent, terms(stack))
    (row,) = await rows(stack)
    assert b"eyJ" not in bytes(row["sealed"])
    answer = await read(stack, parent, consent=ConsentId(given.done.reference["consent"]))
    assert isinstance(answer, ReceiptRead)
    assert answer.entry is not None
    detail = await stack.parts.ledger.detail(answer.entry.ledger, answer.entry.index)
    assert detail is not None
    assert (detail["what"], detail["shown"]) == ("receipt", [answer.receipt.id])


async def test_whoever_may_not_act_is_answered_alike(stack: Stack) -> None:
    asked: ReadReceipt = stack.uses.read_receipt
    parent = replace(await mother(stack), active=False)
    for name in ("cns_1", "cns_nothing"):
        answer = await asked(ReceiptAsked(parent, "family_access", consent=ConsentId(name)))
        assert isinstance(answer, Refused)
        assert answer.decision.reasons == ("ACCOUNT_INACTIVE",)


async def _handle_of_conte(stack: Stack, caller: Caller) -> str:
    """How the clinic names the mother: she was there to speak."""
    done = await stack.uses.match_person(caller, Described("Inventé", "Conte", date(1988, 5, 1)))
    assert isinstance(done, Done)
    return str(done.reference["handle"])


def _texts_of(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for one in value.values() for text in _texts_of(one)]
    return [text for one in value for text in _texts_of(one)] if isinstance(value, list) else []

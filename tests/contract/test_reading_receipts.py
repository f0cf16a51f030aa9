"""Receipts on both stores, with the real policy: who finds which, and what it names to whom."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest_asyncio

from gateway.domain.access import Refused
from gateway.domain.acting import Done
from gateway.domain.caller import Caller
from gateway.domain.consent import Recipient
from gateway.domain.giving import Spoken
from gateway.domain.ids import ConsentId, ReceiptId, StopId
from gateway.domain.person import Described
from gateway.domain.receipt_text import render
from gateway.usecases.read_receipt import ReadReceipt, ReceiptAsked, ReceiptRead
from tests.support.receipt_acts import (
    CLINIC,
    EVIDENCE,
    SHELTER,
    father,
    give,
    mother,
    read,
    record_of,
    rows,
    stop,
    terms,
    with_a_second_guardian_and_a_shelter,
    withdraw,
)
from tests.support.stack import Stack, open_stack


@pytest_asyncio.fixture
async def stack(store_url: str, tmp_path: Path) -> AsyncIterator[Stack]:
    seed = with_a_second_guardian_and_a_shelter()
    async with open_stack(store_url, tmp_path / "state", seed=seed) as opened:
        yield opened


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

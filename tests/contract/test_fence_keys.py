"""Idempotency keys, consents for once, and identifiers, on every store."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.domain.access import Refused
from gateway.domain.acting import Done, Note, Once
from gateway.domain.consent import ReachKind, StopReach
from gateway.domain.errors import ConflictError, IdempotencyMismatchError
from gateway.domain.ids import AgencyId, ClientId, ConsentId, DecisionId, FragmentId
from gateway.domain.ledger import EntryKind
from gateway.domain.registry import NewAgency, NewClient
from gateway.domain.vocabulary import AgencyStatus, Role
from gateway.releasing import Asked, Released
from gateway.usecases.stop_sharing import Stop, Stopped
from gateway.usecases.withdraw_consent import Withdrawal
from tests.support.race_attempts import LETTER, MARKS, asking, entries_of
from tests.support.race_network import FAMILY
from tests.support.stack import Stack, open_stack


@pytest.fixture
async def stack(store_url: str, tmp_path: Path) -> AsyncIterator[Stack]:
    async with open_stack(store_url, tmp_path / "state") as opened:
        yield opened


async def release(
    stack: Stack, fragment: FragmentId = LETTER, key: str | None = None, body: bytes = b"body"
) -> Released | Refused:
    asked = Asked(await asking(stack), fragment, "coordination", "", key, body)
    return await stack.uses.release(asked)


async def withdraw(stack: Stack, consent: str, once: Once | None) -> Done | Refused:
    parent = await stack.caller(*FAMILY, Role.GUARDIAN)
    asked = Withdrawal(parent, ConsentId(consent), "family_access", once)
    return await stack.uses.withdraw_consent(asked)


async def stop(stack: Stack, once: Once) -> Stopped | Refused:
    parent = await stack.caller(*FAMILY, Role.GUARDIAN)
    return await stack.uses.stop_sharing(Stop(parent, "p:child", StopReach(ReachKind.ALL), once=once))


def note(stack: Stack) -> Note:
    return Note(EntryKind.OPERATED, DecisionId(stack.parts.ids.new("dec")), None, {"act": "test"})


async def test_the_same_key_at_the_same_moment_is_a_conflict_and_one_release(stack: Stack) -> None:
    before = len(await entries_of(stack))
    # As many as there are readers on PostgreSQL: one more would wait for its turn, and come later.
    answers = await asyncio.gather(*(release(stack, key="one") for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(one, Released) for one in answers) == 1
    assert sum(type(one) is ConflictError for one in answers) == 3
    assert len(await entries_of(stack)) == before + 1


async def test_the_same_key_with_another_body_is_a_mismatch_at_once_and_later(stack: Stack) -> None:
    bodies = (b"this", b"that")
    answers = await asyncio.gather(
        *(release(stack, key="one", body=body) for body in bodies), return_exceptions=True
    )
    told = {type(answer): body for answer, body in zip(answers, bodies, strict=True)}
    assert told.keys() == {Released, IdempotencyMismatchError}
    with pytest.raises(IdempotencyMismatchError):
        await release(stack, key="one", body=told[IdempotencyMismatchError])
    assert isinstance(await release(stack, key="one", body=told[Released]), Released)


async def test_the_same_key_later_is_a_new_release_decided_anew(stack: Stack) -> None:
    first = await release(stack, key="one")
    await withdraw(stack, "cns_1", None)
    second = await release(stack, key="one")
    assert isinstance(first, Released)
    assert isinstance(second, Refused)
    assert second.entry is not None
    assert second.entry.index > first.entry.index


async def test_keys_that_differ_only_by_case_are_two_keys(stack: Stack) -> None:
    answers = await asyncio.gather(release(stack, key="one"), release(stack, key="ONE"))
    assert all(isinstance(one, Released) for one in answers)


async def test_an_act_repeated_under_its_key_brings_its_first_effect_back(stack: Stack) -> None:
    once = Once("key", b"body")
    before = len(await entries_of(stack))
    answers = [await stop(stack, once), await stop(stack, once)]
    first, second = (one.done for one in answers if isinstance(one, Stopped))
    assert (first.reference, first.entry) == (second.reference, second.entry)
    assert (first.replayed, second.replayed) == (False, True)
    # The stop, and the receipt that says what continues after it.
    assert len(await entries_of(stack)) == before + 2


async def test_an_act_asked_at_once_under_one_key_takes_effect_once(stack: Stack) -> None:
    once = Once("key", b"body")
    answers = await asyncio.gather(*(stop(stack, once) for _ in range(8)))
    done = [one.done for one in answers if isinstance(one, Stopped)]
    assert len(done) == 8
    assert sum(not one.replayed for one in done) == 1
    assert len({one.reference["stop"] for one in done}) == 1


async def test_an_act_under_a_key_of_another_body_is_a_mismatch_and_changes_nothing(stack: Stack) -> None:
    await withdraw(stack, "cns_1", Once("key", b"body"))
    with pytest.raises(IdempotencyMismatchError):
        await withdraw(stack, "cns_once", Once("key", b"other"))
    line = await stack.parts.registry.directive(ConsentId("cns_once"))
    assert line is not None
    assert line.withdrawn_at is None


async def test_a_key_of_a_release_is_none_for_an_act_of_the_same_client(stack: Stack) -> None:
    await release(stack, key="key", body=b"body")
    caller = await asking(stack)
    act = Note(
        EntryKind.LISTED, DecisionId("dec_act"), caller, {}, once=Once("key", b"body"), epochs=caller.epochs
    )
    with pytest.raises(IdempotencyMismatchError):
        await stack.parts.acts.note_act(act)


async def test_a_consent_for_once_is_used_up_by_one_of_many(stack: Stack) -> None:
    answers = await asyncio.gather(*(release(stack, MARKS) for _ in range(8)))
    refused = [one.decision.reasons[0] for one in answers if isinstance(one, Refused)]
    assert refused == ["CONSENT_EXHAUSTED"] * 7


async def test_a_refused_attempt_uses_nothing_up(stack: Stack) -> None:
    dia = await stack.caller("dia", "client:house")
    refused = await stack.uses.release(Asked(dia, MARKS, "coordination"))
    assert isinstance(refused, Refused)
    assert isinstance(await release(stack, MARKS), Released)


async def test_fragments_that_differ_only_by_case_are_different(stack: Stack) -> None:
    assert isinstance(await release(stack, LETTER), Released)
    other = await release(stack, FragmentId("frg_LETTER"))
    assert isinstance(other, Refused)
    assert other.decision.disclose_existence is False


async def test_agencies_and_clients_that_differ_only_by_case_are_different(stack: Stack) -> None:
    acts, upper = stack.parts.acts, AgencyId("qc:CLINIC")
    await acts.add_agency(note(stack), NewAgency(upper, "Autre", "Other", "QC-PRIV"))
    await acts.add_client(note(stack), NewClient(ClientId("client:CLINIC"), upper))
    done = await acts.set_agency_status(note(stack), upper, AgencyStatus.SUSPENDED, "1")
    assert isinstance(done, Done)
    await acts.disable_client(note(stack), ClientId("client:CLINIC"))
    assert isinstance(await release(stack), Released)

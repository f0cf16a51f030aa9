"""What is opened by a code waits a day, and what is closed does not; on both stores, with the real policy."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from gateway.domain.access import Refused
from gateway.domain.caller import Caller
from gateway.domain.confirming import SpokenWith
from gateway.domain.consent import ReachKind, Recipient, StopReach
from gateway.domain.errors import ConflictError, MalformedError
from gateway.domain.findings import FindingKind
from gateway.domain.giving import Given, Terms
from gateway.domain.ids import AgencyId, ConsentId, FindingId, FragmentId, PersonId, WorkerId
from gateway.domain.instants import Instant
from gateway.domain.meetings import TransferState
from gateway.domain.vocabulary import Role
from gateway.domain.widening import WAIT_US
from gateway.releasing import Asked, Released
from gateway.usecases.agree_to_access import AgreementGiven
from gateway.usecases.answer_transfer import FamilyAnswer
from gateway.usecases.confirm_consent import Confirmation
from gateway.usecases.give_consent import Agreed
from gateway.usecases.stop_sharing import Stop, Stopped
from gateway.usecases.take_transfer import Taking
from gateway.usecases.undo_stop import Lifted, Undo
from gateway.usecases.withdraw_consent import Withdrawal
from tests.http.rungs import rung_network
from tests.support.stack import open_stack
from tests.support.ways_in import Ways, require_refused

DAY_US = 24 * 3600 * 1_000_000
MINUTE_US = 60 * 1_000_000
SPOKEN = SpokenWith("by_phone", "Elle confirme, dans une histoire inventée.")


def a_network() -> dict[str, Any]:
    """As for the rungs; no consent is given yet, and a worker of a third agency works with the child too."""
    seed = rung_network()
    seed["assignments"].append({"id": "asg_9", "worker": "w:dia", "person": "p:child", "from": "now-30d"})
    return {**seed, "consents": []}


@pytest_asyncio.fixture
async def ways(store_url: str, tmp_path: Path) -> AsyncIterator[Ways]:
    async with open_stack(store_url, tmp_path / "state", seed=a_network()) as stack:
        yield Ways(stack)


async def mother(ways: Ways) -> Caller:
    """The mother by an access token."""
    return await ways.stack.caller("conte", "client:family", Role.GUARDIAN)


def terms(ways: Ways, decision: Any = "permit", **changes: Any) -> Terms:  # noqa: ANN401 - fields of any type
    line = Terms(
        decision=decision,
        recipients=(Recipient(agency=AgencyId("qc:clinic")),),
        owners=(AgencyId("qc:school"),),
        purposes=("coordination",),
        categories=("family_situation",),
        until_at=Instant(ways.stack.parts.clock.now() + 30 * DAY_US),
    )
    return replace(line, **changes)


async def give(ways: Ways, caller: Caller, line: Terms, **more: Any) -> Agreed | Refused:  # noqa: ANN401 - likewise
    return await ways.stack.uses.give_consent(Given(caller, "p:child", line, "family_access", **more))


async def given(ways: Ways, caller: Caller, line: Terms) -> tuple[ConsentId, Instant]:
    """Give it; answers its id and from when it holds."""
    agreed = await give(ways, caller, line)
    assert isinstance(agreed, Agreed), agreed
    reference = agreed.done.reference
    return ConsentId(str(reference["consent"])), Instant(int(reference["from_at"]))


async def read(ways: Ways) -> str:
    """The clinic's worker asks for the school's letter: `released`, or why not."""
    asked = Asked(await ways.worker("bob", "clinic"), FragmentId("frg_letter"), "coordination")
    answer = await ways.stack.uses.release(asked)
    return "released" if isinstance(answer, Released) else answer.decision.reasons[0]


def about_a_day_after(at: Instant, now: Instant) -> bool:
    return now + WAIT_US - MINUTE_US < at <= now + WAIT_US


# --- Giving --------------------------------------------------------------------------------------


async def test_a_consent_given_by_a_code_starts_a_day_later(ways: Ways) -> None:
    _, starts = await given(ways, await ways.by_code(), terms(ways))
    assert about_a_day_after(starts, ways.stack.parts.clock.now())
    assert await read(ways) == "CONSENT_NOT_YET_IN_FORCE"


async def test_the_same_by_an_access_token_starts_at_once(ways: Ways) -> None:
    _, starts = await given(ways, await mother(ways), terms(ways))
    assert starts <= ways.stack.parts.clock.now()
    assert await read(ways) == "released"


async def test_a_start_that_she_asked_for_later_than_that_stays(ways: Ways) -> None:
    wanted = Instant(ways.stack.parts.clock.now() + 3 * DAY_US)
    _, starts = await given(ways, await ways.by_code(), terms(ways, from_at=wanted))
    assert starts == wanted


async def test_one_that_would_end_before_it_may_start_is_told_so(ways: Ways) -> None:
    ends = Instant(ways.stack.parts.clock.now() + DAY_US - 1)
    with pytest.raises(MalformedError) as refused:
        await give(ways, await ways.by_code(), terms(ways, until_at=ends))
    assert refused.value.field == "until"


async def test_a_refusal_given_by_a_code_holds_at_once(ways: Ways) -> None:
    await given(ways, await mother(ways), terms(ways))
    await given(ways, await ways.by_code(), terms(ways, "deny", recipients="any", owners="any"))
    assert await read(ways) == "CONSENT_REFUSED"


async def test_withdrawing_and_stopping_by_a_code_never_wait(ways: Ways) -> None:
    by_code = await ways.by_code()
    consent, _ = await given(ways, await mother(ways), terms(ways))
    assert await read(ways) == "released"
    done = await ways.stack.uses.withdraw_consent(Withdrawal(by_code, consent, "family_access"))
    assert not isinstance(done, Refused)
    assert await read(ways) == "CONSENT_WITHDRAWN"
    await given(ways, await mother(ways), terms(ways))
    assert await read(ways) == "released"
    stopped = await ways.stack.uses.stop_sharing(Stop(by_code, "p:child", StopReach(ReachKind.ALL)))
    assert isinstance(stopped, Stopped)
    assert await read(ways) == "CONSENT_REFUSED"


async def test_one_that_waits_is_withdrawn_at_once_by_her_other_way(ways: Ways) -> None:
    consent, _ = await given(ways, await ways.by_code(), terms(ways))
    done = await ways.stack.uses.withdraw_consent(Withdrawal(await mother(ways), consent, "family_access"))
    assert not isinstance(done, Refused)
    assert require_refused(await confirm(ways, await mother(ways), consent)) == "NO_RELATIONSHIP"


# --- Saying it once more -------------------------------------------------------------------------


async def confirm(ways: Ways, caller: Caller, consent: ConsentId, spoken: SpokenWith | None = None) -> Any:  # noqa: ANN401 - done or refused
    return await ways.stack.uses.enrolling.confirm_consent(Confirmation(caller, consent, spoken))


async def test_she_says_it_once_more_by_another_way_and_it_starts(ways: Ways) -> None:
    consent, _ = await given(ways, await ways.by_code(), terms(ways))
    done = await confirm(ways, await mother(ways), consent)
    assert done.reference["version"] == 2
    assert done.reference["receipt"]
    assert await read(ways) == "released"
    entry, *_ = await ways.entries(1)
    confirmed = [one for one in await ways.entries() if one["kind"] == "consent_confirmed"]
    assert [(one["check"], one["viewers"]) for one in confirmed] == [("own_other_way", {"p:parent": "full"})]
    assert entry["kind"] == "released"


async def test_by_the_code_itself_it_is_not_said_once_more(ways: Ways) -> None:
    by_code = await ways.by_code()
    consent, _ = await given(ways, by_code, terms(ways))
    assert require_refused(await confirm(ways, by_code, consent)) == "STRONG_AUTH_REQUIRED"
    assert await read(ways) == "CONSENT_NOT_YET_IN_FORCE"


async def test_another_family_member_does_not_say_it_for_her(ways: Ways) -> None:
    consent, _ = await given(ways, await ways.by_code(), terms(ways))
    other = await ways.stack.caller("recit", "client:family", Role.GUARDIAN)
    assert require_refused(await confirm(ways, other, consent)) == "NO_RELATIONSHIP"


async def test_a_worker_of_a_third_agency_says_that_she_spoke_with_her(ways: Ways) -> None:
    consent, _ = await given(ways, await ways.by_code(), terms(ways))
    done = await confirm(ways, await ways.worker("dia", "house"), consent, SPOKEN)
    assert done.reference["version"] == 2
    (entry,) = [one for one in await ways.entries() if one["kind"] == "consent_confirmed"]
    assert (entry["check"], entry["method"], entry["words"]) == ("spoken_with", "by_phone", SPOKEN.words)
    assert await read(ways) == "released"


@pytest.mark.parametrize(
    ("subject", "agency", "reason"),
    [
        ("ada", "school", "REVIEWER_INVOLVED"),
        ("bob", "clinic", "REVIEWER_INVOLVED"),
        ("cam", "clinic", "NO_RELATIONSHIP"),
        ("hel", "house", "ROLE_NOT_ALLOWED"),
    ],
    ids=["who printed", "who receives", "who is not assigned", "an officer"],
)
async def test_nobody_else_says_it(ways: Ways, subject: str, agency: str, reason: str) -> None:
    consent, _ = await given(ways, await ways.by_code(), terms(ways))
    answer = await confirm(ways, await ways.worker(subject, agency), consent, SPOKEN)
    assert require_refused(answer) == reason
    assert await read(ways) == "CONSENT_NOT_YET_IN_FORCE"


@pytest.mark.parametrize("other", ["ada", "cam", "conte"], ids=["who printed", "who is named", "the giver"])
async def test_under_another_account_nobody_says_it_either(
    store_url: str, tmp_path: Path, other: str
) -> None:
    seed = a_network()
    for one in seed["workers"]:
        # One human: the third agency's worker, and somebody who has to do with it.
        if one["id"] == "w:dia":
            one["identity"] = {**one["identity"], "sub": other}
    async with open_stack(store_url, tmp_path / "state", seed=seed) as stack:
        ways = Ways(stack)
        named = (Recipient(person=WorkerId("w:cam")),)
        consent, _ = await given(ways, await ways.by_code(), terms(ways, recipients=named))
        answer = await confirm(ways, await ways.worker(other, "house"), consent, SPOKEN)
        assert require_refused(answer) == "REVIEWER_INVOLVED"


async def test_of_a_line_for_anybody_every_agency_gains_something(ways: Ways) -> None:
    consent, _ = await given(ways, await ways.by_code(), terms(ways, recipients="any"))
    answer = await confirm(ways, await ways.worker("dia", "house"), consent, SPOKEN)
    assert require_refused(answer) == "REVIEWER_INVOLVED"


async def test_only_what_waits_is_said_once_more(ways: Ways) -> None:
    later = terms(ways, from_at=Instant(ways.stack.parts.clock.now() + 3 * DAY_US))
    for caller in (await mother(ways), await ways.by_code()):
        consent, _ = await given(ways, caller, later)
        assert require_refused(await confirm(ways, await mother(ways), consent)) == "NO_RELATIONSHIP"
    unknown = ConsentId("cns_unknown")
    assert require_refused(await confirm(ways, await mother(ways), unknown)) == "NO_RELATIONSHIP"


# --- Lifting -------------------------------------------------------------------------------------


async def test_a_stop_lifted_by_a_code_holds_for_another_day(ways: Ways) -> None:
    await given(ways, await mother(ways), terms(ways))
    by_code = await ways.by_code()
    reach = StopReach(ReachKind.CATEGORY, category="family_situation")
    stopped = await ways.stack.uses.stop_sharing(Stop(by_code, "p:child", reach))
    assert isinstance(stopped, Stopped)
    await given(ways, await mother(ways), terms(ways))
    assert await read(ways) == "CONSENT_REFUSED"
    lifted = await ways.stack.uses.undo_stop(Undo(by_code, stopped.done.reference["stop"]))
    assert isinstance(lifted, Lifted)
    ends = Instant(int(lifted.done.reference["lifted_at"]))
    assert about_a_day_after(ends, ways.stack.parts.clock.now())
    assert await read(ways) == "CONSENT_REFUSED"
    # By her other way, it is lifted at once; once it is, a code no more puts that off.
    again = await ways.stack.uses.undo_stop(Undo(await mother(ways), stopped.done.reference["stop"]))
    assert isinstance(again, Lifted)
    assert await read(ways) == "released"
    once_more = await ways.stack.uses.undo_stop(Undo(by_code, stopped.done.reference["stop"]))
    assert isinstance(once_more, Lifted)
    assert await read(ways) == "released"


async def test_a_second_lifting_by_a_code_does_not_put_the_first_off(ways: Ways) -> None:
    by_code = await ways.by_code()
    stopped = await ways.stack.uses.stop_sharing(Stop(by_code, "p:child", StopReach(ReachKind.ALL)))
    assert isinstance(stopped, Stopped)
    ends = []
    for _ in range(2):
        lifted = await ways.stack.uses.undo_stop(Undo(by_code, stopped.done.reference["stop"]))
        assert isinstance(lifted, Lifted)
        ends.append(lifted.done.reference["lifted_at"])
    assert ends[0] == ends[1]


async def test_a_refusal_withdrawn_by_a_code_holds_for_another_day(ways: Ways) -> None:
    await given(ways, await mother(ways), terms(ways))
    refusal, _ = await given(ways, await mother(ways), terms(ways, "deny", recipients="any", owners="any"))
    by_code = await ways.by_code()
    done = await ways.stack.uses.withdraw_consent(Withdrawal(by_code, refusal, "family_access"))
    assert not isinstance(done, Refused)
    ends = Instant(int(done.reference["withdrawn_at"]))
    assert about_a_day_after(ends, ways.stack.parts.clock.now())
    assert await read(ways) == "CONSENT_REFUSED"
    await ways.stack.uses.withdraw_consent(Withdrawal(await mother(ways), refusal, "family_access"))
    assert await read(ways) == "released"


async def test_nothing_that_waits_takes_the_place_of_a_refusal(ways: Ways) -> None:
    refusal, _ = await given(ways, await mother(ways), terms(ways, "deny", recipients="any", owners="any"))
    answer = await give(ways, await ways.by_code(), terms(ways), replaces=(refusal, 1))
    assert require_refused(answer) == "STRONG_AUTH_REQUIRED"
    assert await read(ways) == "CONSENT_REFUSED"


async def test_a_permit_that_takes_the_place_of_another_leaves_less_meanwhile(ways: Ways) -> None:
    consent, _ = await given(ways, await mother(ways), terms(ways))
    wider = terms(ways, purposes="any", categories="any")
    agreed = await give(ways, await ways.by_code(), wider, replaces=(consent, 1))
    assert isinstance(agreed, Agreed)
    assert await read(ways) == "CONSENT_NOT_YET_IN_FORCE"


# --- Agreeing ------------------------------------------------------------------------------------


async def test_an_agreement_given_by_a_code_holds_a_day_later(ways: Ways) -> None:
    asked = AgreementGiven(await ways.by_code(), PersonId("p:second"), PersonId("p:third"))
    done = await ways.stack.uses.agree_to_access(asked)
    assert not isinstance(done, Refused)
    found = await ways.stack.parts.registry.finding(FindingId(str(done.reference["finding"])))
    assert found is not None
    assert found.kind is FindingKind.AGREEMENT
    assert found.from_at is not None
    assert about_a_day_after(found.from_at, ways.stack.parts.clock.now())
    assert found.from_at == done.reference["opens_at"]


async def test_a_yes_to_a_transfer_by_a_code_counts_a_day_later(ways: Ways) -> None:
    transfer = FindingId("trf_1")
    take = Taking(await ways.worker("bob", "clinic"), transfer, TransferState.ACCEPTED)
    for _ in range(2):
        yes = FamilyAnswer(await ways.by_code(), transfer, TransferState.AGREED)
        assert not isinstance(await ways.stack.uses.answer_transfer(yes), Refused)
        with pytest.raises(ConflictError):
            await ways.stack.uses.take_transfer(take)
    certain = FamilyAnswer(await mother(ways), transfer, TransferState.AGREED)
    assert not isinstance(await ways.stack.uses.answer_transfer(certain), Refused)
    # Once it counts, a yes by a code does not put it off.
    again = FamilyAnswer(await ways.by_code(), transfer, TransferState.AGREED)
    assert not isinstance(await ways.stack.uses.answer_transfer(again), Refused)
    assert not isinstance(await ways.stack.uses.take_transfer(take), Refused)


async def test_a_no_to_a_transfer_by_a_code_counts_at_once(ways: Ways) -> None:
    transfer = FindingId("trf_1")
    no = FamilyAnswer(await ways.by_code(), transfer, TransferState.REFUSED_BY_FAMILY)
    assert not isinstance(await ways.stack.uses.answer_transfer(no), Refused)
    found = await ways.stack.parts.registry.finding(transfer)
    assert found is not None
    assert found.document["state"] == TransferState.REFUSED_BY_FAMILY


# --- Marks ---------------------------------------------------------------------------------------


async def test_every_act_by_a_code_is_marked_for_the_officers_and_for_herself(ways: Ways) -> None:
    by_code = await ways.by_code()
    await given(ways, by_code, terms(ways))
    await ways.stack.uses.stop_sharing(Stop(by_code, "p:child", StopReach(ReachKind.ALL)))
    await ways.stack.uses.release(Asked(by_code, FragmentId("frg_letter"), "family_access"))
    hers = [one for one in await ways.entries(12) if one.get("account") == "p:parent"]
    assert {one["kind"] for one in hers} >= {"consent_given", "stopped", "released", "signed_in"}
    for one in hers:
        assert (one["way"], one["enrolment"]) == ("code", by_code.enrolment), one["kind"]
    chain = await ways.stack.parts.ledger.chain(PersonId("p:parent"), PersonId("p:child"), None, 50)
    told = [row.told for row in chain if row.told["kind"] in {"consent_given", "stopped"}]
    assert told
    assert all(one["way"] == "code" for one in told)


async def test_an_act_by_an_access_token_bears_no_mark(ways: Ways) -> None:
    await given(ways, await mother(ways), terms(ways))
    entry, *_ = await ways.entries(1)
    assert not {"way", "enrolment"} & entry.keys()

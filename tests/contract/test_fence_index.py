"""A decision on the directives that the index hands over is the decision on all of them."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from sqlalchemy import bindparam, delete, insert

from gateway.adapters.sql.directives import to_key_rows, to_row
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.tables import consent_keys, consents
from gateway.domain.access import Decision
from gateway.domain.caller import Caller
from gateway.domain.consent import ConsentStatus, Directive, ReachKind, Recipient, StopReach
from gateway.domain.ids import AgencyId, ConsentId, FragmentId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.ledger import EntryKind
from gateway.domain.vocabulary import Sensitivity
from gateway.judging import Question
from tests.support.race_attempts import SetClock, judge_of, with_clock
from tests.support.stack import Stack, network, open_stack

NOW = Instant(1_900_000_000_000_000)
DAY_US = 86_400_000_000
CHILD, UNIT = PersonId("p:child"), AgencyId("qc:clinic/east")
FRAGMENTS = ("frg_letter", "frg_marks", "frg_report")
CALLERS = (
    ("bob", "client:clinic"),
    ("uma", "client:east"),
    ("dia", "client:house"),
    ("ada", "client:school"),
)
PURPOSES = ("coordination", "service_delivery", "assessment")

_FORGET = delete(consents).where(consents.c.person == bindparam("of_person"))
_FORGET_KEYS = delete(consent_keys).where(consent_keys.c.person == bindparam("of_person"))
_ADD, _ADD_KEYS = insert(consents), insert(consent_keys)

near = st.sampled_from((-2 * DAY_US, -1, 0, 1, 2 * DAY_US)).map(lambda off: Instant(NOW + off))
agencies = st.sampled_from(("qc:clinic", UNIT, "qc:house", "qc:school")).map(AgencyId)
recipients = st.one_of(
    st.builds(Recipient, agency=agencies, include_units=st.booleans()),
    st.builds(Recipient, agency=agencies, role=st.sampled_from(("caseworker", "pivot"))),
    st.builds(Recipient, person=st.sampled_from(("w:bob", "w:uma", "w:dia"))),
    st.builds(Recipient, committee=st.just("com_1")),
)


def listed(*values: str) -> st.SearchStrategy[Any]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True).map(tuple)


def some(*values: str) -> st.SearchStrategy[Any]:
    return st.just("any") | listed(*values)


any_line = st.builds(
    Directive,
    id=st.just(ConsentId("cns")),
    version=st.just(1),
    subject=st.just(CHILD),
    giver=st.sampled_from(("p:parent", "p:other")).map(PersonId),
    given_as=st.just("guardian"),
    decision=st.sampled_from(("permit", "permit", "deny")),
    recipients=st.just("any") | st.lists(recipients, min_size=1, max_size=2).map(tuple),
    owners=some("qc:school", "qc:clinic"),
    purposes=some(*PURPOSES),
    categories=some("family_situation", "education", "mental_health"),
    from_at=near,
    until_at=near,
    max_sensitivity=st.none() | st.sampled_from(Sensitivity),
    fragments=st.none() | listed(*FRAGMENTS),
    one_time=st.booleans(),
    used=st.booleans(),
    status=st.sampled_from(
        (ConsentStatus.ACTIVE, ConsentStatus.ACTIVE, ConsentStatus.SUPERSEDED, ConsentStatus.WITHDRAWN)
    ),
    withdrawn_at=st.none() | near,
    exceptions=st.sampled_from(((), ({"decision": "deny", "categories": ["mental_health"]},))),
    reach=st.sampled_from((None, None, None, StopReach(ReachKind.ALL))),
)

live = any_line.map(
    lambda line: replace(
        line,
        from_at=Instant(NOW - DAY_US),
        until_at=Instant(NOW + DAY_US),
        giver=PersonId("p:parent"),
        purposes="any",
        owners="any",
        status=ConsentStatus.ACTIVE,
        withdrawn_at=None,
        used=False,
    )
)
"""A line that is in force and counts: without it hardly anything is ever permitted."""


def _as_an_act_would(line: Directive) -> Directive:
    """What is withdrawn was so at an instant not to come; only a permit for once is ever used up."""
    line = replace(line, used=line.used and line.one_time and line.decision == "permit")
    if line.status is not ConsentStatus.WITHDRAWN:
        return line
    return replace(line, withdrawn_at=min(line.withdrawn_at or NOW, NOW))


lines = (any_line | live).map(_as_an_act_would)


class Bench:
    """One gateway for many examples; directives are put in its tables as they are, without an act."""

    def __init__(
        self, runner: asyncio.Runner, stack: Stack, callers: dict[tuple[str, str], Caller], clock: SetClock
    ) -> None:
        self.runner = runner
        self.stack = stack
        self.callers = callers
        self.clock = clock

    def decide(self, question: Question, directives: Sequence[Directive]) -> tuple[Decision, Decision]:
        """Decide as a release does, and once on all directives."""
        return self.runner.run(self._decide(question, directives))

    def decide_at_the_end(self, question: Question, directives: Sequence[Directive]) -> tuple[Decision, ...]:
        """Decide as a release does, and once more, on facts read anew, at the last instant it holds."""
        return self.runner.run(self._decide_at_the_end(question, directives))

    async def _decide_at_the_end(
        self, question: Question, directives: Sequence[Directive]
    ) -> tuple[Decision, ...]:
        await self.stack.parts.database.transaction(lambda tx: _put(tx, directives))
        self.stack.parts.store._facts.clear()
        judge = judge_of(self.stack)
        first = await judge(question)
        self.clock.fixed = Instant(first.judged.until - 1)
        self.stack.parts.store._facts.clear()
        last = await judge(question)
        self.clock.fixed = NOW
        return first.judged.decision, last.judged.decision

    async def _decide(self, question: Question, directives: Sequence[Directive]) -> tuple[Decision, Decision]:
        await self.stack.parts.database.transaction(lambda tx: _put(tx, directives))
        self.stack.parts.store._facts.clear()
        judge = judge_of(self.stack)
        indexed = await judge(question)
        every = await judge._once(question, every_directive=True)
        return indexed.judged.decision, every.judged.decision


async def _put(tx: Tx, directives: Sequence[Directive]) -> None:
    await tx.run(_FORGET_KEYS, of_person=CHILD)
    await tx.run(_FORGET, of_person=CHILD)
    for line in directives:
        await tx.run(_ADD, **to_row(line), recorded_at=NOW, evidence=None)
        await tx.run_many(_ADD_KEYS, to_key_rows(line))


def seed() -> dict[str, Any]:
    """The small network, and a unit of the clinic with a worker of its own."""
    made = network()
    unit = {"id": UNIT, "name": {"fr": "Unité inventée", "en": "Invented unit"}, "profile": "QC-LRSSS"}
    made["agencies"].append({**unit, "sector": "health_social"})
    made["clients"].append({"id": "client:east", "agency": UNIT})
    identity = {"iss": "https://issuer.example", "sub": "uma"}
    worker = {"id": "w:uma", "agency": UNIT, "name": "Inventé uma", "roles": ["caseworker"]}
    made["workers"].append({**worker, "identity": identity})
    for number, who in enumerate(("w:uma", "w:dia")):
        made["assignments"].append(
            {"id": f"asg_x{number}", "worker": who, "person": CHILD, "from": "now-30d"}
        )
    return made


@pytest.fixture
def bench(store_url: str, tmp_path: Path) -> Iterator[Bench]:
    with asyncio.Runner() as runner, ExitStack() as closing:
        opened = open_stack(store_url, tmp_path / "state", seed=seed())
        stack = runner.run(opened.__aenter__())
        closing.callback(lambda: runner.run(opened.__aexit__(None, None, None)))
        clock = SetClock(NOW)
        stack = with_clock(stack, clock)
        callers = {one: runner.run(stack.caller(*one)) for one in CALLERS}
        yield Bench(runner, stack, callers, clock)


examples = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
asked = given(
    found=st.lists(lines, max_size=5),
    who=st.sampled_from(CALLERS),
    fragment=st.sampled_from(FRAGMENTS),
    purpose=st.sampled_from(PURPOSES),
)


def numbered(found: list[Directive]) -> list[Directive]:
    return [replace(line, id=ConsentId(f"cns_{number}")) for number, line in enumerate(found)]


@examples
@asked
def test_the_index_never_changes_an_answer(
    bench: Bench, found: list[Directive], who: tuple[str, str], fragment: str, purpose: str
) -> None:
    question = Question(bench.callers[who], FragmentId(fragment), purpose, EntryKind.RELEASED)
    indexed, every = bench.decide(question, numbered(found))
    event(f"{indexed.outcome} {indexed.reasons[0]}")
    assert _said(indexed) == _said(every)


@examples
@asked
def test_an_answer_holds_up_to_the_instant_it_names(
    bench: Bench, found: list[Directive], who: tuple[str, str], fragment: str, purpose: str
) -> None:
    question = Question(bench.callers[who], FragmentId(fragment), purpose, EntryKind.RELEASED)
    first, last = bench.decide_at_the_end(question, numbered(found))
    assert _said(first) == _said(last)


def _said(decision: Decision) -> tuple[object, ...]:
    consents_used = sorted((one.id, one.version) for one in decision.consents_used)
    told = (decision.outcome, decision.reasons, decision.obligations, decision.withheld)
    return (*told, decision.disclose_existence, consents_used)

"""Reading the ledger: each what is theirs to see, and every reader recorded."""

from collections.abc import Mapping
from typing import Any

import pytest

from gateway.auditing import AuditScope
from gateway.domain.access import Refused
from gateway.domain.ids import DecisionId
from gateway.domain.ledger import EntryKind
from gateway.domain.telling import ChainRow
from gateway.domain.vocabulary import Role
from gateway.usecases.read_ledger import LedgerPage, LedgerSearch, ReadLedger
from gateway.usecases.read_proof import OwnRow, Proof, ProofAsked, ReadProof
from tests.support.consents import CHILD, CLINIC, MOTHER, SCHOOL
from tests.support.made_up_policy import MadeUpPolicy
from tests.support.made_up_stores import Chain
from tests.support.registry import a_caller
from tests.support.world import CATEGORIES, World

WORKER = a_caller(Role.CASEWORKER)
OFFICER = a_caller(Role.PRIVACY_OFFICER)
AUDITOR = a_caller(Role.AUDITOR)
BY_MOTHER = a_caller(Role.GUARDIAN, account=MOTHER)


def a_row(index: int, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - columns of any type
    plain = {
        "ledger": 1,
        "index": index,
        "agency": SCHOOL,
        "owner": SCHOOL,
        "kind": "released",
        "outcome": "permit",
    }
    return {**plain, "decision_id": f"dec_{index}", **changes}


def told(n: int, category: str) -> ChainRow:
    """A row of the mother's own chain, about what a worker did with a document of this kind."""
    fragment = {"id": "frg_1", "owner_agency": SCHOOL, "category": category}
    query = {"profile": "QC-PRIV", "fragment": fragment, "context": {"consent_model": "express"}}
    entry = {"acting_agency": CLINIC, "owner_agency": SCHOOL, "protected_agencies": []}
    facts = {"account": "w:bob", "kind": "deposited", "asked": [{"query": query, "entry": entry}]}
    row = {"n": n, "at": "2026-01-01T00:00:00Z", "ledger": 1, "index": 4 + n, "view": "full"}
    return ChainRow({**row, "outcome": "permit"}, facts)


def reading(world: World) -> ReadLedger:
    scope = AuditScope(world.registry, world.policy, world.clock, CATEGORIES)
    return ReadLedger(
        world.registry,
        world.ledger,
        world.acts,
        world.family,
        scope,
        world.refuse,
        world.policy,
        world.clock,
        world.ids,
    )


def proving(world: World) -> ReadProof:
    scope = AuditScope(world.registry, world.policy, world.clock, CATEGORIES)
    return ReadProof(world.family, world.ledger, world.acts, scope, world.refuse, world.policy, world.ids)


def in_scope(one: Mapping[str, Any]) -> str | None:
    mine = {one["fragment"]["owner_agency"], one["context"].get("audit_requester_agency")}
    return None if SCHOOL in mine else "OUT_OF_AUDIT_SCOPE"


async def test_an_officer_sees_what_her_agency_owns_or_asked_for_and_is_recorded_once() -> None:
    rows = [a_row(3, agency=CLINIC), a_row(2, agency=CLINIC, owner=CLINIC), a_row(1, owner=CLINIC)]
    world = World(policy=MadeUpPolicy(in_scope), chain=Chain(rows=rows))
    page = await reading(world)(LedgerSearch(OFFICER, "privacy_investigation"))
    assert isinstance(page, LedgerPage)
    assert [row["index"] for row in page.rows] == [3, 1]
    assert world.chain.searched[0]["of_agency"] == SCHOOL
    assert [note.kind for _, note, _ in world.book.done] == [EntryKind.LEDGER_READ]


async def test_detail_is_opened_for_an_officer_who_names_one_entry_and_for_no_auditor() -> None:
    for caller, opened in ((OFFICER, True), (AUDITOR, False)):
        world = World(chain=Chain(rows=[a_row(3)]))
        page = await reading(world)(LedgerSearch(caller, "audit", where={"decision_id": "dec_3"}))
        assert isinstance(page, LedgerPage)
        assert ("detail" in page.rows[0]) is opened


async def test_an_officer_whom_the_policy_refuses_reads_nothing() -> None:
    world = World(policy=MadeUpPolicy(lambda _: "PURPOSE_NOT_ALLOWED"), chain=Chain(rows=[a_row(1)]))
    answer = await reading(world)(LedgerSearch(OFFICER, "service_delivery"))
    assert isinstance(answer, Refused)
    assert len(world.book.refused) == 1


async def test_a_worker_finds_her_own_acts_only() -> None:
    world = World(chain=Chain(rows=[a_row(1)]))
    await reading(world)(LedgerSearch(WORKER, "assessment", where={"account": "w:other", "kind": "refused"}))
    assert world.chain.searched == [{"account": "w:caller", "agency": SCHOOL, "kind": "refused"}]


async def test_a_workers_own_refusal_does_not_say_what_was_refused_nor_why() -> None:
    told = {"reason": "COURT_ORDER_PROHIBITS", "person": "aa", "fragment": "bb", "consent": None}
    rows = [a_row(2, outcome="deny", **told), a_row(1, outcome="permit", **told)]
    page = await reading(World(chain=Chain(rows=rows)))(LedgerSearch(WORKER, "assessment"))
    assert isinstance(page, LedgerPage)
    assert {page.rows[0][name] for name in ("reason", "owner", "person", "fragment", "consent")} == {None}
    assert page.rows[1]["reason"] == "COURT_ORDER_PROHIBITS"


@pytest.mark.parametrize("name", ["reason", "owner", "fragment", "consent"])
async def test_a_workers_search_by_what_was_refused_finds_permits_alone(name: str) -> None:
    world = World(chain=Chain(rows=[a_row(1, outcome="permit")]))
    await reading(world)(LedgerSearch(WORKER, "assessment", where={name: "x"}))
    assert world.chain.searched[0]["outcome"] == "permit"
    page = await reading(world)(LedgerSearch(WORKER, "assessment", where={name: "x", "outcome": "deny"}))
    assert isinstance(page, LedgerPage)
    assert page.rows == ()


async def test_a_proof_ends_with_the_right_to_read() -> None:
    world = World(policy=MadeUpPolicy(lambda _: "NO_AUTHORITY"), chain=Chain(own=[told(1, "education")]))
    assert isinstance(await proving(world)(ProofAsked(BY_MOTHER, OwnRow(CHILD, 1), "family_access")), Refused)


async def test_a_family_reads_its_own_chain_less_what_is_closed_to_it_today() -> None:
    own = [told(2, "mental_health"), told(1, "education")]
    policy = MadeUpPolicy(lambda one: "HARM" if one["fragment"]["category"] == "mental_health" else None)
    world = World(policy=policy, chain=Chain(own=own))
    page = await reading(world)(LedgerSearch(BY_MOTHER, "family_access", person=CHILD))
    assert isinstance(page, LedgerPage)
    assert [row["n"] for row in page.rows] == [1]


async def test_a_family_without_the_policys_word_reads_nothing() -> None:
    for policy in (MadeUpPolicy(lambda _: "NO_AUTHORITY"), MadeUpPolicy(silent=True)):
        answer = await reading(World(policy=policy))(LedgerSearch(BY_MOTHER, "family_access", person=CHILD))
        assert isinstance(answer, Refused)


async def test_a_proof_is_given_of_what_may_be_seen_and_of_nothing_else() -> None:
    chain = Chain(rows=[a_row(3, agency=CLINIC, owner=CLINIC)], own=[told(1, "education")])
    world = World(policy=MadeUpPolicy(in_scope), chain=chain)
    read = proving(world)
    own = await read(ProofAsked(BY_MOTHER, OwnRow(CHILD, 1), "family_access"))
    assert isinstance(own, Proof)
    assert own.document == {"place": [1, 5]}
    assert isinstance(await read(ProofAsked(BY_MOTHER, OwnRow(CHILD, 2), "family_access")), Refused)
    assert isinstance(await read(ProofAsked(BY_MOTHER, DecisionId("dec_3"), "family_access")), Refused)
    assert isinstance(await read(ProofAsked(OFFICER, DecisionId("dec_3"), "audit")), Refused)

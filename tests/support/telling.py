"""The small network with officers on every side, a second guardian, and attempts that owe something."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import func, select

from gateway.adapters.sql.tables import notices, reviews
from gateway.domain.access import Query, Recorded, View
from gateway.domain.caller import Caller
from gateway.domain.facts import Attempt
from gateway.domain.ids import DecisionId, FragmentId, NoticeId, PersonId
from gateway.domain.instants import to_text
from gateway.domain.vocabulary import Role
from gateway.usecases.list_notices import NoticePage, NoticesAsked
from tests.support.race_attempts import an_attempt
from tests.support.stack import ISSUER, Stack, network

CHILD, PARENT, FATHER = PersonId("p:child"), PersonId("p:parent"), PersonId("p:father")
LETTER = FragmentId("frg_letter")
EMERGENCY = frozenset(
    {
        "log_access",
        "notify_privacy_officer",
        "notify_owner_agency",
        "notify_family",
        "review_required",
        "time_limit",
        "no_redisclosure",
        "purpose_bound",
    }
)
DELAYED = EMERGENCY - {"notify_family"} | {"delay_family_notice"}

BOB = ("bob", "client:clinic")
OLGA = ("olga", "client:school")
"""An officer of the school, which owns the fragments."""
EVA = ("eva", "client:clinic")
"""An officer of the clinic, whose worker asks."""
NORA = ("nora", "client:house")
"""An officer of the whole network."""
BOB_AS_OFFICER = ("bob", "client:school")
"""The same human as the clinic's worker, with an officer's account at the school."""
CONTE = ("conte", "client:family")


def telling_network() -> dict[str, Any]:
    seed = network()
    seed["workers"] += [
        _worker("w:olga", "qc:school", "olga", ["privacy_officer"]),
        _worker("w:piv", "qc:school", "piv", ["pivot"]),
        _worker("w:bob2", "qc:school", "bob", ["privacy_officer"]),
        {**_worker("w:nora", "qc:house", "nora", ["privacy_officer"]), "network_wide": True},
    ]
    return seed


def two_guardians() -> dict[str, Any]:
    """Mother and father hold authority together; the mother permits the clinic to read."""
    seed = telling_network()
    father = {"id": FATHER, "names": {"given": "Chant", "family": "Inventé"}, "birth_date": "1985-03-01"}
    seed["persons"].append({**father, "identity": {"iss": ISSUER, "sub": "chant"}})
    seed["authorities"] = [
        {"id": "aut_1", "subject": CHILD, "person": PARENT, "authority": "joint"},
        {"id": "aut_2", "subject": CHILD, "person": FATHER, "authority": "joint"},
    ]
    return seed


def refusal_of_father() -> dict[str, Any]:
    return {
        "id": "cns_no",
        "subject": CHILD,
        "grantor": {"person": FATHER, "as": "guardian"},
        "decision": "deny",
        "recipients": [{"agency": "qc:clinic"}],
        "owners": ["qc:school"],
        "purposes": ["coordination"],
        "categories": ["family_situation"],
        "from": "now-1d",
    }


def _worker(name: str, agency: str, subject: str, roles: list[str]) -> dict[str, Any]:
    identity = {"iss": ISSUER, "sub": subject}
    return {"id": name, "agency": agency, "name": f"Inventé {subject}", "roles": roles, "identity": identity}


async def emergency(stack: Stack, obligations: frozenset[str] = EMERGENCY) -> Attempt:
    """An access that the policy would permit in an emergency, stopped before it is recorded."""
    found = await an_attempt(stack, LETTER)
    views = dict(found.views)
    if "delay_family_notice" in obligations:
        views = {one: View.DELAYED if level is View.FULL else level for one, level in views.items()}
    decision = replace(
        found.decision,
        basis="emergency",
        reasons=("BREAK_GLASS", "NO_CONSENT"),
        obligations=obligations,
        consents_used=(),
    )
    return found._replace(decision=decision, views=views)


async def recorded(stack: Stack, attempt: Attempt) -> Recorded:
    entry = await stack.parts.store.record(attempt)
    assert isinstance(entry, Recorded)
    return entry


def again(stack: Stack, attempt: Attempt) -> Attempt:
    return attempt._replace(decision_id=DecisionId(stack.parts.ids.new("dec")))


async def caller(stack: Stack, who: tuple[str, str], role: Role | None = None) -> Caller:
    subject, client = who
    chosen = Role.GUARDIAN if client == "client:family" and role is None else role
    return await stack.caller(subject, client, chosen)


async def inbox(stack: Stack, who: tuple[str, str], role: Role | None = None) -> Sequence[Mapping[str, Any]]:
    page = await stack.uses.telling.list_notices(NoticesAsked(await caller(stack, who, role)))
    assert isinstance(page, NoticePage)
    return page.rows


async def kinds(stack: Stack, who: tuple[str, str], role: Role | None = None) -> list[str]:
    return sorted(row["kind"] for row in await inbox(stack, who, role))


async def held(stack: Stack) -> Sequence[Mapping[str, Any]]:
    return await stack.parts.telling.held(None, "", 50)


async def the_held(stack: Stack) -> NoticeId:
    (row,) = await held(stack)
    return NoticeId(row["id"])


async def counted(stack: Stack) -> tuple[int, int]:
    """How many notices and how many cases there are at all."""
    row = await stack.parts.database.snapshot(lambda tx: tx.one(_COUNT))
    assert row is not None
    return row["notices"], row["cases"]


_COUNT = select(
    select(func.count()).select_from(notices).scalar_subquery().label("notices"),
    select(func.count()).select_from(reviews).scalar_subquery().label("cases"),
)


async def declared(stack: Stack) -> tuple[str, ...]:
    """What the policy says today of an emergency that the clinic's worker declares."""
    asking = await caller(stack, BOB)
    clock, store = stack.parts.clock, stack.parts.store
    store._facts.clear()  # What moved epochs is read again only when the fence has turned something away.
    facts = await store.facts(asking, LETTER, "assessment", clock.now(), every_directive=True)
    at = max(clock.now(), facts.floor)
    declaration = {
        "declared_at": to_text(at),
        "justification": "An invented reason, long enough to count.",
        "risk": "risk_to_life",
        "consent_unobtainable": True,
        "subject": CHILD,
        "categories": ["family_situation"],
    }
    document = dict(facts.query.document)
    document["context"] = {**document["context"], "break_glass": declaration}
    document["purpose"] = "emergency"
    return (await stack.parts.policy.decide(Query.of(document), at)).reasons

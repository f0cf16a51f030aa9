"""Laws of sharing, as a family would state them.

Where nothing can be opened any more, nothing is proved: each law says whether a situation could have broken
it.
"""

import copy
import json
import os
from random import Random, SystemRandom

import pytest

from gateway.adapters.policy.answer import parse_decision
from gateway.domain.access import Query
from gateway.domain.instants import parse_instant, to_text
from tests.policies.conftest import Ask
from tests.policies.laws import LAWS, law, throw
from tests.policies.parts import (
    AGENCIES,
    AGREED,
    DECLARED,
    FERN,
    INSTANTS,
    NOW,
    SCHEMA,
    Json,
    declaration,
    directive,
)
from tests.policies.situations import any_situation, spoken_situation
from tests.support.proof import Proof


@law(pointed=0.45)
def test_the_order_and_repetition_of_consents_never_matter(ask: Ask, dice: Random) -> bool:
    document = any_situation(dice)
    shuffled = copy.deepcopy(document)
    shuffled["consents"] = [
        copy.deepcopy(one) for one in document["consents"] for _ in range(dice.randint(1, 3))
    ]
    dice.shuffle(shuffled["consents"])
    assert ask(shuffled) == ask(document)
    return len(document["consents"]) > 1


@law(pointed=0.15)
def test_adding_a_refusal_without_exceptions_never_opens_anything(ask: Ask, dice: Random) -> bool:
    document, was = _not_wholly_open(ask, dice)
    refusal = directive(dice, exceptions=False)
    if dice.random() < 0.7:
        refusal |= {**AGREED, "grantor": refusal["grantor"], "categories": refusal["categories"]}
        refusal["recipients"] = dice.choice(
            ("any", [{"agency": "agency:clinic"}], [{"person": "worker:ash"}])
        )
    more = copy.deepcopy(document)
    more["consents"].append({**refusal, "decision": "deny", "id": "refusal"})
    return _opens_nothing(document, was, more, ask(more))


@law(pointed=0.15)
def test_withdrawing_a_permit_without_exceptions_never_opens_anything(ask: Ask, dice: Random) -> bool:
    document, was = _not_wholly_open(ask, dice)
    later = copy.deepcopy(document)
    permits = [one for one in later["consents"] if one["decision"] == "permit" and not one.get("exceptions")]
    if not permits:
        return False
    used = [one for one in permits if one["id"] in {used["id"] for used in was["consents_used"]}]
    dice.choice(used or permits)["withdrawn_at"] = document["context"]["time"]
    return _opens_nothing(document, was, later, ask(later))


@law(pointed=0.08)
def test_raising_the_sensitivity_never_opens_anything(ask: Ask, dice: Random) -> bool:
    document, was = _not_wholly_open(ask, dice)
    raised = copy.deepcopy(document)
    fragment = raised["fragment"]
    parts = [*(fragment.get("sections") or []), fragment]
    for part in dice.sample(parts, dice.randint(1, len(parts))):
        label = part.get("sensitivity") or fragment["sensitivity"]
        part["sensitivity"] = dice.choice("NRV"["NRV".index(label) :])
    return _opens_nothing(document, was, raised, ask(raised))


def _not_wholly_open(ask: Ask, dice: Random) -> tuple[Json, Json]:
    """A situation and its answer; one that is wholly open, and cannot be opened, is mostly thrown again."""
    for _ in range(4):
        document = spoken_situation(dice)
        answer = ask(document)
        if len(_opened(document, answer)) < len(_sections(document)):
            break
    return document, answer


def _opens_nothing(before: Json, was: Json, after: Json, became: Json) -> bool:
    """Nothing is open afterwards that was not before; true if something was closed, and the answer changed.

    Where an ordinary permit of some sections turns into a refusal, a declared emergency may lift it (domain
    rule 3.9, step 9): it opens what it lists, and that alone.
    """
    allowed = _opened(before, was)
    closed = {section["id"] for section in _sections(before)} - allowed
    if "BREAK_GLASS" in became["reasons"] and "BREAK_GLASS" not in was["reasons"]:
        declared = before["context"]["break_glass"]["categories"]
        allowed |= {section["id"] for section in _sections(before) if section["category"] in declared}
    assert _opened(after, became) <= allowed
    return bool(closed) and {**was, "valid_until": 0} != {**became, "valid_until": 0}


def _opened(document: Json, answer: Json) -> set[str]:
    """The sections that the answer lets out; all of a fragment without sections is one."""
    if answer["decision"] == "deny":
        return set()
    return {section["id"] for section in _sections(document)} - set(answer["redacted_sections"])


def _sections(document: Json) -> list[Json]:
    fragment = document["fragment"]
    sections = fragment.get("sections") or [{"id": "whole"}]
    return [{**section, "category": section.get("category") or fragment["category"]} for section in sections]


@law(pointed=0.1)
def test_a_display_name_never_matters(ask: Ask, dice: Random) -> bool:
    document = any_situation(dice)
    if dice.random() < 0.5:
        document["actor"]["agency"] = dice.choice(AGENCIES)
    named = copy.deepcopy(document)
    name = dice.choice((*AGENCIES, *AGENCIES, "", "Any", "any", "CLINIC", None))
    named["actor"]["agency_name"] = name
    assert ask(named) == ask(document)
    spoken = json.dumps([document["consents"], document["subject"]["orders"]])
    return name in AGENCIES and name != document["actor"].get("agency") and f'"{name}"' in spoken


ELIGIBLE = ("caseworker", "pivot", "child_protection_worker")
GRAVE = ("risk_to_life", "serious_bodily_harm")
FOUR_HOURS = 4 * 3_600_000_000


@law(pointed=0.1)
def test_nothing_opens_as_an_emergency_without_a_declaration(ask: Ask, dice: Random) -> bool:
    document = any_situation(dice)
    if dice.random() < 0.7:
        flaws = {field: value for field, value in declaration(dice).items() if dice.random() < 0.1}
        document["context"]["break_glass"] = {**DECLARED, **flaws}
    answer = ask(document)
    declared = document["context"].pop("break_glass", None)
    if dice.random() < 0.5:
        document["context"]["break_glass"] = None
    assert "BREAK_GLASS" not in ask(document)["reasons"]
    if "BREAK_GLASS" not in answer["reasons"]:
        return False
    _must_be_complete(declared, document)
    return True


def _must_be_complete(declared: Json, document: Json) -> None:
    """What the rules ask of a declaration (domain rules B1 to B7), written down once more."""
    actor, fragment = document["actor"], document["fragment"]
    labels = {part.get("sensitivity") for part in (fragment, *(fragment.get("sections") or []))}
    at = parse_instant(document["context"]["time"], field="time")
    began = parse_instant(declared["declared_at"], field="declared_at")
    assert actor["role"] in ELIGIBLE
    assert actor["strong_auth"] is True
    assert not actor.get("overdue_reviews")
    assert len(declared["justification"].strip()) >= 20
    assert declared["risk"] in (
        GRAVE if "V" in labels else (*GRAVE, "serious_harm_to_child", "missing_child")
    )
    assert declared["consent_unobtainable"] is True
    assert declared["subject"] == document["subject"]["id"]
    assert fragment["category"] in declared["categories"]
    assert began <= at < began + FOUR_HOURS


STRANGE: tuple[object, ...] = (
    None,
    True,
    False,
    0,
    7,
    "",
    "any",
    "permit",
    NOW,
    [],
    ["any"],
    {},
    {"person": FERN},
)


@law(pointed=0.2)
def test_a_field_outside_the_schema_never_matters(ask: Ask, dice: Random) -> bool:
    document = any_situation(dice)
    strange = copy.deepcopy(document)
    for kind, part in _objects("", strange):
        # A field that means something elsewhere means nothing here.
        for name in dice.sample(_ANYWHERE, 5):
            if name not in SCHEMA.get(kind, ()):
                part[name] = dice.choice(STRANGE)
    answer = ask(document)
    assert ask(strange) == answer
    return bool(answer["decision"] == "permit")


_ANYWHERE = sorted({"x_outside", "Assigned", *(name for names in SCHEMA.values() for name in names)})


def _objects(kind: str, value: object) -> list[tuple[str, Json]]:
    """Every object of an input with its kind: the name of the field that holds it, or a list of it."""
    if isinstance(value, list):
        return [found for one in value for found in _objects(kind, one)]
    if not isinstance(value, dict):
        return []
    inner = [found for field, one in value.items() for found in _objects(field, one)]
    return [(kind, value), *inner]


_STEPS = (0, 1, 1_000_000, 3_600_000_000, 10**14)


@law(pointed=0.3)
def test_a_decision_stands_until_the_instant_it_names(ask: Ask, dice: Random) -> bool:
    document = any_situation(dice)
    at = parse_instant(dice.choice(INSTANTS), field="start")
    step = dice.choice(_STEPS)
    document["context"]["time"] = to_text(at)
    first = ask(document)
    until = first["valid_until"]
    last = parse_instant(until, field="until") - 1 if until else at + step
    for later in {min(at + step, last), last} if last > at else ():
        document["context"]["time"] = to_text(type(at)(later))
        assert {**ask(document), "valid_until": None} == {**first, "valid_until": None}
    return until is not None


@law(pointed=0.9)
def test_every_situation_has_exactly_one_readable_answer(ask: Ask, dice: Random) -> bool:
    decision = parse_decision(ask(any_situation(dice)), "")
    return decision.reasons != ()


@law(pointed=0.9)
def test_changing_any_field_of_the_input_changes_the_digest(ask: Ask, dice: Random) -> bool:  # noqa: ARG001 - as every law
    document = any_situation(dice)
    document["context"].pop("time")
    changed = copy.deepcopy(document)
    _, place = dice.choice(_objects("", changed))
    field = dice.choice(sorted(place)) if place else "x_outside"
    place[field] = [place.get(field), "changed"]
    assert Query.of(changed).digest != Query.of(document).digest
    return True


MANY = int(os.environ.get("PROOF_EXAMPLES", "30000"))


@pytest.mark.prove
@pytest.mark.timeout(7200)
def test_thirty_thousand_cases_break_no_law(ask: Ask, proof: Proof) -> None:
    start = SystemRandom().randrange(2**40)
    proof.line(f"{len(LAWS)} laws, {MANY} cases each, of the dice from {start}")
    for name, known in LAWS.items():
        met = throw(name, ask, range(start, start + MANY))
        proof.line(f"{name}: never broken; {met} cases could have")
        assert met >= MANY * known.pointed

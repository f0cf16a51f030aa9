"""Situations for property tests: complete policy inputs about invented people, thrown with dice."""

import copy
from collections import defaultdict
from collections.abc import Mapping
from random import Random

from hypothesis import strategies as st

from tests.policies.grids import ACTIONS, MATRIX, PURPOSES
from tests.policies.parts import AGREED, CATEGORIES, PERSONS, PLACES, Json, directives
from tests.policies.test_tables import ROWS

_SPOKEN = ("service_delivery", "assessment", "child_protection")
_BASE = ROWS["consents: nobody consented"].document
_BY_REASON: dict[str, list[Json]] = defaultdict(list)
for _row in ROWS.values():
    if _row.reasons[0] != "INPUT_INVALID":
        _BY_REASON[_row.reasons[0]].append(_row.document)
_REASONS = tuple(_BY_REASON)


def put(document: Json, place: str, value: object) -> None:
    *path, last = place.split(".")
    for step in path:
        document = document[step]
    document[last] = value


def told(dice: Random) -> Json:
    """A row of the tables, each reason alike often, with up to three parts as in another situation."""
    document = copy.deepcopy(dice.choice(_BY_REASON[dice.choice(_REASONS)]))
    for place in dice.sample(tuple(PLACES), dice.randint(0, 3)):
        put(document, place, PLACES[place](dice))
    more = dice.choice((directives(0), directives(2), lambda dice: copy.deepcopy(_told_of(dice))))(dice)
    document["consents"] = [
        {**found, "id": f"d{at}"} for at, found in enumerate([*document["consents"], *more])
    ]
    return document


def _told_of(dice: Random) -> list[Json]:
    consents: list[Json] = dice.choice(_BY_REASON[dice.choice(_REASONS)])["consents"]
    return consents


_SPEAKING: Mapping[str, float] = {
    "profile": 0.7, "subject.age": 0.7, "subject.capable": 0.2, "subject.authorities": 0.7,
    "fragment.category": 0.2, "fragment.sensitivity": 0.6, "fragment.sections": 0.4,
    "fragment.youth_alone": 0.2, "context.consent_model": 0.4, "context.break_glass": 0.15,
    "actor.agency": 0.1, "actor.bound_by_secrecy": 0.8, "actor.protection_mission": 0.8,
    "context.necessity": 0.8, "context.family_informed": 0.8,
}  # fmt: skip
"""The parts on which it depends whose word counts, and how often each is another than in the first row."""


def near(dice: Random) -> Json:
    """An assigned worker reads, and the directives decide."""
    document = copy.deepcopy(_BASE)
    document["purpose"] = dice.choice(_SPOKEN)
    document["actor"]["sector"] = document["fragment"]["owner_sector"] = "health_social"
    for place, chance in _SPEAKING.items():
        if dice.random() < chance:
            put(document, place, PLACES[place](dice))
    document["consents"] = directives(4, 1)(dice)
    if dice.random() < 0.5:
        document["consents"][0] |= AGREED
    return document


def free(dice: Random) -> Json:
    """Anybody does anything, most often what her role may."""
    document = copy.deepcopy(_BASE)
    role = dice.choice(tuple(MATRIX))
    if role in ("guardian", "youth"):
        document["actor"] = {"id": dice.choice(PERSONS), "active": True}
    for place, make in PLACES.items():
        if dice.random() < 0.3:
            put(document, place, make(dice))
    document["actor"]["role"] = role
    document["action"] = dice.choice(tuple(MATRIX[role]) if dice.random() < 0.95 else ACTIONS)
    cell = MATRIX[role].get(document["action"], PURPOSES)
    document["purpose"] = dice.choice(cell if dice.random() < 0.95 else PURPOSES)
    document["consents"] = directives(3)(dice)
    return document


def any_situation(dice: Random) -> Json:
    return dice.choice((told, told, near, near, free))(dice)


def spoken_situation(dice: Random) -> Json:
    """One in which the family's word counts and, most often, opens some sections and not others."""
    document = dice.choice((told, *[near] * 9))(dice)
    if dice.random() < 0.7:
        document["fragment"]["sections"] = [
            {"id": f"s{at}", "category": category, "sensitivity": dice.choice("NNRV")}
            for at, category in enumerate(dice.sample(CATEGORIES, 3))
        ]
    return document


def any_situations() -> st.SearchStrategy[Json]:
    return st.randoms(use_true_random=True).map(any_situation)

"""Laws of sharing, as a family would state them."""

import copy
import os
import re
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from gateway.adapters.policy.embedded import EmbeddedPolicy
from gateway.domain.access import Query
from gateway.domain.instants import parse_instant, to_text
from tests.policies.conftest import Ask
from tests.policies.near_situations import any_situations
from tests.policies.situations import INSTANTS, Json, directives, numbered
from tests.support.proof import Proof

EXAMPLES = "PROOF_EXAMPLES"
MANY = 30_000
quick = settings(
    max_examples=int(os.environ.get(EXAMPLES, "200")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
_RANK = {"N": 0, "R": 1, "V": 2}


def _opened(ask: Ask, document: Json) -> set[str]:
    """The sections that the answer lets out; all of a fragment without sections is one."""
    answer = ask(document)
    if answer["decision"] == "deny":
        return set()
    sections = document["fragment"].get("sections") or [{"id": "whole"}]
    return {section["id"] for section in sections} - set(answer["redacted_sections"])


@quick
@given(any_situations(), st.randoms(use_true_random=False))
def test_the_order_and_repetition_of_consents_never_matter(ask: Ask, document: Json, dice: Random) -> None:
    shuffled = copy.deepcopy(document)
    shuffled["consents"] = [*shuffled["consents"], *copy.deepcopy(shuffled["consents"])]
    dice.shuffle(shuffled["consents"])
    assert ask(shuffled) == ask(document)


@quick
@given(any_situations(), directives(exceptions=False))
def test_adding_a_refusal_without_exceptions_never_opens_anything(
    ask: Ask, document: Json, refusal: Json
) -> None:
    more = copy.deepcopy(document)
    more["consents"].append({**refusal, "decision": "deny", "id": "refusal"})
    assert _opened(ask, more) <= _opened(ask, document)


@quick
@given(any_situations(), st.integers(0, 2))
def test_withdrawing_a_permit_without_exceptions_never_opens_anything(
    ask: Ask, document: Json, which: int
) -> None:
    assume(which < len(document["consents"]))
    later = copy.deepcopy(document)
    directive = later["consents"][which]
    assume(directive["decision"] == "permit" and not directive.get("exceptions"))
    directive["withdrawn_at"] = document["context"]["time"]
    assume("withdrawn_at" not in document["consents"][which])
    assert _opened(ask, later) <= _opened(ask, document)


@quick
@given(any_situations(), st.sampled_from("NRV"))
def test_raising_the_sensitivity_never_opens_anything(ask: Ask, document: Json, label: str) -> None:
    fragment = document["fragment"]
    assume(_RANK[label] > _RANK[fragment["sensitivity"]])
    raised = copy.deepcopy(document)
    raised["fragment"]["sensitivity"] = label
    assert _opened(ask, raised) <= _opened(ask, document)


@quick
@given(any_situations(), st.text(max_size=20))
def test_a_display_name_never_matters(ask: Ask, document: Json, name: str) -> None:
    named = copy.deepcopy(document)
    named["actor"]["agency_name"] = name
    assert ask(named) == ask(document)


@quick
@given(any_situations())
def test_nothing_opens_as_an_emergency_without_a_declaration(ask: Ask, document: Json) -> None:
    undeclared = copy.deepcopy(document)
    undeclared["context"]["break_glass"] = None
    assert "BREAK_GLASS" not in ask(undeclared)["reasons"]


_json = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=2)


@quick
@given(any_situations(), _json)
def test_a_field_outside_the_schema_never_matters(ask: Ask, document: Json, value: object) -> None:
    strange = copy.deepcopy(document)
    places = [strange, *(strange[part] for part in ("actor", "subject", "fragment", "context"))]
    places += [*strange["consents"], *strange["subject"]["authorities"], *strange["subject"]["orders"]]
    for place in places:
        place["x_outside"] = value
    assert ask(strange) == ask(document)


_soon = st.sampled_from((0, 1, 1_000_000, 3_600_000_000, 10**14))


@quick
@given(any_situations(), st.sampled_from(INSTANTS), _soon)
def test_a_decision_stands_until_the_instant_it_names(
    ask: Ask, document: Json, start: str, step: int
) -> None:
    at = parse_instant(start, field="start")
    document["context"]["time"] = to_text(at)
    first = ask(document)
    until = first["valid_until"]
    last = parse_instant(until, field="until") - 1 if until else at + step
    for later in {at, min(at + step, last), last} if last >= at else {at}:
        document["context"]["time"] = to_text(type(at)(later))
        answer = ask(document)
        assert {**answer, "valid_until": None} == {**first, "valid_until": None}


@quick
@given(any_situations())
def test_every_situation_has_exactly_one_readable_answer(policy: EmbeddedPolicy, document: Json) -> None:
    decision = policy.decide_document(document)
    assert decision.reasons


@quick
@given(st.lists(directives(), min_size=1, max_size=3).map(numbered), st.data())
def test_changing_any_field_of_the_input_changes_the_digest(
    consents: list[Json], data: st.DataObject
) -> None:
    document: Json = {"consents": consents, "context": {"consent_model": "express"}, "action": "read"}
    changed = copy.deepcopy(document)
    places = [changed, changed["context"], *changed["consents"]]
    place = data.draw(st.sampled_from(places))
    field = data.draw(st.sampled_from(sorted(place)))
    place[field] = [place[field], "changed"]
    assert Query.of(changed).digest != Query.of(document).digest


@pytest.mark.prove
@pytest.mark.timeout(7200)
def test_thirty_thousand_cases_break_no_law(proof: Proof) -> None:
    laws = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-m", "not prove", "--timeout", "7200", __file__]
    environment = {**os.environ, EXAMPLES: str(MANY)}
    folder = Path(__file__).parents[2]
    done = subprocess.run(laws, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    passed = re.search(r"^(\d+) passed in .*$", done.stdout, re.MULTILINE)
    assert done.returncode == 0, done.stdout[-4000:]
    assert passed is not None
    assert int(passed[1]) >= SEVEN
    proof.line(f"{passed[1]} laws, {MANY} cases each, none broken: {passed[0]}")


SEVEN = 7

"""A law that no policy could break would say nothing: for each there is one that does."""

from collections.abc import Mapping
from functools import partial

import pytest

from gateway.adapters.policy.bundle import Bundle
from gateway.adapters.policy.engine import Interpreter
from tests.policies import test_properties  # noqa: F401 - the laws stand there
from tests.policies.conftest import asked
from tests.policies.laws import LAWS, throw

BREAKS: Mapping[str, tuple[str, str, str]] = {
    "test_the_order_and_repetition_of_consents_never_matter": (
        "consent/closest.rego",
        "min({_why_over(input.consents[index]) | some index in over})",
        "_why_over(input.consents[min(over)])",
    ),
    "test_adding_a_refusal_without_exceptions_never_opens_anything": (
        "consent/findings.rego",
        '} else := "deny" if {',
        '} else := "permit" if {',
    ),
    "test_withdrawing_a_permit_without_exceptions_never_opens_anything": (
        "consent/facts.rego",
        "not _withdrawn(directive, known, at)",
        "_withdrawn(directive, known, at)",
    ),
    "test_raising_the_sensitivity_never_opens_anything": (
        "consent/facts.rego",
        "rank[sensitivity] <= rank[ceiling]",
        "rank[sensitivity] >= rank[ceiling]",
    ),
    "test_a_display_name_never_matters": (
        "recipients/recipients.rego",
        "recipient.agency == _agency",
        "recipient.agency in [_agency, object.get(input.actor, `agency_name`, ``)]",
    ),
    "test_nothing_opens_as_an_emergency_without_a_declaration": (
        "main/emergency.rego",
        "not _declared.subject == input.subject.id",
        "not _declared.subject",
    ),
    "test_a_field_outside_the_schema_never_matters": (
        "instants/instants.rego",
        'some field in ["from", "until", "withdrawn_at"]',
        'some field in ["from", "until", "withdrawn_at", "opens"]',
    ),
    "test_a_decision_stands_until_the_instant_it_names": (
        "instants/instants.rego",
        "some text in _bounds; at := known[text]; at > start",
        "some text in _bounds; at := known[text]; at > start + 3600000000000",
    ),
}
"""A policy that breaks each law: the file, and what is written there instead."""
OF_THE_INPUT = {
    "test_every_situation_has_exactly_one_readable_answer",
    "test_changing_any_field_of_the_input_changes_the_digest",
}
"""Laws of the answer's and the question's shape, whatever the policy says."""


def test_every_law_of_sharing_has_a_policy_that_breaks_it() -> None:
    assert LAWS.keys() == BREAKS.keys() | OF_THE_INPUT


@pytest.mark.parametrize("name", BREAKS)
def test_a_policy_that_breaks_a_law_is_noticed(name: str, bundle: Bundle) -> None:
    path, old, new = BREAKS[name]
    text = bundle.files[f"gateway/{path}"].decode()
    assert text.count(old) == 1
    broken = Interpreter(Bundle.of({**bundle.files, f"gateway/{path}": text.replace(old, new).encode()}))
    with pytest.raises(AssertionError):
        throw(name, partial(asked, broken), range(2000))

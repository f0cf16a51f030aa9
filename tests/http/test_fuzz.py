"""Fuzzers find nothing: every answer is one that the published document describes, and none is a failure."""

from pathlib import Path

import pytest

from tests.support.leak_fuzz import Fuzzed, fuzz
from tests.support.leak_stage import staged
from tests.support.proof import Proof

CALLERS = {
    "a worker": "bob@client:clinic",
    "the owner's worker": "ada@client:school",
    "a stranger": "dia@client:house",
    "an officer": "eva@client:clinic",
    "an administrator": "fil@client:clinic",
    "a guardian": "conte@client:family+guardian",
    "nobody": None,
}
FIGURE = 2000


def require_described(found: Fuzzed) -> None:
    assert sorted(found.failures) == []
    assert {status: count for status, count in found.statuses.items() if status >= 500} == {}


@pytest.mark.parametrize("who", ["a worker", "an officer", "nobody"])
def test_no_answer_is_a_failure_or_undescribed(who: str, tmp_path: Path) -> None:
    with staged(tmp_path) as stage:
        found = fuzz(stage, CALLERS[who], examples=3, phases=("examples", "fuzzing"))
        assert found.cases > 100
        require_described(found)


@pytest.mark.prove
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("who", CALLERS)
def test_in_thousands_of_cases_no_answer_is_a_failure_or_undescribed(
    who: str, tmp_path: Path, proof: Proof
) -> None:
    with staged(tmp_path) as stage:
        found = fuzz(stage, CALLERS[who], examples=20)
        counted = ", ".join(f"{status}: {count}" for status, count in sorted(found.statuses.items()))
        proof.line(f"{who}: {found.cases} cases in {found.took_s:.0f} s, {len(found.failures)} violations")
        proof.line(f"  {counted}")
        require_described(found)
        assert found.cases >= FIGURE

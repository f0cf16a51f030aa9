"""Hidden, erased or unknown: whoever has no link cannot tell, by what is said or by when it is said (P9)."""

from collections.abc import Mapping

import pytest

from tests.support.leak_questions import hidden_questions, open_questions
from tests.support.leak_stage import Answer, Stage
from tests.support.leak_times import area_under_curve, ask_interleaved, shapes, times
from tests.support.proof import Proof

EACH = 2000
MOST = 0.05
QUICK = 40


def require_alike(answers: Mapping[str, list[Answer]], status: int) -> None:
    (shape,) = shapes(answers)
    assert shape[0] == status


@pytest.mark.parametrize("what", ["releases", "a fragment", "a dry run", "a dossier", "a dossier's list"])
def test_hidden_erased_and_unknown_are_one_answer(what: str, stage: Stage) -> None:
    require_alike(ask_interleaved(hidden_questions(stage)[what], QUICK, lanes=4), 404)


@pytest.mark.parametrize("fault", ["the purpose", "the role"])
def test_what_is_the_callers_own_fault_is_said_alike_of_any_id(fault: str, stage: Stage) -> None:
    require_alike(ask_interleaved(open_questions(stage)[fault], QUICK, lanes=4), 403)


@pytest.mark.prove
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("what", ["releases", "a fragment", "a dry run", "a dossier", "a dossier's list"])
def test_time_does_not_tell_hidden_from_unknown(what: str, either_stage: Stage, proof: Proof) -> None:
    answers = ask_interleaved(hidden_questions(either_stage)[what], EACH, lanes=2)
    require_alike(answers, 404)
    require_same_times(what, answers, proof)


@pytest.mark.prove
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("fault", ["the purpose", "the role"])
def test_time_does_not_tell_known_from_unknown_where_the_caller_is_at_fault(
    fault: str, either_stage: Stage, proof: Proof
) -> None:
    answers = ask_interleaved(open_questions(either_stage)[fault], EACH, lanes=2)
    require_alike(answers, 403)
    require_same_times(fault, answers, proof)


def require_same_times(what: str, answers: Mapping[str, list[Answer]], proof: Proof) -> None:
    """Every kind against the first one, known or hidden."""
    first, *others = answers
    told = {other: area_under_curve(times(answers[first]), times(answers[other])) for other in others}
    for other, area in told.items():
        proof.line(f"{what}: {first} against {other}, {len(answers[other])} each: AUC {area:.3f}")
    for kind, found in answers.items():
        sorted_ms = sorted(1000 * took for took in times(found))
        at = [sorted_ms[int(len(sorted_ms) * share)] for share in (0.05, 0.5, 0.95)]
        proof.line(f"  {kind}: p5 {at[0]:.2f} ms, p50 {at[1]:.2f} ms, p95 {at[2]:.2f} ms")
    assert {other: area for other, area in told.items() if abs(area - 0.5) > MOST} == {}

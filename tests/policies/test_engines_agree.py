"""The interpreter and a real OPA give one answer, or the policies do not depend on it."""

import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import regorus
import yaml
from hypothesis import HealthCheck, Phase, given, settings

from gateway.adapters.policy.bundle import Bundle
from gateway.adapters.policy.embedded import EmbeddedPolicy
from gateway.adapters.policy.opa import OpaPolicy
from gateway.adapters.policy.opa_process import running_opa
from gateway.adapters.policy.opa_server import OpaServer
from gateway.adapters.policy.selftest import KnownAnswers
from gateway.domain.errors import PolicyContractError
from tests.policies.situations import any_situations
from tests.policies.test_tables import ROWS
from tests.support.proof import Proof
from tests.support.real_opa import evaluate_alone, require_opa

MANY = 30_000
DIFFERENCES: list[dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("differences.yaml").read_text(encoding="utf-8")
)
NAMES = [difference["name"] for difference in DIFFERENCES]


@pytest.fixture(scope="session")
def opa_address(bundle: Bundle) -> Iterator[str]:
    require_opa()
    with running_opa(bundle) as address:
        yield address


@pytest.fixture
async def opa(opa_address: str, bundle: Bundle) -> AsyncIterator[OpaPolicy]:
    def differ() -> None:
        pytest.fail("the two engines do not say the same")

    policy = OpaPolicy(
        OpaServer(opa_address, bundle.digest), bundle, EmbeddedPolicy(bundle), on_difference=differ
    )
    yield policy
    await policy.close()


async def test_a_real_opa_gives_every_known_answer(opa: OpaPolicy) -> None:
    await opa.prove()


async def test_a_real_opa_decides_every_row_of_the_tables_like_the_interpreter(opa: OpaPolicy) -> None:
    assert len(ROWS) > 200
    for row in ROWS.values():
        decision = await opa.decide_document(row.document)
        assert (str(decision.outcome), decision.reasons) == (row.decision, row.reasons)


async def test_a_real_opa_with_another_bundle_is_not_believed(opa_address: str, bundle: Bundle) -> None:
    other = Bundle.of({**bundle.files, "gateway/other.rego": b"package gateway.other\n"})
    policy = OpaPolicy(
        OpaServer(opa_address, other.digest), other, EmbeddedPolicy(other), on_difference=lambda: None
    )
    with pytest.raises(PolicyContractError, match="another bundle"):
        await policy.prove()
    await policy.close()


@pytest.mark.prove
@pytest.mark.timeout(3600)
async def test_thirty_thousand_random_cases_are_answered_alike(
    opa_address: str, bundle: Bundle, proof: Proof
) -> None:
    documents: list[dict[str, Any]] = []

    @settings(
        max_examples=MANY,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(any_situations())
    def collect(document: dict[str, Any]) -> None:
        documents.append(document)

    collect()
    differences: list[int] = []
    outcomes: Counter[str] = Counter()
    policy = OpaPolicy(
        OpaServer(opa_address, bundle.digest),
        bundle,
        EmbeddedPolicy(bundle),
        on_difference=lambda: differences.append(1),
    )
    await policy.prove()
    for document in documents:
        decision = await policy.decide_document(document)
        outcomes[str(decision.outcome)] += 1
    await policy.close()
    proof.line(f"{len(documents)} random cases answered alike by both engines: {dict(outcomes)}")
    assert len(documents) >= MANY
    assert differences == []
    assert min(outcomes.values()) > MANY // 100


def test_three_hundred_questions_of_language_are_asked(bundle: Bundle) -> None:
    topics = KnownAnswers.of(bundle).topics
    assert sum(len(topic.answers) + len(topic.undefined) for topic in topics) >= 300


def test_every_question_of_language_has_its_answer_written_down(bundle: Bundle) -> None:
    for topic in KnownAnswers.of(bundle).topics:
        text = bundle.files[f"gateway/language/{topic.name}.rego"].decode()
        names = set(re.findall(r"^(?:default )?([a-z][a-z0-9_]*)(?= |\[)", text, re.MULTILINE)) - {"package"}
        assert names == topic.answers.keys() | topic.undefined


@pytest.mark.parametrize("difference", DIFFERENCES, ids=NAMES)
def test_a_known_difference_is_as_it_was_seen(difference: dict[str, Any], tmp_path: Path) -> None:
    assert evaluate_alone(difference["policy"], tmp_path) == ("opa" in difference, difference.get("opa"))


@pytest.mark.parametrize("difference", DIFFERENCES, ids=NAMES)
def test_a_known_difference_is_refused_by_the_interpreter_or_avoided(
    difference: dict[str, Any], bundle: Bundle
) -> None:
    assert _interpreted(difference["policy"]) == difference["embedded"]
    if difference["embedded"] in {"raises", "refuses"} and "avoided" not in difference:
        return
    texts = {path: _code(text) for path, text in bundle.policies() if "/language/" not in path}
    if difference["avoided"] == "unguarded":
        assert [one for text in texts.values() for one in _unguarded(text)] == []
    else:
        assert [path for path, text in texts.items() if re.search(difference["avoided"], text)] == []


def _interpreted(policy: str) -> object:
    engine = regorus.Engine()
    try:
        engine.add_policy("question.rego", f"package question\n\n{policy}\n")
    except RuntimeError:
        return "refuses"
    engine.set_input_json("{}")
    try:
        results = json.loads(engine.eval_query_as_json("answer := data.question.answer")).get("result", [])
    except RuntimeError:
        return "raises"
    return results[0]["bindings"]["answer"] if results else None


def _unguarded(text: str) -> Iterator[str]:
    """Negated calls on a part of the input that the lines before do not require to be there."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        before = "\n".join(lines[max(0, number - 2) : number])
        negated = re.search(
            r"\bnot ((?:is_[a-z]+|count|startswith|endswith|contains|regex\.\w+)\(.*|.* in .*)", line
        )
        if negated is None or "object.get(" in line:
            continue
        for part in re.findall(r"(?<![\w.])(?!data\.)[a-z_]\w*(?:[.\[][\w.\]\[]+)", negated[1]):
            if f"{part.rstrip(')')} != null" not in before:
                yield line.strip()


def test_an_unguarded_negation_would_be_found() -> None:
    assert list(_unguarded("a if {\n\tnot is_array(input.b)\n}")) == ["not is_array(input.b)"]
    assert list(_unguarded("a if {\n\tinput.b != null\n\tnot is_array(input.b)\n}")) == []
    assert list(_unguarded("a if not 1 in input.b")) == ["a if not 1 in input.b"]


def _code(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))

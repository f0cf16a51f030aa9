"""The embedded engine: known answers first, one engine a thread, no answer that came late."""

import json
import re
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.policy.bundle import Bundle, find_bundle_folder, load_bundle
from gateway.adapters.policy.embedded import DEADLINE_S, EmbeddedPolicy
from gateway.adapters.policy.engine import Interpreter
from gateway.adapters.policy.selftest import FOLDER
from gateway.domain.access import Query
from gateway.domain.errors import PolicyContractError, PolicyUnavailableError
from gateway.domain.instants import parse_instant
from tests.policies.test_tables import ROWS

PERMITTED = ROWS["consents: an agency named in a live consent reads"].document
AT = parse_instant(PERMITTED["context"]["time"], field="time")


def as_query(document: Mapping[str, Any]) -> Query:
    context = {key: value for key, value in document["context"].items() if key != "time"}
    return Query.of({**document, "context": context})


class Faulty:
    """An interpreter whose answers are changed on their way."""

    def __init__(self, bundle: Bundle, old: str, new: str) -> None:
        self.inner = Interpreter(bundle)
        self.old, self.new = old, new

    def ask(self, rule: str, document: Mapping[str, Any]) -> str:
        return re.sub(self.old, self.new, self.inner.ask(rule, document))


FAULTS = {
    "permits everything": (r'"decision": "deny"', '"decision": "permit"'),
    "refuses everything": (r'"decision": "permit"', '"decision": "deny"'),
    "forgets to hide": (r'"disclose_existence": false', '"disclose_existence": true'),
    "forgets an obligation": (r'"mark_incomplete",\s*', ""),
    "forgets what is withheld": (r'"redacted_sections": \[[^\]]+\]', '"redacted_sections": []'),
    "mixes up two reasons": (r"CONSENT_WITHDRAWN", "CONSENT_EXPIRED"),
    "answers with something else": (r"(?s).*", "true"),
    "answers with nothing": (r"(?s).*", ""),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_engine_that_misses_a_known_answer_never_decides(fault: str, bundle: Bundle) -> None:
    old, new = FAULTS[fault]
    with pytest.raises((PolicyUnavailableError, PolicyContractError)):
        EmbeddedPolicy.load(bundle, make_engine=lambda loaded: Faulty(loaded, old, new))


LANGUAGE_FAULTS = {
    "reads every with a negation as true": (
        r'(?="every_holds_with_negation")',
        '"every_fails_on_one_negation": true, ',
    ),
    "forgets a question": (r'"every_over_nothing": true,\s*', ""),
    "takes one for true": (r'"every_over_nothing": true', '"every_over_nothing": 1'),
    "answers one too many": (r'(?="every_over_nothing")', '"every_of_another_kind": true, '),
    "rounds large integers": (r"1773165600000000001", "1773165600000000000"),
}


@pytest.mark.parametrize("fault", LANGUAGE_FAULTS)
def test_an_engine_that_misses_a_question_of_language_never_decides(fault: str, bundle: Bundle) -> None:
    old, new = LANGUAGE_FAULTS[fault]
    with pytest.raises(PolicyUnavailableError, match="language"):
        EmbeddedPolicy.load(bundle, make_engine=lambda loaded: Faulty(loaded, old, new))


WEAKENED = {
    "gateway/instants/instants.rego": (b"known[period.until] <= at", b"known[period.until] < at"),
    "gateway/main/gates.rego": (b"not input.actor.active == true", b"input.actor.active == false"),
    "gateway/sections/sections.rego": (b'_sealing("legal_privilege") if', b'_sealing("legal") if'),
    "gateway/main/professional.rego": (b"count(_unrestricted) == 0", b"count(_unrestricted) == 9"),
}


@pytest.mark.parametrize("path", WEAKENED)
def test_a_weakened_policy_is_refused_at_load(path: str, bundle: Bundle) -> None:
    old, new = WEAKENED[path]
    assert old in bundle.files[path]
    changed = Bundle.of({**bundle.files, path: bundle.files[path].replace(old, new)})
    with pytest.raises(PolicyUnavailableError):
        EmbeddedPolicy.load(changed)


def test_a_bundle_without_known_answers_is_refused(bundle: Bundle) -> None:
    bare = Bundle.of({path: text for path, text in bundle.files.items() if not path.startswith(FOLDER)})
    with pytest.raises(PolicyUnavailableError, match="too few"):
        EmbeddedPolicy.load(bare)


def test_the_shipped_bundle_loads(bundle: Bundle) -> None:
    assert EmbeddedPolicy.load(bundle).digest == bundle.digest


async def test_a_decision_carries_the_digest_of_its_bundle(policy: EmbeddedPolicy, bundle: Bundle) -> None:
    decision = await policy.decide(as_query(PERMITTED), AT)
    assert decision.permitted
    assert decision.policy_digest == bundle.digest
    assert decision.valid_until > AT


async def test_a_list_is_decided_like_each_of_its_queries(policy: EmbeddedPolicy) -> None:
    documents = [row.document for row in ROWS.values() if row.document.get("context", {}).get("time")]
    queries = [
        as_query(document)
        for document in documents
        if document["context"]["time"] == PERMITTED["context"]["time"]
    ]
    for start in range(0, len(queries), 50):
        chunk = queries[start : start + 50]
        alone = [await policy.decide(query, AT) for query in chunk]
        assert list(await policy.decide_all(chunk, AT)) == alone


async def test_more_than_fifty_queries_are_not_asked_at_once(policy: EmbeddedPolicy) -> None:
    assert await policy.decide_all([], AT) == ()
    with pytest.raises(PolicyUnavailableError):
        await policy.decide_all([as_query(PERMITTED)] * 51, AT)


async def test_an_answer_that_came_late_is_thrown_away(bundle: Bundle) -> None:
    ticks = iter((0.0, DEADLINE_S + 0.001))
    late = EmbeddedPolicy(bundle, elapsed=lambda: next(ticks))
    with pytest.raises(PolicyUnavailableError, match="long"):
        await late.decide(as_query(PERMITTED), AT)


async def test_each_thread_has_an_engine_of_its_own(policy: EmbeddedPolicy) -> None:
    here = await policy.decide(as_query(PERMITTED), AT)
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(policy.decide_document(PERMITTED)))
    thread.start()
    thread.join()
    assert found == [here]


def test_what_an_engine_raises_stays_in_the_adapter(bundle: Bundle) -> None:
    engine = Interpreter(bundle)
    with pytest.raises(PolicyUnavailableError):
        engine.ask("data.gateway.main.nothing", PERMITTED)
    with pytest.raises(PolicyUnavailableError):
        engine.ask("data.gateway.main.decision", {"x": float("nan")})
    with pytest.raises(PolicyUnavailableError):
        Interpreter(Bundle.of({"a.rego": b"package a\n\nanswer := "}))


def test_the_digest_covers_every_path_and_every_byte_but_no_test(tmp_path: Path, bundle: Bundle) -> None:
    for path, content in bundle.files.items():
        assert Bundle.of({**bundle.files, path: content + b"\n"}).digest != bundle.digest
    path, content = next(iter(bundle.files.items()))
    moved = {("moved/" + name if name == path else name): text for name, text in bundle.files.items()}
    assert Bundle.of(moved).digest != bundle.digest
    assert Bundle.of({**bundle.files, "gateway/a_test.rego": b"x"}).digest == bundle.digest
    assert Bundle.of(dict(reversed(list(bundle.files.items())))).digest == bundle.digest
    for name, text in bundle.files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(text)
    assert load_bundle(tmp_path).digest == bundle.digest
    assert content == bundle.files[path]


def test_a_policy_never_imports_another() -> None:
    # The interpreter loses what an alias stands for inside functions, once another package has asked the
    # same package through an alias: a helper then answers as if nothing were there. Full paths only.
    for path in find_bundle_folder().rglob("*.rego"):
        assert not re.search(r"^import ", path.read_text(encoding="utf-8"), re.MULTILINE), path.name


def test_a_policy_reads_no_clock_no_network_and_no_chance() -> None:
    banned = r"time\.now_ns|http\.send|rand\.|uuid\.|rego\.|opa\.|io\.jwt|crypto\.|net\.|\\d"
    for path in find_bundle_folder().rglob("*.rego"):
        code = "\n".join(
            line
            for line in path.read_text(encoding="utf-8").splitlines()
            if not line.lstrip().startswith("#")
        )
        assert not re.search(banned, code), path.name


def test_an_explanation_ends_at_the_gate_that_answered(policy: EmbeddedPolicy) -> None:
    explanation = policy.explain(PERMITTED)
    assert any("CONSENT_PERMITS" in line and line.startswith(" P6") for line in explanation.way)
    assert any("d1 version 1 (guardian) says permit" in line for line in explanation.way)
    assert policy.explain({}).way[-1].endswith("deny, INPUT_INVALID")


async def test_a_permit_names_the_consents_it_rests_on(policy: EmbeddedPolicy) -> None:
    document = json.loads(json.dumps(PERMITTED))
    mine = document["consents"][0]
    document["consents"] = [
        mine,
        {**mine, "id": "elsewhere", "recipients": [{"agency": "agency:library"}]},
        {**mine, "id": "inert", "grantor": {"person": "adult:birch", "as": "guardian"}},
        {**mine, "id": "again", "version": 3},
    ]
    decision = await policy.decide(as_query(document), AT)
    assert {(used.id, used.version) for used in decision.consents_used} == {("d1", 1), ("again", 3)}


async def test_the_instruments_of_a_decision_are_named(policy: EmbeddedPolicy) -> None:
    for name in ("instruments: two instruments add up", "gates: a prohibition"):
        row = ROWS[name]
        decision = await policy.decide(as_query(row.document), AT)
        assert set(decision.instrument_ids) == {order["id"] for order in row.document["subject"]["orders"]}


PROFILE = """
  FN-EXAMPLE:
    label: {fr: "Exemple", en: "Example"}
    youth_alone_from: 16
    either_from: 12
    own_services_alone: true
    consultation_from: 12
    own_access_from: -1
    joint_access: false
    guardian_bar_from: -1
    name_worker_to_family: true
"""


def test_a_profile_and_a_purpose_are_added_by_data_alone(bundle: Bundle) -> None:
    files = dict(bundle.files)
    files["gateway/profiles/data.yaml"] += PROFILE.encode()
    for path, old, new in (
        ("gateway/purposes/data.yaml", b"labels:\n", b'labels:\n  respite: {fr: "repit", en: "respite"}\n'),
        ("gateway/roles/data.yaml", b"service: [", b"service: [respite, "),
    ):
        assert old in files[path]
        files[path] = files[path].replace(old, new)
    policy = EmbeddedPolicy.load(Bundle.of(files))
    document = json.loads(json.dumps(PERMITTED)) | {"profile": "FN-EXAMPLE", "purpose": "respite"}
    document["consents"][0] |= {"purposes": ["respite"], "grantor": {"person": "person:fern", "as": "self"}}
    for age, decision in ((11, "deny"), (12, "permit"), (16, "permit")):
        document["subject"]["age"] = age
        assert str(policy.decide_document(document).outcome) == decision


def test_a_policy_that_does_not_parse_is_named(bundle: Bundle) -> None:
    broken = Bundle.of({**bundle.files, "gateway/own.rego": b"package gateway.own\nx := {\n"})
    with pytest.raises(PolicyUnavailableError) as told:
        EmbeddedPolicy.load(broken)
    assert told.value.field == "gateway/own.rego"


def test_an_engine_may_be_let_go_in_another_thread(bundle: Bundle) -> None:
    engines: list[Any] = [Interpreter(bundle)]
    with ThreadPoolExecutor(1) as other:
        other.submit(engines.clear).result()

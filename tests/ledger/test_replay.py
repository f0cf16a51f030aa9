"""Recorded decisions are taken again: the same under their own bundle, counted where another would differ."""

import asyncio
import json
from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.adapters.policy.bundle import Bundle, find_bundle_folder, load_bundle
from gateway.cli import ledger, policy, recorded
from gateway.cli.engines import engine_of_then
from gateway.domain.errors import CorruptionError
from gateway.domain.instants import Instant
from tests.policies.test_tables import ROWS
from tests.support.bundles import copy_changed
from tests.support.fault_ledger import Grown
from tests.support.fault_stack import open_new
from tests.support.proof import Proof
from tests.support.real_opa import require_opa
from tests.support.recorded import printed, use_ledger

DECISIONS = 1000


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, grown: Grown) -> Grown:
    use_ledger(monkeypatch, grown.url, grown.state_dir)
    return grown


def _ledger(*arguments: str) -> Result:
    return CliRunner().invoke(ledger.app, ["replay", *arguments])


@pytest.mark.usefixtures("here")
def test_every_recorded_decision_comes_out_the_same() -> None:
    result = _ledger("--json")
    found = printed(result)
    assert result.exit_code == 0
    assert found["decisions"] > 30
    assert (found["different"], found["unopened"]) == ([], 0)
    assert "come out the same" in _ledger().stdout


@pytest.mark.usefixtures("here")
def test_a_real_opa_takes_them_again_alike() -> None:
    require_opa()
    found = printed(_ledger("--json", "--engine", "opa"))
    assert found["decisions"] > 30
    assert found["different"] == []


@pytest.mark.usefixtures("here")
def test_only_decisions_since_an_instant_are_taken_again() -> None:
    assert printed(_ledger("--json", "--since", "2200-01-01T00:00:00Z"))["decisions"] == 0
    assert _ledger("--since", "yesterday").exit_code != 0


@pytest.mark.usefixtures("here")
def test_a_candidate_that_refuses_more_is_counted_by_agency_and_reason(tmp_path: Path) -> None:
    candidate = copy_changed(
        tmp_path / "candidate",
        "gateway/roles/data.yaml",
        "service: [service_delivery, assessment, coordination, ",
        "service: [service_delivery, assessment, ",
    )
    # A candidate that decides otherwise brings known answers of its own; this one has the old ones.
    answers = candidate / "gateway/selftest/decisions.json"
    table = json.loads(answers.read_text(encoding="utf-8"))
    table["rows"] = {
        name: row for name, row in table["rows"].items() if "coordination" not in json.dumps(row)
    }
    answers.write_text(json.dumps(table), encoding="utf-8")
    found = printed(CliRunner().invoke(policy.app, ["replay", "--candidate", str(candidate), "--json"]))
    changes = Counter((one["change"], one["agency"], one["becomes"][0]) for one in found["different"])
    assert set(changes) == {("permit to deny", "qc:clinic", "PURPOSE_NOT_ALLOWED")}
    assert (
        "permit to deny" in CliRunner().invoke(policy.app, ["replay", "--candidate", str(candidate)]).stdout
    )


@pytest.mark.usefixtures("here")
def test_a_candidate_that_is_the_same_changes_nothing() -> None:
    result = CliRunner().invoke(policy.app, ["replay", "--candidate", str(find_bundle_folder())])
    assert result.stdout.startswith("0 of ")


@pytest.mark.usefixtures("here")
def test_a_bundle_that_is_not_kept_cannot_be_asked() -> None:
    with recorded.Recording(Instant(0)) as recording, pytest.raises(CorruptionError, match="not kept"):
        recording.bundle("0" * 64)


def test_a_bundle_that_brought_fewer_known_answers_can_still_be_asked() -> None:
    files = load_bundle(find_bundle_folder()).files
    old = Bundle.of({path: text for path, text in files.items() if "/selftest/" not in path})
    row = ROWS["consents: nobody consented"]
    with engine_of_then("embedded", old) as policy:
        assert policy.decide_document(row.document).reasons == row.reasons


@pytest.mark.prove
@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_a_thousand_recorded_decisions_are_taken_again(
    store: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proof: Proof
) -> None:
    url = f"sqlite:///{tmp_path / 'gateway.db'}"
    if store == "postgres":
        url = request.getfixturevalue("postgres_server").create_database("replayed")
    asyncio.run(_live(url, tmp_path / "state"))
    use_ledger(monkeypatch, url, tmp_path / "state")
    found = printed(_ledger("--json"))
    proof.line(
        f"{store}: {found['decisions']} recorded decisions taken again under their bundle, "
        f"{len(found['different'])} differ, {found['unopened']} do not open"
    )
    assert found["decisions"] >= DECISIONS
    assert (found["different"], found["unopened"]) == ([], 0)


async def _live(url: str, state: Path) -> None:
    async with open_new(url, state) as scene:
        while (await scene.parts.publishing.extent() or (1, 0))[1] < DECISIONS * 3:
            await scene.live_round()

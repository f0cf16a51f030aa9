"""The tables of a bundle that is to decide: one wrong word is refused with its place, a right one passes."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from gateway.adapters.policy.bundle import Bundle, load_checked_bundle
from gateway.adapters.policy.schema import require_tables
from gateway.cli.engines import engine_of_then
from gateway.cli.policy import app
from gateway.domain.errors import PolicyUnavailableError
from tests.policies.test_check import RIGHT, write
from tests.policies.test_embedded import PROFILE
from tests.policies.test_tables import ROWS
from tests.support.bundles import copy_changed

MISSING = object()
LABEL = {"fr": "Exemple", "en": "Example"}

WRONG: tuple[tuple[str, object], ...] = (
    # Whose decision counts.
    ("profiles.rules.FN-EXAMPLE.youth_alone_from", "16"),
    ("profiles.rules.FN-EXAMPLE.youth_alone_from", -1),
    ("profiles.rules.FN-EXAMPLE.youth_alone_from", 19),
    ("profiles.rules.FN-EXAMPLE.youth_alone_from", 16.0),
    ("profiles.rules.FN-EXAMPLE.youth_alone_from", True),
    ("profiles.rules.FN-EXAMPLE.youth_alone_from", None),
    ("profiles.rules.FN-EXAMPLE.youth_alone_from", MISSING),
    ("profiles.rules.FN-EXAMPLE.either_from", -1),
    ("profiles.rules.FN-EXAMPLE.either_from", MISSING),
    ("profiles.rules.FN-EXAMPLE.own_services_alone", "no"),
    ("profiles.rules.FN-EXAMPLE.own_services_alone", 0),
    ("profiles.rules.FN-EXAMPLE.own_services_alone", MISSING),
    ("profiles.rules.FN-EXAMPLE.consultation_from", "12"),
    ("profiles.rules.FN-EXAMPLE.consultation_from", -2),
    ("profiles.rules.FN-EXAMPLE.consultation_from", MISSING),
    ("profiles.rules.FN-EXAMPLE.own_access_from", 19),
    ("profiles.rules.FN-EXAMPLE.own_access_from", MISSING),
    ("profiles.rules.FN-EXAMPLE.joint_access", "false"),
    ("profiles.rules.FN-EXAMPLE.joint_access", MISSING),
    ("profiles.rules.FN-EXAMPLE.guardian_bar_from", None),
    ("profiles.rules.FN-EXAMPLE.guardian_bar_from", MISSING),
    ("profiles.rules.FN-EXAMPLE.name_worker_to_family", 1),
    ("profiles.rules.FN-EXAMPLE.name_worker_to_family", MISSING),
    ("profiles.rules.FN-EXAMPLE.guardian_bars_from", 16),
    ("profiles.rules.FN-EXAMPLE.label.en", ""),
    ("profiles.rules.FN-EXAMPLE.label.fr", " "),
    ("profiles.rules.FN-EXAMPLE.label.en", MISSING),
    ("profiles.rules.FN-EXAMPLE.label.cr", "ᐊᐱᑎᓰᐎᓐ"),
    ("profiles.rules.FN-EXAMPLE.label", "Example"),
    ("profiles.rules.FN-EXAMPLE", []),
    ("profiles.rules.FN EXAMPLE", {}),
    ("profiles.rules", {}),
    ("profiles.rulez", {}),
    # Why something is asked.
    ("purposes.labels.audit.en", MISSING),
    ("purposes.labels.audit.fr", ""),
    ("purposes.labels.SERVICE", LABEL),
    ("purposes.labels.True", LABEL),
    ("purposes.instrument_default.0", "law"),
    ("purposes.presumed.0", "presumed"),
    ("purposes.shared_secret", "child_protection"),
    ("purposes.transfer", MISSING),
    ("purposes.transfer.1", "transfer"),
    ("purposes.own_work", MISSING),
    ("purposes.own_work.0", "legal"),
    # What a fragment is about.
    ("categories.labels.education.default", "X"),
    ("categories.labels.education.default", 1),
    ("categories.labels.education.default", MISSING),
    ("categories.labels.education.en", None),
    # Who may do what.
    ("roles.labels.pivot.en", MISSING),
    ("roles.labels.teacher", LABEL),
    ("roles.service.1", "respite"),
    ("roles.family.0", "parent"),
    ("roles.no_content.0", "administrator"),
    ("roles.no_content", None),
    ("roles.matrix.teacher", {}),
    ("roles.matrix.pivot.reads", ["SERVICE"]),
    ("roles.matrix.pivot.read.0", "respite"),
    ("roles.matrix.pivot.read", "SERVICE"),
    # Emergency access.
    ("emergency.roles.0", "teacher"),
    ("emergency.risks", "risk_to_life"),
    ("emergency.risks.0", "risk"),
    ("emergency.risks_for_very_restricted.0", "risk"),
    ("emergency.labels.missing_child.en", ""),
    ("emergency.hours", "4"),
    ("emergency.hours", 0),
    ("emergency.hours", 25),
    ("emergency.hours", MISSING),
    ("emergency.justification_min_characters", 0),
    ("emergency.justification_min_characters", "20"),
    ("emergency.liftable.0", "NO_CONSENTS"),
    ("emergency.liftable_without_offer.0", "no_relationship"),
    ("emergency.lifts", []),
    # Sessions, the ledger's audience, the closed lists and the words.
    ("sessions.labels.case_committee.hours", 0),
    ("sessions.labels.case_committee.hours", 745),
    ("sessions.labels.case_committee.hours", True),
    ("audience.levels", ["full", "generic", "delayed", "none"]),
    ("audience.about_a_child.0", "policy"),
    ("audience.oversight.teacher", "audit"),
    ("audience.oversight.auditor", "curiosity"),
    ("audience.look_ups.0", "looked"),
    ("vocabulary.majority", 0),
    ("vocabulary.majority", "18"),
    ("vocabulary.sensitivity.V", 0),
    ("vocabulary.sensitivity.N", True),
    ("vocabulary.actions.0", "write"),
    ("vocabulary.consent_models", MISSING),
    ("vocabulary.tags.0", "secret"),
    ("explanation.gates.0.words", ""),
    # Tables that there are not, or are too many.
    ("emergency", MISSING),
    ("emergencies", {}),
)


@pytest.fixture
def tables(bundle: Bundle) -> dict[str, Any]:
    """The shipped tables, and a profile that is right."""
    tables = copy.deepcopy(bundle.tables())
    tables["gateway"]["profiles"]["rules"] |= yaml.safe_load(PROFILE)
    return tables


@pytest.mark.parametrize(("place", "value"), WRONG, ids=lambda part: "missing" if part is MISSING else None)
def test_one_wrong_word_is_refused_with_its_place(place: str, value: object, tables: dict[str, Any]) -> None:
    _put(tables["gateway"], place, value)
    with pytest.raises(PolicyUnavailableError) as refused:
        require_tables(tables)
    assert refused.value.field == place


def test_the_shipped_tables_pass_and_so_does_one_more_profile(bundle: Bundle, tables: dict[str, Any]) -> None:
    require_tables(bundle.tables())
    require_tables(tables)


def test_one_more_purpose_category_risk_and_kind_of_session_pass(tables: dict[str, Any]) -> None:
    for place, value in (
        ("purposes.labels.respite", LABEL),
        ("roles.service.1", "respite"),
        ("roles.matrix.pivot.read.1", "respite"),
        ("categories.labels.art", {**LABEL, "default": "N"}),
        ("emergency.labels.flood", LABEL),
        ("emergency.risks.2", "flood"),
        ("emergency.hours", 24),
        ("sessions.labels.circle", {**LABEL, "hours": 744}),
        ("profiles.rules.FN-EXAMPLE.youth_alone_from", 0),
        ("profiles.rules.FN-EXAMPLE.guardian_bar_from", 18),
    ):
        _put(tables["gateway"], place, value)
    require_tables(tables)


def test_a_risk_for_very_restricted_content_is_a_risk(tables: dict[str, Any]) -> None:
    tables["gateway"]["emergency"]["risks"].remove("risk_to_life")
    with pytest.raises(PolicyUnavailableError) as refused:
        require_tables(tables)
    assert refused.value.field == "emergency.risks_for_very_restricted.0"


def test_tables_beside_the_root_are_refused(tables: dict[str, Any]) -> None:
    with pytest.raises(PolicyUnavailableError) as refused:
        require_tables({**tables, "elsewhere": {}})
    assert refused.value.field == "elsewhere"


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    folder = copy_changed(
        tmp_path / "twice",
        "gateway/profiles/data.yaml",
        "    joint_access: true\n",
        "    joint_access: true\n" * 2,
    )
    with pytest.raises(PolicyUnavailableError, match="twice") as refused:
        load_checked_bundle(folder)
    assert refused.value.field == "gateway/profiles/data.yaml: joint_access"


def test_a_table_in_the_place_of_another_is_refused(bundle: Bundle) -> None:
    with pytest.raises(PolicyUnavailableError, match="same key"):
        Bundle.of({**bundle.files, "gateway/data.yaml": b"profiles: none"}).tables()


def test_no_command_takes_a_bundle_with_a_wrong_table(tmp_path: Path) -> None:
    # No known answer misses it: `test` says all right of such a table unless the schema is asked.
    folder = str(
        copy_changed(
            tmp_path / "wrong",
            "gateway/profiles/data.yaml",
            "name_worker_to_family: false",
            "name_worker: false",
        )
    )
    for arguments in (
        ("test", "--bundle", folder),
        ("check", write(tmp_path / "one.json", RIGHT), "--bundle", folder),
        ("build", "--bundle", folder, "--out", str(tmp_path / "out.tar.gz")),
        ("diff", folder),
        ("replay", "--candidate", folder),
    ):
        error = CliRunner().invoke(app, list(arguments)).exception
        assert isinstance(error, PolicyUnavailableError), arguments
        assert error.field == "profiles.rules.QC-LRSSS.name_worker"


def test_a_bundle_that_decided_once_is_asked_again_whatever_its_tables_were(bundle: Bundle) -> None:
    path = "gateway/profiles/data.yaml"
    text = bundle.files[path].replace(b"name_worker_to_family: false", b"name_worker: false")
    row = ROWS["consents: nobody consented"]
    with engine_of_then("embedded", Bundle.of({**bundle.files, path: text})) as policy:
        assert not policy.decide_document(row.document).permitted


def _put(table: Any, place: str, value: object) -> None:  # noqa: ANN401 - a mapping or a list
    *steps, last = (int(step) if step.isdigit() else step for step in place.split("."))
    for step in steps:
        table = table[step]
    if value is MISSING:
        del table[last]
    elif last == "True":
        table[True] = value
    else:
        table[last] = value

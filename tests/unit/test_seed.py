"""The seed format: what is complete is read, and whatever is wrong is named by its path."""

import copy
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import gateway.cli
from gateway.domain.consent import Recipient
from gateway.domain.errors import MalformedError
from gateway.domain.findings import FindingKind
from gateway.domain.instants import Instant, parse_instant
from gateway.domain.seed import Seed, parse_seed
from gateway.domain.vocabulary import AuthorityKind, FragmentStatus, SectionTag, Sensitivity

NOW = parse_instant("2026-03-10T14:00:00Z", field="now")
MATERIAL = Path(gateway.cli.__file__).parent / "demo_material"
FORMAT_PAGE = Path(__file__).parents[2] / "deploy" / "seed-format.md"

SEED: dict[str, Any] = {
    "format": "gateway-seed-1",
    "agencies": [
        {"id": "t:school", "name": {"fr": "École", "en": "School"}, "profile": "QC-PRIV"},
        {"id": "t:school/annex", "name": {"fr": "Annexe", "en": "Annex"}, "profile": "QC-PRIV"},
    ],
    "clients": [{"id": "c:school", "agency": "t:school"}, {"id": "c:family", "family_portal": True}],
    "workers": [
        {
            "id": "w:one",
            "agency": "t:school",
            "name": "Invented One",
            "roles": ["pivot", "caseworker"],
            "identity": {"iss": "https://issuer.invalid", "sub": "one"},
        },
        {"id": "w:three", "agency": "t:school/annex", "name": "Invented Three", "roles": ["caseworker"]},
    ],
    "persons": [
        {"id": "p:child", "names": {"given": "A", "family": "B"}, "birth_date": "2017-03-09"},
        {"id": "p:mother", "names": {"given": "C", "family": "B"}, "birth_date": "today-12000d"},
    ],
    "authorities": [{"subject": "p:child", "person": "p:mother", "authority": "sole", "from": "now-1d"}],
    "orders": [
        {"id": "o:1", "subject": "p:child", "type": "prohibit", "recipients": [{"agency": "t:school"}]}
    ],
    "assignments": [{"worker": "w:one", "person": "p:child", "until": "2027-01-01T00:00:00Z"}],
    "dossiers": [{"id": "dos_1", "person": "p:child"}],
    "consents": [
        {
            "id": "cns_1",
            "subject": "p:child",
            "grantor": {"person": "p:mother", "as": "guardian"},
            "decision": "permit",
            "recipients": [{"agency": "t:school", "include_units": True}],
            "owners": "any",
            "purposes": ["coordination"],
            "categories": ["education"],
            "from": "now",
            "until": "now+180d",
        }
    ],
    "fragments": [
        {
            "dossier": "dos_1",
            "owner_agency": "t:school",
            "category": "assessment_report",
            "sensitivity": "N",
            "sections": [
                {"id": "a", "content": {"text": "x"}},
                {"id": "b", "sensitivity": "R", "tags": ["reporter_identity"], "content": "y"},
            ],
        },
        {
            "dossier": "dos_1",
            "owner_agency": "t:school",
            "category": "education",
            "sensitivity": "N",
            "media_type": "application/pdf",
            "file": "papers/report.pdf",
        },
        {
            "id": "frg_held",
            "dossier": "dos_1",
            "owner_agency": "t:school",
            "category": "education",
            "sensitivity": "N",
            "content": "x",
            "status": "owner_hold",
        },
    ],
    "capacity_findings": [
        {"id": "fnd_1", "subject": "p:child", "capable": False, "assessed_by": "Invented", "at": "now-1d"}
    ],
    "harm_determinations": [
        {"subject": "p:child", "owner_agency": "t:school", "to": ["guardian"], "fragment": "frg_held"}
    ],
    "consultations": [{"subject": "p:child", "fragment": "frg_held", "harm_expected": False}],
    "agreements": [{"subject": "p:child", "giver": "p:mother", "guardian": "p:mother", "until": "now+1d"}],
    "sessions": [
        {
            "id": "ses_1",
            "subject": "p:child",
            "members": ["w:one"],
            "package": ["frg_held"],
            "opens": "now",
            "closes": "now+2h",
        }
    ],
    "transfers": [
        {"subject": "p:child", "from_worker": "w:one", "to_person": "w:three", "package": ["frg_held"]}
    ],
}


def _parse(document: dict[str, Any]) -> Seed:
    return parse_seed(json.dumps(document).encode(), now=NOW)


def test_a_complete_seed_is_read() -> None:
    seed = _parse(SEED)
    assert seed.agencies[0].consent_model == "express"
    assert seed.clients[1].agency is None
    assert seed.persons[0].birth_date == date(2017, 3, 9)
    assert seed.authorities[0].authority is AuthorityKind.SOLE
    assert seed.authorities[0].from_at == Instant(NOW - 86_400_000_000)
    assert seed.consents[0].recipients == (Recipient(agency=seed.agencies[0].id, include_units=True),)
    assert seed.consents[0].from_at == NOW
    assert seed.fragments[0].labels.sections[1].tags == {SectionTag.REPORTER_IDENTITY}
    assert seed.fragments[0].labels.effective_sensitivity is Sensitivity.RESTRICTED
    assert (seed.fragments[1].file, seed.fragments[1].filename) == ("papers/report.pdf", "report.pdf")
    assert seed.fragments[2].status is FragmentStatus.OWNER_HOLD
    assert [one.kind for one in seed.findings] == [kind for kind in FindingKind if kind != "emergency"]
    assert seed.findings[0].from_at == Instant(NOW - 86_400_000_000)


def test_the_demo_seed_and_the_documented_example_are_seeds() -> None:
    demo = parse_seed((MATERIAL / "seed.json").read_bytes(), now=NOW)
    assert len(demo.agencies) == 3
    example = FORMAT_PAGE.read_text().split("```json\n")[1].split("```")[0]
    assert parse_seed(example.encode(), now=NOW).fragments


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda s: s.pop("format"), "format"),
        (lambda s: s.update(format="gateway-seed-2"), "format"),
        (lambda s: s.update(tenants=[]), "tenants"),
        (lambda s: s.update(agencies=[]), "agencies"),
        (lambda s: s["agencies"][0].pop("profile"), "agencies[0].profile"),
        (lambda s: s["agencies"][0].update(id="T School"), "agencies[0].id"),
        (lambda s: s["agencies"][0].update(protected="no"), "agencies[0].protected"),
        (lambda s: s["agencies"][0]["name"].pop("en"), "agencies[0].name.en"),
        (lambda s: s["agencies"].pop(0), "agencies[0].id"),
        (lambda s: s["agencies"].append(s["agencies"][1]), "agencies"),
        (lambda s: s["clients"][0].update(agency="t:other"), "clients[0].agency"),
        (lambda s: s["workers"][0].update(roles=[]), "workers[0].roles"),
        (lambda s: s["workers"][0].update(roles=["boss"]), "workers[0].roles[0]"),
        (lambda s: s["workers"][0].update(overdue_reviews=True), "workers[0].overdue_reviews"),
        (lambda s: s["workers"][0]["identity"].pop("sub"), "workers[0].identity.sub"),
        (lambda s: s["workers"].append(dict(s["workers"][0], id="w:two")), "identities"),
        (lambda s: s["persons"][0].update(birth_date="2017-02-30"), "persons[0].birth_date"),
        (lambda s: s["persons"][0].update(birth_date="now"), "persons[0].birth_date"),
        (lambda s: s["persons"][0].update(names={"given": "", "family": "B"}), "persons[0].names.given"),
        (lambda s: s["persons"][0].update(birth_day="2017-02-03"), "persons[0].birth_day"),
        (lambda s: s["authorities"][0].update(authority="boss"), "authorities[0].authority"),
        (lambda s: s["authorities"][0].update(person="p:nobody"), "authorities[0].person"),
        (lambda s: s["authorities"][0].update(scope=[]), "authorities[0].scope"),
        (lambda s: s["orders"][0].update(recipients=[{}]), "orders[0].recipients[0]"),
        (lambda s: s["orders"][0].update(type="ask"), "orders[0].type"),
        (lambda s: s["assignments"][0].update(worker="w:nobody"), "assignments[0].worker"),
        (lambda s: s["assignments"][0].update(until="2027-01-01"), "assignments[0].until"),
        (lambda s: s["dossiers"].append({"id": "dos_2", "person": "p:child"}), "dossiers"),
        (lambda s: s["consents"][0].pop("until"), "consents[0].until"),
        (lambda s: s["consents"][0].update(until="now+400d"), "consents[0].until"),
        (lambda s: s["consents"][0].update(recipients=[]), "consents[0].recipients"),
        (lambda s: s["consents"][0].update(recipients=[{"role": "pivot"}]), "consents[0].recipients[0]"),
        (
            lambda s: s["consents"][0].update(
                recipients=[{"agency": "t:school", "role": "pivot", "person": "w:one"}]
            ),
            "consents[0].recipients[0]",
        ),
        (
            lambda s: s["consents"][0].update(recipients=[{"committee": "m:1", "agency": "t:school"}]),
            "consents[0].recipients[0]",
        ),
        (lambda s: s["consents"][0].update(decision="grant"), "consents[0].decision"),
        (lambda s: s["consents"][0].update(subject="p:nobody"), "consents[0].subject"),
        (lambda s: s["consents"][0].update(withdrawn_at="now"), "consents[0].withdrawn_at"),
        (lambda s: s["fragments"][0].update(status="owner_hold"), "fragments[0].id"),
        (lambda s: s["fragments"][0].update(status="erased"), "fragments[0].status"),
        (lambda s: s["capacity_findings"][0].update(capable="no"), "capacity_findings[0].capable"),
        (lambda s: s["capacity_findings"][0].update(subject="p:nobody"), "capacity_findings[0].subject"),
        (lambda s: s["harm_determinations"][0].update(to=["agency"]), "harm_determinations[0].to[0]"),
        (lambda s: s["harm_determinations"][0].update(fragment="x"), "harm_determinations[0].fragment"),
        (
            lambda s: s["harm_determinations"][0].update(owner_agency="t:x"),
            "harm_determinations[0].owner_agency",
        ),
        (lambda s: s["consultations"][0].pop("harm_expected"), "consultations[0].harm_expected"),
        (lambda s: s["agreements"][0].update(giver="p:nobody"), "agreements[0].giver"),
        (lambda s: s["sessions"][0].update(members=["w:nobody"]), "sessions[0].members"),
        (lambda s: s["sessions"][0].update(package=[]), "sessions[0].package"),
        (lambda s: s["sessions"][0].pop("id"), "sessions[0].id"),
        (lambda s: s["sessions"][0].update(id="fnd_1"), "findings"),
        (lambda s: s["transfers"][0].update(state="done"), "transfers[0].state"),
        (lambda s: s["transfers"][0].update(to_person="w:one"), "transfers[0].to_person"),
        (lambda s: s["fragments"][0].update(file="x"), "fragments[0]"),
        (lambda s: s["fragments"][0].update(sensitivity="S"), "fragments[0].sensitivity"),
        (lambda s: s["fragments"][0].update(dossier="dos_9"), "fragments[0].dossier"),
        (lambda s: s["fragments"][0]["sections"][1].update(id="a"), "fragments[0].sections"),
        (lambda s: s["fragments"][0]["sections"][1].update(tags=["x"]), "fragments[0].sections[1].tags[0]"),
        (lambda s: s["fragments"][1].update(file="../../etc/passwd"), "fragments[1].file"),
        (lambda s: s["fragments"][1].update(file="/etc/passwd"), "fragments[1].file"),
        (lambda s: s["fragments"][1].update(media_type="pdf"), "fragments[1].media_type"),
    ],
)
def test_what_is_wrong_is_named_by_its_path(change: Callable[[dict[str, Any]], object], path: str) -> None:
    document = copy.deepcopy(SEED)
    change(document)
    with pytest.raises(MalformedError) as caught:
        _parse(document)
    assert caught.value.field == path


@pytest.mark.parametrize("source", [b"", b"[]", b"{", b'{"format": 1, "format": 2}', b"\xff", b"[" * 100_000])
def test_what_is_not_strict_json_is_refused(source: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_seed(source, now=NOW)


@pytest.mark.parametrize(
    "recipient",
    [
        {"agency": "t:x", "role": "pivot"},
        {"person": "w:1", "agency": "t:x"},
        {"person": "w:1"},
        {"committee": "m:1"},
    ],
)
def test_each_kind_of_recipient_is_read(recipient: dict[str, str]) -> None:
    document = copy.deepcopy(SEED)
    document["consents"][0]["recipients"] = [recipient]
    assert [one.to_policy() for one in _parse(document).consents[0].recipients if isinstance(one, Recipient)]


def test_a_refusal_repeats_nothing_of_the_file() -> None:
    document = copy.deepcopy(SEED)
    document["persons"][0]["birth_date"] = "Rosalinde, 12 rue Inventée"
    document["persons"][0]["né à l'hôpital"] = "x"
    with pytest.raises(MalformedError) as caught:
        _parse(document)
    assert "Rosalinde" not in f"{caught.value} {caught.value.field}"

"""Which documents a question about what goes on is put for together, and which one by one."""

from collections.abc import Mapping
from typing import Any

from gateway.domain.access import Query
from gateway.domain.alike import Alike, alike_of
from gateway.domain.facts import Facts, FragmentRef
from gateway.domain.grounds import Unasked
from gateway.domain.ids import DossierId, FragmentId
from gateway.domain.instants import FAR_FUTURE
from gateway.domain.keys import KeyPath
from tests.support.consents import CHILD, SCHOOL
from tests.support.registry import AT

PATH = KeyPath(SCHOOL, 1, b"", CHILD, 1, b"")


def held(name: str, created: str = "2026-03-01T00:00:00Z", **labels: object) -> Facts:
    whole = {"id": name, "owner_agency": SCHOOL, "category": "education", "sensitivity": "N"}
    document = {"fragment": {**whole, "created": created, **labels}}
    ref = FragmentRef(FragmentId(name), 1, DossierId("dos_1"), CHILD, SCHOOL, "education", PATH, b"")
    return Facts(Query.of(document), (), AT, FAR_FUTURE, ref, (), frozenset(), "0" * 64)


def asked(*found: Facts, told: tuple[Mapping[str, Any], ...] = ()) -> int:
    return len(alike_of(found, (), told))


def section(name: str, category: str) -> dict[str, str]:
    return {"id": name, "category": category, "sensitivity": "N"}


def test_documents_that_are_labelled_alike_are_asked_about_once() -> None:
    (one,) = alike_of([held("frg_1"), held("frg_2")], (), ())
    assert one == Alike(SCHOOL, "education", one.fragment)
    assert one.fragment["id"] == f"what:{SCHOOL}"
    assert "created" not in one.fragment
    for label in ({"sensitivity": "R"}, {"youth_alone": True}, {"status": "erased"}):
        assert asked(held("frg_1"), held("frg_2", **label)) == 2


def test_who_of_the_family_may_read_a_document_makes_no_difference() -> None:
    assert asked(held("frg_1"), held("frg_2", harm_if_disclosed_to=["guardian"])) == 1


def test_sections_count_by_their_labels_alone() -> None:
    several = [section("a", "education"), section("b", "education"), section("c", "mental_health")]
    few = [section("x", "education"), section("y", "mental_health")]
    assert asked(held("frg_1", sections=several), held("frg_2", sections=few)) == 1
    assert asked(held("frg_1", sections=several), held("frg_2", sections=few[:1])) == 2


def test_a_document_that_a_directive_names_is_asked_about_by_itself() -> None:
    found = alike_of([held("frg_1"), held("frg_2")], (), [{"fragments": ["frg_2"]}])
    assert {one.fragment["id"] for one in found} == {f"what:{SCHOOL}", "frg_2"}


def test_a_document_that_a_package_names_is_asked_about_beside_the_others() -> None:
    found = alike_of([held("frg_1"), held("frg_2")], {"frg_2"}, ())
    assert {one.document for one in found} == {None, "frg_2"}


def test_the_day_of_a_document_counts_where_a_directive_names_a_period() -> None:
    old, new, newer = (held(f"frg_{n}", f"2026-0{n}-01T00:00:00Z") for n in (1, 4, 5))
    period = {"data_period": {"from": "2026-04-01T00:00:00Z"}}
    assert asked(old, new, newer) == 1
    for told in (period, {"data_period": None, "exceptions": [period]}):
        found = alike_of([old, new, newer], (), [told])
        assert [one.fragment["created"] for one in found] == ["2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z"]


def test_a_session_is_asked_about_for_what_the_matrix_lets_its_members_read() -> None:
    lists = ("own_work", "instrument_default", "presumed", "shared_secret", "transfer")
    purposes: dict[str, list[str]] = {name: [] for name in lists}
    for cell, wanted in ((["circle"], {"circle"}), (["SERVICE", "circle"], {"circle", "respite"})):
        roles = {"service": ["respite"], "matrix": {"committee_member": {"read": cell}}}
        assert Unasked.of_tables({"purposes": purposes, "roles": roles}).of_sessions == wanted

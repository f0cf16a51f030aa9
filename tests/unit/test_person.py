"""Who counts as the same person, how old she is, and which health numbers are numbers at all."""

from datetime import date

import pytest

from gateway.domain.errors import CorruptionError, MalformedError
from gateway.domain.instants import parse_instant, to_text
from gateway.domain.person import (
    Attributes,
    Described,
    fold,
    parse_birth_date,
    parse_described,
    parse_health_number,
    parse_name,
)

SAME = {
    "case": ("Tremblay-Essai", "TREMBLAY-ESSAI"),
    "composed and decomposed": ("Zo\u00e9", "Zoe\u0301"),
    "outer and doubled spaces": ("  Anne   Marie ", "Anne Marie"),
    "no-break space": ("Anne\u00a0Marie", "anne marie"),
    "sharp s": ("STRASSE", "straße"),
    "dotted capital": ("\u0130nci", "i\u0307nci"),
}
DIFFERENT = {
    "an accent": ("Zoé", "Zoe"),
    "a hyphen": ("Anne-Marie", "Anne Marie"),
    "one letter": ("Katrine", "Katerine"),
    "an apostrophe": ("L\u2019Inventé", "L'Inventé"),
}


@pytest.mark.parametrize("pair", SAME.values(), ids=SAME)
def test_names_that_differ_only_by_form_are_the_same(pair: tuple[str, str]) -> None:
    assert fold(pair[0]) == fold(pair[1])


@pytest.mark.parametrize("pair", DIFFERENT.values(), ids=DIFFERENT)
def test_nothing_else_is_forgiven(pair: tuple[str, str]) -> None:
    assert fold(pair[0]) != fold(pair[1])


def test_folding_twice_changes_nothing() -> None:
    names = [name for pair in (*SAME.values(), *DIFFERENT.values()) for name in pair]
    assert [fold(fold(name)) for name in names] == [fold(name) for name in names]


def test_family_and_given_names_do_not_run_into_each_other() -> None:
    one = Described("Ab", "C", date(2015, 1, 1))
    other = Described("A", "bC", date(2015, 1, 1))
    assert one.by_name != other.by_name


def test_a_number_matches_with_another_given_name_but_not_with_another_day() -> None:
    one = Described("Essai", "Zoé", date(2015, 1, 1), "1234567897")
    assert one.by_number == Described("ESSAI", "Zoé-Anne", date(2015, 1, 1), "1234567897").by_number
    assert one.by_number != Described("Essai", "Zoé", date(2015, 1, 2), "1234567897").by_number


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1234 567 897", "1234567897"),
        ("1234-567-897", "1234567897"),
        ("essz 1501 0112", "ESSZ15010112"),
        ("ESSZ 1551 0112", "ESSZ15510112"),
        ("2 15 01 99 999 999 71", "215019999999971"),
    ],
)
def test_a_health_number_is_read_whatever_its_spaces(written: str, read: str) -> None:
    assert parse_health_number(written) == read


@pytest.mark.parametrize(
    "written",
    ["1234567890", "123456789", "ESSZ15130112", "ESSZ15010", "215019999999939", "", "ABC", None, 1234567897],
)
def test_a_health_number_with_a_wrong_check_is_refused(written: object) -> None:
    with pytest.raises(MalformedError):
        parse_health_number(written)


@pytest.mark.parametrize("text", ["", "   ", "a" * 121, "A\u0000B", "A\u202eB", "A\nB", None, 7, ["A"]])
def test_a_name_of_another_shape_is_refused(text: object) -> None:
    with pytest.raises(MalformedError):
        parse_name(text, name="given_name")


@pytest.mark.parametrize("text", ["2015-02-29", "15-01-01", "2015-1-1", "1899-12-31", "", None, 20150101])
def test_a_birth_date_that_is_no_day_is_refused(text: object) -> None:
    with pytest.raises(MalformedError):
        parse_birth_date(text)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"family_name": "A", "given_name": "B"},
        {"family_name": "A", "given_name": "B", "birth_date": "2015-01-01", "nickname": "C"},
        {"family_name": "A", "given_name": "B", "birth_date": "2015-01-01", "health_number": ""},
        [],
        None,
    ],
)
def test_fewer_than_three_fields_or_unknown_ones_are_refused(fields: object) -> None:
    with pytest.raises(MalformedError):
        parse_described(fields)


@pytest.mark.parametrize(
    ("born", "zone", "at", "age", "next_at"),
    [
        ("2012-03-10", "America/Toronto", "2026-03-10T03:59:59Z", 13, "2026-03-10T04:00:00Z"),
        ("2012-03-10", "America/Toronto", "2026-03-10T04:00:00Z", 14, "2027-03-10T05:00:00Z"),
        ("2012-03-10", "Europe/Paris", "2026-03-09T23:00:00Z", 14, "2027-03-09T23:00:00Z"),
        ("2012-02-29", "America/Toronto", "2026-02-28T12:00:00Z", 13, "2026-03-01T05:00:00Z"),
        ("2012-02-29", "America/Toronto", "2026-03-01T05:00:00Z", 14, "2027-03-01T05:00:00Z"),
        ("2012-02-29", "America/Toronto", "2028-02-28T12:00:00Z", 15, "2028-02-29T05:00:00Z"),
    ],
)
def test_age_changes_at_midnight_where_she_lives(
    born: str, zone: str, at: str, age: int, next_at: str
) -> None:
    person = Attributes(Described("A", "B", date.fromisoformat(born)), time_zone=zone)
    instant = parse_instant(at, field="at")
    assert (person.age_at(instant), to_text(person.next_birthday_at(instant))) == (age, next_at)


@pytest.mark.parametrize("capable", [True, False, ("education", "mental_health")])
def test_attributes_come_back_as_they_were_sealed(*, capable: bool | tuple[str, ...]) -> None:
    described = Described("L\u2019Inventé", "Zoé", date(2015, 1, 1), "1234567897")
    attributes = Attributes(described, capable, "Europe/Paris", "en")
    assert Attributes.of_json(attributes.to_json()) == attributes


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b"null", b'{"family_name": 1}', b"\xff"])
def test_unreadable_attributes_are_corruption(text: bytes) -> None:
    with pytest.raises(CorruptionError):
        Attributes.of_json(text)


def test_no_name_shows_in_a_representation() -> None:
    described = Described("Secretname", "Hiddenname", date(2015, 1, 1), "1234567897")
    shown = repr(Attributes(described)) + repr(described)
    assert not any(part in shown for part in ("Secret", "Hidden", "2015", "1234567897"))

"""What a program sees of who is named in a text that must name nobody."""

from datetime import date

import pytest

from gateway.domain.ids import PersonId
from gateway.domain.nameless import has_identifier, names_one
from gateway.domain.person import Described

BORN = date(2014, 3, 9)
IDENTIFYING = [
    "voir hnd_0123456789abcdefghjkmnpqrs",
    "voir Per_0",
    "voir h\u200bnd_7",
    "voir \uff48nd_7",
    "écrire à a@b.invalid",
    "le 418-555-0199",
    "le (418) 555 0199",
    "le 555-0199",
    "NAM : ABCD 1403 0912",
    "2 14 03 75 123 456 78",
    "NAS 123 456 789",
    "né le 2014-03-09",
    "9/3/2014",
    "09.03.14",
    "le 9 mars 2014",
    "le 1er août 2014",
    "March 9, 2014",
    "the 9th of March 2014",
    "née le 9 mars",
    "born on the 9th",
]
NAMING_NOBODY = [
    "Un enfant de 9 ans, en 4e année, a peur de rentrer depuis mars 2026.",
    "Pendant l'année scolaire 2025-2026, il a manqué 12 jours sur 180.",
    "She was born in prison; her mother is 34, and calls 2 or 3 times a week.",
    "Entre 8 h 30 et 16 h 15, du lundi au vendredi, 24/7 en été.",
    "Le loyer est de 1 200 $ ; on en doit 3 600.",
    "Faut-il appeler le 811 ?",
]


@pytest.mark.parametrize("text", IDENTIFYING)
def test_what_looks_like_an_identifier_is_seen(text: str) -> None:
    assert has_identifier(text)


@pytest.mark.parametrize("text", NAMING_NOBODY)
def test_a_question_with_ages_years_and_hours_is_none(text: str) -> None:
    assert not has_identifier(text)


NAMES = [
    ("Zoé", "Tremblay-Gagnon", "que faire pour la petite gagnon ?", True),
    ("Zoé", "Tremblay-Gagnon", "QUE FAIRE POUR ZOE ?", True),
    ("Zoé", "Tremblay-Gagnon", "que faire pour zoe tremblay", True),
    ("Zoé", "Tremblay-Gagnon", "la tremblayeuse du zoo", False),
    ("Zoé", "Tremblay-Gagnon", "zo\u00adé.TREM\u200bBLAY", True),
    ("Rose", "Petit", "une petite fille et un petit garçon, la robe rose", False),
    ("Rose", "Petit", "Petit détail : l'enfant a peur.", False),
    ("Rose", "Petit", "que faire pour Rose ?", True),
    ("Rose", "Petit", "que faire pour petit rose ?", True),
    ("An", "Le", "le père a un an de plus. Le voisin aussi.", False),
    ("An", "Le", "que faire pour le an ?", True),
    ("An", "Le", "que faire pour An ?", True),
    ("Œdipe", "Brønd", "oedipe", True),
    ("Œdipe", "Brønd", "un BROND", True),
]


@pytest.mark.parametrize(("given", "family", "text", "named"), NAMES)
def test_a_known_name_is_seen_whole_without_case_or_accents(
    given: str, family: str, text: str, *, named: bool
) -> None:
    assert names_one(text, {PersonId("per_1"): Described(family, given, BORN)}) is named


def test_an_identifier_of_a_known_person_is_seen_whatever_its_shape() -> None:
    known = {PersonId("p:zoe"): Described("Inventé", "Autre", BORN)}
    assert names_one("voir P:ZOE.", known)
    assert not names_one("voir p:zoeline", known)

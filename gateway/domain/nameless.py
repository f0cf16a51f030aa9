"""Whether a text that must name nobody names somebody, as far as a program sees it.

It sees the shapes of identifiers, and the names of persons whom it is given. It does not see the name of
anybody else, a nickname, an initial, a misspelt name, an address, a number in words, nor what makes somebody
known without a name.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final, NamedTuple

from gateway.domain.ids import PersonId
from gateway.domain.nameless_words import MONTHS, ORDINARY
from gateway.domain.person import Described

_LETTERS: Final = str.maketrans(
    {"œ": "oe", "æ": "ae", "Œ": "OE", "Æ": "AE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L"}
)
_WORD = re.compile(r"[^\W_]+")
_NEW_SENTENCE = '.!?:;\n\u2026\u00ab\u201c"(\u2013\u2014-\u2022*'
_DISTINCTIVE = 4
"""So many letters make a word one that is not met by chance."""

_GAP = r"[\s().+/\u2010-\u2015\u2212-]{0,3}"
_YEARS = re.compile(r"(?<![\w-])(?:19|20)\d\d\s?[/\u2010-\u2015-]\s?(?:19|20)\d\d(?![\w-])")
"""A school year, and any other stretch of years."""
_MONTH = "|".join(sorted(MONTHS))
_SHAPES = tuple(
    re.compile(shape)
    for shape in (
        r"(?<![^\W_])[a-z]{3}_[^\W_]",  # The gateway's own: three letters, `_`, and the rest.
        r"[^\s@]@[^\s@]",  # An e-mail address, or a name in a network.
        rf"\d(?:{_GAP}\d){{6}}",  # Seven digits: a telephone, a health, social or file number.
        r"(?<!\d)(?:\d{4}[-/. ]\d{1,2}[-/. ]\d{1,2}|\d{1,2}[-/. ]\d{1,2}[-/. ]\d{4})(?!\d)",
        r"(?<!\d)\d{1,2}[-/.]\d{1,2}[-/.]\d{2}(?!\d)",
        rf"(?<!\d)\d{{1,2}}\s?(?:er|st|nd|rd|th)?\s(?:de |of )?(?:{_MONTH})\W{{1,2}}\d{{4}}(?!\d)",
        rf"\b(?:{_MONTH})\s\d{{1,2}}(?:st|nd|rd|th)?\W{{1,2}}\d{{4}}(?!\d)",
        rf"\b(?:nee?|born)\s(?:le |on )(?:the )?(?:\d|{_MONTH}\b)",
    )
)


class _Said(NamedTuple):
    """One word of a text: folded, and whether it is written like a name."""

    word: str
    as_name: bool


def has_identifier(text: str) -> bool:
    """Whether it has what looks like an identifier, an address, a number of somebody's, or a full date."""
    folded = _YEARS.sub(" ", _plain(text).casefold())
    return any(shape.search(folded) for shape in _SHAPES)


def names_one(text: str, known: Mapping[PersonId, Described]) -> bool:
    """Whether it has an identifier or a name of one of these, whole words, whatever their case and accents.

    A word of a name counts alone where it has four letters and is none of the language's own, or is written
    with a capital inside a sentence; any other counts beside the other name.
    """
    plain = _plain(text)
    said = tuple(_words(plain))
    words = {one.word for one in said}
    as_names = {one.word for one in said if one.as_name}
    beside = set(pairwise(one.word for one in said))
    ids = plain.casefold()
    return any(
        _has_id(ids, person.casefold()) or _is_named(described, words, as_names, beside)
        for person, described in known.items()
    )


def _is_named(
    described: Described, words: set[str], as_names: set[str], beside: set[tuple[str, str]]
) -> bool:
    given, family = _of_name(described.given_name), _of_name(described.family_name)
    for one in {*given, *family}:
        if one in words and (one in as_names or (len(one) >= _DISTINCTIVE and one not in ORDINARY)):
            return True
    return any((a, b) in beside or (b, a) in beside for a in given for b in family)


def _of_name(name: str) -> tuple[str, ...]:
    return tuple(one.casefold() for one in _WORD.findall(_plain(name)))


def _words(plain: str) -> Iterator[_Said]:
    for found in _WORD.finditer(plain):
        before = plain[: found.start()].rstrip(" \u00a0")
        starts = not before or before[-1] in _NEW_SENTENCE
        yield _Said(found[0].casefold(), found[0][0].isupper() and not starts)


def _has_id(text: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def _plain(text: str) -> str:
    """The text without accents and without signs that nobody sees; letters in their plain form."""
    parts = unicodedata.normalize("NFKD", text)
    seen = "".join(one for one in parts if unicodedata.category(one) not in {"Mn", "Cf"})
    return seen.translate(_LETTERS)

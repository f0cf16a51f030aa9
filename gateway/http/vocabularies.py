"""The closed vocabularies as callers see them: codes with a French and an English label."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.domain.errors import CorruptionError
from gateway.domain.vocabulary import Sensitivity
from gateway.http.words import Language


@dataclass(frozen=True, slots=True)
class Term:
    """`default` is the sensitivity proposed at a deposit, `hours` how long a kind of session stays open."""

    code: str
    labels: Mapping[Language, str]
    default: str | None = None
    hours: int | None = None

    def to_document(self) -> dict[str, Any]:
        labels = {str(language): text for language, text in self.labels.items()}
        more = {"sensitivity": self.default, "hours": self.hours}
        kept = {name: value for name, value in more.items() if value is not None}
        return {"code": self.code, "label": labels, **kept}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    purposes: tuple[Term, ...]
    fragment_kinds: tuple[Term, ...]
    roles: Mapping[str, Term]
    risks: tuple[Term, ...] = ()
    sessions: tuple[Term, ...] = ()

    @classmethod
    def of_bundle(cls, tables: Mapping[str, Any]) -> "Vocabulary":
        """Read the tables of the policy bundle below `gateway`: and their labels.

        Raises:
            CorruptionError: A table without labels in both languages.
        """
        try:
            roles = _terms(tables["roles"]["labels"])
            return cls(
                purposes=_terms(tables["purposes"]["labels"]),
                fragment_kinds=_terms(tables["categories"]["labels"]),
                roles={term.code: term for term in roles},
                risks=_terms(tables["emergency"]["labels"]),
                sessions=_terms(tables["sessions"]["labels"]),
            )
        except (KeyError, TypeError, AttributeError):
            raise CorruptionError("the policy bundle's labels are unreadable") from None

    def proposed(self, category: str) -> Sensitivity:
        """The sensitivity of a category where nobody says one; the highest for what the vocabulary lacks."""
        found = next((term.default for term in self.fragment_kinds if term.code == category), None)
        return Sensitivity.VERY_RESTRICTED if found is None else Sensitivity(found)


def _terms(labels: Mapping[str, Mapping[str, Any]]) -> tuple[Term, ...]:
    return tuple(
        Term(
            code, {language: text[language] for language in Language}, text.get("default"), text.get("hours")
        )
        for code, text in labels.items()
    )

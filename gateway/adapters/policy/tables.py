"""Decision tables: one row per situation, written as what differs from the table's own base input.

A table is `{base, directive, rows}`. A row may hold `given` (dotted place to value), `without` (dotted places
to drop), `consents` (each a directive less what it shares with the table's `directive`) and what is expected:
`decision`, `reasons`, `obligations`, `withheld`, `hidden`; and, where a row says so, any other field of the
answer by its own name.
"""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_ALWAYS = "log_access"


@dataclass(frozen=True, slots=True)
class Row:
    """A situation named in plain words, the complete policy input, and the answer that is right."""

    name: str
    document: dict[str, Any]
    decision: str
    reasons: tuple[str, ...]
    obligations: frozenset[str]
    withheld: frozenset[str]
    hidden: bool
    more: Mapping[str, Any]
    """What else of the answer the row states: basis, consents_used, instrument_ids, valid_until."""

    def differences(self, answer: Mapping[str, Any]) -> tuple[str, ...]:
        """What the answer has otherwise: decision, reasons in order, obligations, sections, disclosure."""
        pairs = (
            ("decision", self.decision, answer.get("decision")),
            ("reasons", list(self.reasons), answer.get("reasons")),
            ("obligations", sorted(self.obligations | {_ALWAYS}), _sorted(answer.get("obligations"))),
            ("withheld", sorted(self.withheld), _sorted(answer.get("redacted_sections"))),
            ("hidden", self.hidden, answer.get("disclose_existence") is False),
            *((field, right, answer.get(field)) for field, right in self.more.items()),
        )
        return tuple(f"{name}: expected {right}, got {got}" for name, right, got in pairs if right != got)


def read_rows(table: Mapping[str, Any]) -> Iterator[Row]:
    """Each row of a table with its complete input; a misspelt key raises KeyError."""
    for name, row in table["rows"].items():
        unknown = row.keys() - {"given", "without", "consents", *_EXPECTED}
        if unknown:
            raise KeyError(f"{name}: {sorted(unknown)}")
        document = copy.deepcopy(table["base"])
        if "consents" in row:
            shared = table["directive"]
            document["consents"] = [copy.deepcopy({**shared, **own}) for own in row["consents"]]
            for directive in document["consents"]:
                # A directive drops what it does not share by writing it as the text "-".
                for field in [field for field, value in directive.items() if value == "-"]:
                    del directive[field]
        for place, value in row.get("given", {}).items():
            _put(document, place.split("."), copy.deepcopy(value))
        for place in row.get("without", ()):
            _drop(document, place.split("."))
        yield Row(
            name=name,
            document=document,
            decision=row["decision"],
            reasons=tuple(row["reasons"]),
            obligations=frozenset(row.get("obligations", ())),
            withheld=frozenset(row.get("withheld", ())),
            hidden=row.get("hidden", False),
            more={field: row[field] for field in _MORE if field in row},
        )


_MORE = ("basis", "consents_used", "instrument_ids", "valid_until")
_EXPECTED = frozenset({"decision", "reasons", "obligations", "withheld", "hidden", *_MORE})


def _sorted(value: object) -> object:
    return sorted(value) if isinstance(value, list) else value


def _put(document: dict[str, Any], place: list[str], value: object) -> None:
    for step in place[:-1]:
        document = document.setdefault(step, {})
    document[place[-1]] = value


def _drop(document: dict[str, Any], place: list[str]) -> None:
    for step in place[:-1]:
        document = document[step]
    document.pop(place[-1], None)

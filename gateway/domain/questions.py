"""What an act's entry keeps of the questions to the policy that it rests on, and how they are read back.

Layout of the kept facts (canonical JSON: sorted keys, no white space, UTF-8): `{"under", "values", "each"}`.
`each` is one question a row, policy input's field to a place in `values`, so that what many questions have in
common stands there once; no question holds its instant. `under` names whose record key seals it: the same
facts of two persons are two snapshots. Its SHA-256 is the officers' `facts`.

The officers' part says in `judged` what each decision was asked on: `of` so many of the questions, in their
order, `at` an instant, and `way` and `linked` as in `Questions`; `answer` is what was answered, where that is
not what the entry itself tells: a place in `answers`. `judged` is empty where no policy decided.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gateway.domain.access import Decision, Json, Questions, Way
from gateway.domain.errors import CorruptionError, MalformedError
from gateway.domain.instants import parse_instant, to_text

JUDGED = "judged"
"""Only an act's entry has this field; that of an older version of the gateway has not."""


def to_judged(decisions: Sequence[Decision], answers: Sequence[Json]) -> dict[str, Any]:
    """Say, for the officers' part, what each of these was asked on.

    Args:
        decisions: Each with its questions.
        answers: As many, as an entry tells them; none where the entry itself tells the one decision.
    """
    judged: list[dict[str, Any]] = [
        {"of": len(one.documents), "at": to_text(one.at), "way": str(one.way), "linked": one.linked}
        for one in _questions(decisions)
    ]
    if not answers:
        return {JUDGED: judged}
    distinct: list[Json] = []
    for one, answer in zip(judged, answers, strict=True):
        if answer not in distinct:
            distinct.append(answer)
        one["answer"] = distinct.index(answer)
    return {JUDGED: judged, "answers": distinct}


def to_snapshot(decisions: Sequence[Decision], under: str) -> bytes | None:
    """Render all their questions; None where nothing was asked."""
    values: list[Any] = []
    places: dict[str, int] = {}
    each: list[dict[str, int]] = []
    for document in (document for one in _questions(decisions) for document in one.documents):
        row: dict[str, int] = {}
        for name, value in document.items():
            text = _canonical(value)
            if text not in places:
                places[text] = len(values)
                values.append(value)
            row[name] = places[text]
        each.append(row)
    return _canonical({"under": under, "values": values, "each": each}).encode() if each else None


def from_snapshot(facts: Mapping[str, Any], judged: Sequence[Mapping[str, Any]]) -> Iterator[Questions]:
    """Give the questions of each decision back.

    Raises:
        CorruptionError: They are not what was kept.
    """
    try:
        documents = [{name: facts["values"][at] for name, at in row.items()} for row in facts["each"]]
        if sum(one["of"] for one in judged) != len(documents):
            raise CorruptionError("an entry keeps other questions than it names")
        start = 0
        for one in judged:
            mine = tuple(documents[start : start + one["of"]])
            start += one["of"]
            yield Questions(mine, parse_instant(one["at"], field="at"), Way(one["way"]), one["linked"])
    except (KeyError, IndexError, TypeError, ValueError, MalformedError):
        raise CorruptionError("an entry's questions cannot be read") from None


def _questions(decisions: Sequence[Decision]) -> Iterator[Questions]:
    return (one.questions for one in decisions if one.questions is not None)


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)

"""The strict reading of an engine's answer, whichever engine gave it.

What is not exactly an answer is refused, never interpreted: it may come from a wrong engine, from another
bundle or from somebody in between.
"""

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from gateway.adapters.policy.codes import BASES, NO_BASIS, OBLIGATIONS, REASONS
from gateway.domain.access import ConsentRef, Decision, Outcome, View
from gateway.domain.errors import MalformedError, PolicyContractError
from gateway.domain.ids import ConsentId, PersonId, SectionId
from gateway.domain.instants import FAR_FUTURE, Instant, parse_instant

_FIELDS = frozenset(
    {
        "decision",
        "basis",
        "reasons",
        "obligations",
        "redacted_sections",
        "disclose_existence",
        "consents_used",
        "instrument_ids",
        "valid_until",
    }
)
_CONSENT_FIELDS = frozenset({"id", "version"})
_ALWAYS = "log_access"
_MAX_BYTES = 4 * 1024 * 1024


def parse_text(text: str) -> object:
    """Read an answer's JSON: no key twice, no NaN, no infinity.

    Raises:
        PolicyContractError: Anything else, or more than 4 MiB.
    """
    if len(text) > _MAX_BYTES:
        raise PolicyContractError("the answer is too large")
    try:
        return json.loads(text, object_pairs_hook=_once_each, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise PolicyContractError("the answer is not JSON") from None


def parse_decision(value: object, digest: str) -> Decision:
    """Turn one answer into a decision under the bundle of this digest.

    Raises:
        PolicyContractError: Another shape, an unknown code, or an answer that contradicts itself.
    """
    answer = _object(value, _FIELDS)
    outcome = _outcome(answer["decision"])
    reasons = _codes(answer["reasons"], REASONS)
    obligations = _codes(answer["obligations"], OBLIGATIONS)
    withheld = _texts(answer["redacted_sections"])
    used = _consents(answer["consents_used"])
    if not reasons or _ALWAYS not in obligations:
        _refuse("an answer gives a reason and is always logged")
    if not isinstance(answer["disclose_existence"], bool):
        _refuse("disclose_existence is a boolean")
    if outcome is Outcome.PERMIT:
        if answer["basis"] not in BASES or not answer["disclose_existence"]:
            _refuse("a permit has a known basis and hides nothing")
    elif answer["basis"] != NO_BASIS or withheld or used:
        _refuse("a refusal has no basis, uses no consent and withholds the whole")
    return Decision(
        outcome=outcome,
        basis=answer["basis"],
        reasons=reasons,
        obligations=frozenset(obligations),
        withheld=frozenset(SectionId(section) for section in withheld),
        disclose_existence=answer["disclose_existence"],
        consents_used=used,
        instrument_ids=_texts(answer["instrument_ids"]),
        valid_until=_valid_until(answer["valid_until"]),
        policy_digest=digest,
    )


def parse_decisions(value: object, digest: str, count: int) -> tuple[Decision, ...]:
    """Read the answers to a list of `count` queries, in their order."""
    if not isinstance(value, list) or len(value) != count:
        _refuse("a list of queries has one answer each")
    return tuple(parse_decision(answer, digest) for answer in value)


def parse_views(value: object, persons: frozenset[PersonId]) -> dict[PersonId, View]:
    """Read what each of these persons may see of an entry; exactly these persons are answered."""
    answer = _object(value, persons)
    try:
        return {PersonId(person): View(level) for person, level in answer.items()}
    except ValueError:
        _refuse("a view has an unknown level")


def _outcome(value: object) -> Outcome:
    if not isinstance(value, str) or value not in ("permit", "deny"):
        _refuse("a decision is permit or deny")
    return Outcome(value)


def _codes(value: object, known: frozenset[str]) -> tuple[str, ...]:
    codes = _texts(value)
    if not known.issuperset(codes):
        _refuse("an unknown code")
    return codes


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        _refuse("a list of texts is expected")
    if len(set(value)) != len(value):
        _refuse("a list says something twice")
    return tuple(value)


def _consents(value: object) -> tuple[ConsentRef, ...]:
    if not isinstance(value, list):
        _refuse("consents_used is a list")
    used = tuple(_consent(item) for item in value)
    if len(set(used)) != len(used):
        _refuse("a list says something twice")
    return used


def _consent(value: object) -> ConsentRef:
    answer = _object(value, _CONSENT_FIELDS)
    if not isinstance(answer["id"], str) or type(answer["version"]) is not int:
        _refuse("a consent is an id and a version")
    return ConsentRef(ConsentId(answer["id"]), answer["version"])


def _valid_until(value: object) -> Instant:
    if value is None:
        return FAR_FUTURE
    try:
        return parse_instant(value, field="valid_until")
    except MalformedError:
        raise PolicyContractError("valid_until is no instant") from None


def _object(value: object, fields: frozenset[Any]) -> Mapping[str, Any]:
    if not isinstance(value, dict) or value.keys() != fields:
        _refuse("an answer has exactly the fields of an answer")
    return value


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_constant(_: str) -> NoReturn:
    raise ValueError("NaN and infinity are not JSON")


def _refuse(why: str) -> NoReturn:
    raise PolicyContractError(why)

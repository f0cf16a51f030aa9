"""What the tables of a bundle must hold, exactly: anything else is refused, with its place.

Rego compares values of different types without complaint, and an undefined value is no objection: a table
with one wrong word would decide otherwise without saying so.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from enum import StrEnum
from typing import Any

from gateway.adapters.policy.codes import REASONS
from gateway.domain.errors import PolicyUnavailableError
from gateway.domain.ledger import EntryKind
from gateway.domain.vocabulary import SERVICE, Action, AuthorityKind, Role, SectionTag, Sensitivity

Rule = Callable[[object, str], None]
"""Takes a value and its place; raises where the value is not what it must be."""

_CODE = re.compile(r"[a-z][a-z0-9_]{0,59}\Z", re.ASCII)
_PROFILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,59}\Z", re.ASCII)
_LEVELS = ["none", "delayed", "generic", "full"]
_RANKS = {sensitivity.value: rank for rank, sensitivity in enumerate(Sensitivity, start=1)}


def require_tables(tables: Mapping[str, Any]) -> None:
    """Hold every table against what it must be; the first that is wrong ends it.

    Raises:
        PolicyUnavailableError: Its field is the place, such as `profiles.rules.FR.joint_access`.
    """
    _fields({"gateway": _anything})(tables, "")
    _fields(_schema(tables["gateway"]))(tables["gateway"], "")


def _schema(tables: object) -> dict[str, Rule]:
    table = _mapping(tables, "gateway")
    purposes = _keys(table.get("purposes"), "labels")
    roles = _keys(table.get("roles"), "labels")
    return {
        "vocabulary": _fields(_vocabulary()),
        "purposes": _fields(
            {
                "labels": _entries(_CODE, _label()),
                "instrument_default": _some_of(purposes),
                "presumed": _some_of(purposes),
                "shared_secret": _some_of(purposes),
                "transfer": _some_of(purposes),
                "own_work": _some_of(_keys(table.get("roles"), "service")),
            }
        ),
        "categories": _fields({"labels": _entries(_CODE, _label(default=_one_of(_RANKS)))}),
        "roles": _fields(_roles(purposes, roles)),
        "emergency": _fields(_emergency(table.get("emergency"), roles)),
        "sessions": _fields({"labels": _entries(_CODE, _label(hours=_whole(1, 744)))}),
        "profiles": _fields({"rules": _entries(_PROFILE, _fields(_profile()))}),
        "audience": _fields(
            {
                "levels": _exactly(_LEVELS),
                "about_a_child": _some_of(("fragment", "person")),
                "oversight": _keyed(roles, _one_of(purposes)),
                "look_ups": _some_of(_values(EntryKind)),
            }
        ),
        "explanation": _fields(dict.fromkeys(("gates", "professional", "family"), _steps)),
    }


def _profile() -> dict[str, Rule]:
    age, age_or_never = _whole(0, 18), _whole(-1, 18)
    return {
        "label": _label(),
        "youth_alone_from": age,
        "either_from": age,
        "own_services_alone": _truth,
        "consultation_from": age_or_never,
        "own_access_from": age_or_never,
        "joint_access": _truth,
        "guardian_bar_from": age_or_never,
        "name_worker_to_family": _truth,
    }


def _roles(purposes: Collection[str], roles: Collection[str]) -> dict[str, Rule]:
    cells = _keyed(_values(Action), _some_of({*purposes, SERVICE}))
    return {
        "service": _some_of(purposes),
        "labels": _keyed(_values(Role), _label()),
        "family": _some_of(roles),
        "no_content": _some_of(roles),
        "matrix": _keyed(roles, cells),
    }


def _emergency(table: object, roles: Collection[str]) -> dict[str, Rule]:
    return {
        "roles": _some_of(roles),
        "risks": _some_of(_keys(table, "labels")),
        "labels": _entries(_CODE, _label()),
        "risks_for_very_restricted": _some_of(_keys(table, "risks")),
        "justification_min_characters": _whole(1, 1000),
        "hours": _whole(1, 24),
        "review_hours": _whole(2, 744),
        "declared_delay_hours": _whole(1, 72),
        "approved_delay_days": _whole(1, 90),
        "liftable": _some_of(REASONS),
        "liftable_without_offer": _some_of(REASONS),
    }


def _vocabulary() -> dict[str, Rule]:
    return {
        "majority": _whole(16, 25),
        "sensitivity": _fields({letter: _exactly(rank) for letter, rank in _RANKS.items()}),
        "actions": _some_of(_values(Action)),
        "consent_models": _some_of(("express", "presumed", "shared_secret")),
        "decisions": _some_of(("permit", "deny")),
        "order_types": _some_of(("require", "prohibit")),
        "tags": _some_of(_values(SectionTag)),
        "authorities": _some_of(_values(AuthorityKind)),
    }


def _label(**more: Rule) -> Rule:
    return _fields({"fr": _words, "en": _words, **more})


def _fields(rules: Mapping[str, Rule]) -> Rule:
    """Exactly these keys, each with its own rule."""

    def require(value: object, place: str) -> None:
        table = _mapping(value, place)
        for key in table:
            if key not in rules:
                raise _wrong("has no such key", _below(place, key))
        for key, rule in rules.items():
            if key not in table:
                raise _wrong("is missing", _below(place, key))
            rule(table[key], _below(place, key))

    return require


def _entries(name: re.Pattern[str], rule: Rule) -> Rule:
    """At least one key of this shape, each with the same rule."""

    def require(value: object, place: str) -> None:
        table = _mapping(value, place)
        if not table:
            raise _wrong("is empty", place)
        for key, entry in table.items():
            if not isinstance(key, str) or not name.match(key):
                raise _wrong("is not a name", _below(place, key))
            rule(entry, _below(place, key))

    return require


def _keyed(known: Collection[str], rule: Rule) -> Rule:
    """Keys out of a closed list, each with the same rule."""

    def require(value: object, place: str) -> None:
        for key, entry in _mapping(value, place).items():
            if key not in known:
                raise _wrong("is not known", _below(place, key))
            rule(entry, _below(place, key))

    return require


def _some_of(known: Collection[str]) -> Rule:
    """A list of words out of a closed list, each once."""

    def require(value: object, place: str) -> None:
        if not isinstance(value, list):
            raise _wrong("is not a list", place)
        for index, word in enumerate(value):
            _one_of(known)(word, f"{place}.{index}")
            if word in value[:index]:
                raise _wrong("stands twice", f"{place}.{index}")

    return require


def _one_of(known: Collection[str]) -> Rule:
    def require(value: object, place: str) -> None:
        if not isinstance(value, str) or value not in known:
            raise _wrong("is not known", place)

    return require


def _whole(least: int, most: int) -> Rule:
    def require(value: object, place: str) -> None:
        # A bool is an int for Python too.
        if type(value) is not int or not least <= value <= most:
            raise _wrong(f"is not a whole number from {least} to {most}", place)

    return require


def _exactly(known: object) -> Rule:
    def require(value: object, place: str) -> None:
        # A bool is an int for Python: 1 and true do not pass for one another.
        if type(value) is not type(known) or value != known:
            raise _wrong("is not what the policies are written for", place)

    return require


def _truth(value: object, place: str) -> None:
    if not isinstance(value, bool):
        raise _wrong("is neither true nor false", place)


def _words(value: object, place: str) -> None:
    if not isinstance(value, str) or not value.strip():
        raise _wrong("is not a text, or an empty one", place)


def _steps(value: object, place: str) -> None:
    if not isinstance(value, list):
        raise _wrong("is not a list", place)
    for index, step in enumerate(value):
        _fields({"id": _words, "words": _words})(step, f"{place}.{index}")


def _anything(_value: object, _place: str) -> None:
    """What is looked into afterwards."""


def _mapping(value: object, place: str) -> dict[object, Any]:
    if not isinstance(value, dict):
        raise _wrong("is not an object", place)
    return value


def _keys(table: object, name: str) -> frozenset[str]:
    """The words below a name that others refer to; whether they are what they must be is asked elsewhere."""
    found = table.get(name) if isinstance(table, dict) else None
    words = found if isinstance(found, dict | list) else ()
    return frozenset(word for word in words if isinstance(word, str))


def _values(words: Iterable[StrEnum]) -> frozenset[str]:
    return frozenset(word.value for word in words)


def _below(place: str, key: object) -> str:
    return f"{place}.{key}" if place else str(key)


def _wrong(what: str, place: str) -> PolicyUnavailableError:
    return PolicyUnavailableError(f"a table of the bundle {what}", field=place)

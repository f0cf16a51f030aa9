"""Every published operation, asked in every way that its document allows and in many that it does not."""

import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from tests.support.leak_stage import Stage

SEED = 20_260_310
"""Pinned: a run that fails is the same run again."""

ALL_PHASES = ("examples", "coverage", "fuzzing")
"""The stateful phase is off: it has false positives where who asks is a header."""


@dataclass
class Fuzzed:
    statuses: Counter[int] = field(default_factory=Counter)
    failures: set[str] = field(default_factory=set)
    took_s: float = 0.0

    @property
    def cases(self) -> int:
        return self.statuses.total()


def fuzz(stage: Stage, caller: str | None, *, examples: int, phases: tuple[str, ...] = ALL_PHASES) -> Fuzzed:
    """Ask as this caller; `failures` names operation and check, with what the check says."""
    config = SchemathesisConfig.from_dict(_configured(stage, caller, examples, phases))
    schema = schemathesis.openapi.from_url(f"{stage.base}/openapi.json", config=config)
    found = Fuzzed()
    began = time.monotonic()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            _count(event, found)
        elif isinstance(event, (events.NonFatalError, events.FatalError)):
            found.failures.add(f"the fuzzer itself: {event}")
    found.took_s = time.monotonic() - began
    return found


def _count(event: Any, found: Fuzzed) -> None:  # noqa: ANN401 - schemathesis is not typed
    for interaction in event.recorder.interactions.values():
        # No answer at all counts as one that must not be.
        found.statuses[599 if interaction.response is None else interaction.response.status_code] += 1
    for checks in event.recorder.checks.values():
        for check in checks:
            if check.failure_info is not None:
                failure = check.failure_info.failure
                found.failures.add(
                    f"{event.recorder.label}: {check.name}: {failure.title}: {failure.message}"
                )


def _configured(stage: Stage, caller: str | None, examples: int, phases: tuple[str, ...]) -> dict[str, Any]:
    known = _known_names(stage)
    every_phase = (*ALL_PHASES, "stateful")
    return {
        "seed": SEED,
        "headers": stage.headers(caller),
        "continue-on-failure": True,
        "generation": {
            "max-examples": examples,
            "deterministic": True,
            "no-shrink": True,
            "database": "none",
        },
        "phases": {phase: {"enabled": phase in phases} for phase in every_phase},
        # What has the right shape may still be refused: a purpose that the role has not, an id that names
        # nothing. Whether that is a 403, a 404 or a 422 is shown by the ladder, not by the shape.
        "checks": {"positive_data_acceptance": {"enabled": False}},
        "dictionaries": {name: {"values": values} for name, values in known.items()},
        "parameters": {name: {"dictionary": name.partition(".")[2], "probability": 0.5} for name in _BOUND},
    }


_BOUND = (
    "path.fragment",
    "path.dossier",
    "path.consent",
    "path.person",
    "path.worker",
    "path.agency",
    "path.entry",
    "query.purpose",
    "query.person",
    "header.If-Match",
)


def _known_names(stage: Stage) -> dict[str, list[str]]:
    """What exists, so that half of the questions reach beyond the first check."""
    born = (datetime.now(UTC).date() - timedelta(days=3400)).isoformat()
    who = {"family_name": "Inventé", "given_name": "Fable", "birth_date": born}
    handles = [
        stage.ask(caller, "POST", "/v1/person-matches", who).said["handle"]
        for caller in ("ada@client:school", "bob@client:clinic")
    ]
    entry = stage.release("bob@client:clinic", "frg_letter").header("gateway-ledger-entry")
    return {
        "fragment": ["frg_letter", "frg_marks", "frg_report"],
        "dossier": ["dos_child"],
        "consent": ["cns_1", "cns_once"],
        "person": [*handles, "p:child"],
        "worker": ["w:bob", "w:cam"],
        "agency": ["qc:school", "qc:clinic"],
        "entry": [entry or "", "1"],
        "purpose": ["coordination", "service_delivery", "assessment"],
        "If-Match": ['"1"', '"2"'],
    }

"""Known answers: an engine that gets one wrong never decides about a child."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gateway.adapters.policy.answer import parse_decision, parse_text
from gateway.adapters.policy.bundle import Bundle
from gateway.adapters.policy.engine import DECISION, Engine
from gateway.adapters.policy.tables import read_rows
from gateway.domain.errors import PolicyContractError, PolicyUnavailableError

FOLDER = "gateway/selftest"
MIN_QUESTIONS = 30
MIN_ROWS = 40

Evaluate = Callable[[str, str], tuple[bool, object]]
"""Evaluate one rule of a lone policy: (defined, value)."""


def require_known_answers(bundle: Bundle, engine: Engine, evaluate: Evaluate) -> None:
    """Ask the engine what the bundle knows the answers to: decision tables and questions of language.

    Raises:
        PolicyUnavailableError: A wrong answer, none at all, or a bundle without enough questions. The message
            names the row, which is about invented people.
    """
    rows, questions = 0, 0
    for path, document in bundle.documents(FOLDER):
        if "rows" in document:
            rows += _check_rows(document, engine, bundle.digest, path)
        elif "questions" in document:
            questions += _check_questions(document["questions"], evaluate)
    if rows < MIN_ROWS or questions < MIN_QUESTIONS:
        raise PolicyUnavailableError("the bundle brings too few known answers")


def _check_rows(table: Mapping[str, Any], engine: Engine, digest: str, path: str) -> int:
    try:
        rows = tuple(read_rows(table))
    except (KeyError, TypeError, AttributeError):
        raise PolicyUnavailableError("a table of known answers is not readable", field=path) from None
    for row in rows:
        answer = parse_text(engine.ask(DECISION, row.document))
        try:
            parse_decision(answer, digest)
        except PolicyContractError as error:
            raise PolicyUnavailableError(f"known answer missed: {row.name}: {error}", field=path) from None
        assert isinstance(answer, dict)
        for wrong in row.differences(answer):
            raise PolicyUnavailableError(f"known answer missed: {row.name}: {wrong}", field=path)
    return len(rows)


def _check_questions(questions: object, evaluate: Evaluate) -> int:
    count = 0
    for name, policy, rule, right in _questions(questions):
        # Texts are compared, so that 1 and true do not pass for one another.
        if json.dumps(evaluate(policy, rule), sort_keys=True) != json.dumps(right, sort_keys=True):
            raise PolicyUnavailableError(f"the engine answers a question of language wrongly: {name}")
        count += 1
    return count


def _questions(questions: object) -> Iterator[tuple[str, str, str, tuple[bool, object]]]:
    if not isinstance(questions, list):
        raise PolicyUnavailableError("the questions of language are not readable")
    for question in questions:
        right = (False, None) if question.get("undefined") else (True, question["value"])
        yield question["name"], question["policy"], question["rule"], right

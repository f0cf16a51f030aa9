"""A policy engine that stops, talks nonsense or dawdles when told to; its reader is production's."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.adapters.policy.bundle import Bundle
from gateway.adapters.policy.embedded import EmbeddedPolicy
from gateway.adapters.policy.engine import Engine, Interpreter
from gateway.wiring.parts import Parts

SLOW_S = 1.1


class PanicException(BaseException):
    """As the interpreter's wheel names it."""


@dataclass
class Moods:
    """`mood` names what the engine does; empty, it is honest."""

    mood: str = ""

    def put_into(self, parts: Parts) -> None:
        policy = EmbeddedPolicy(parts.bundle, make_engine=self._make)
        parts.policy = policy

    def _make(self, bundle: Bundle) -> Engine:
        interpreter = Interpreter(bundle)
        interpreter._engine = _Moody(interpreter._engine, self)
        return interpreter


class _Moody:
    def __init__(self, inner: Any, moods: Moods) -> None:  # noqa: ANN401 - the wheel's own
        self._inner = inner
        self._moods = moods

    def set_input_json(self, text: str) -> None:
        self._inner.set_input_json(text)

    def eval_rule_as_json(self, rule: str) -> object:
        answer = self._inner.eval_rule_as_json(rule)
        mood = self._moods.mood
        return MOODS[mood](answer) if mood else answer


def _raise(error: BaseException) -> Callable[[str], object]:
    def answer(_: str) -> object:
        raise error

    return answer


def _slowly(answer: str) -> object:
    time.sleep(SLOW_S)
    return answer


def _with(**changes: object) -> Callable[[str], object]:
    def answer(text: str) -> object:
        honest: Mapping[str, Any] = json.loads(text)
        return json.dumps({**honest, **changes})

    return answer


MOODS: dict[str, Callable[[str], object]] = {
    "raises": _raise(RuntimeError("evaluation failed")),
    "panics": _raise(PanicException("index out of bounds")),
    "is undefined": lambda _: '"<undefined>"',
    "says nothing": lambda _: None,
    "says null": lambda _: "null",
    "says an empty object": lambda _: "{}",
    "says permit and nothing else": lambda _: '{"decision": "permit"}',
    "says what is no JSON": lambda answer: answer[:-1],
    "says everything twice": lambda answer: answer[:-1] + ', "decision": "permit"}',
    "shouts": _with(decision="PERMIT"),
    "says an unknown reason": _with(decision="permit", reasons=["BECAUSE"]),
    "says a field too many": _with(decision="permit", more=True),
    "says no number": lambda answer: answer[:-1] + ', "valid_until": NaN}',
    "says what is over": _with(decision="permit", valid_until="2001-01-01T00:00:00Z"),
    "is slow": _slowly,
}

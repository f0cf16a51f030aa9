"""The Rego interpreter in this process, and nothing of its own left outside this file."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import regorus

from gateway.adapters.policy.bundle import Bundle
from gateway.domain.errors import PolicyUnavailableError

DECISION = "data.gateway.main.decision"
DECISIONS = "data.gateway.main.decisions"
VIEWS = "data.gateway.audience.views"
ANSWER = "data.gateway.main.answer"
FINDINGS = "data.gateway.consent.findings"
LANGUAGE = "data.gateway.language.answers"

_STRANDED: list[regorus.Engine] = []
"""Engines whose owner was collected in another thread: dropped there, the wheel raises and leaks them."""

_NO_ANSWER = frozenset({"null", '"<undefined>"'})


class Engine(Protocol):
    """Answers one rule of a bundle on one input; the answer is JSON text.

    Raises:
        PolicyUnavailableError: The engine raised, or the rule is undefined.
    """

    def ask(self, rule: str, document: Mapping[str, Any]) -> str: ...


class Interpreter:
    """One interpreter with one bundle. It belongs to the thread that made it and cannot be interrupted."""

    def __init__(self, bundle: Bundle) -> None:
        """Load the bundle.

        Raises:
            PolicyUnavailableError: A policy or a table does not load.
        """
        self._thread, self._engine = threading.get_ident(), regorus.Engine()
        for path, text in bundle.policies():
            with _translated("a policy of the bundle does not parse", path):
                self._engine.add_policy(path, text)
        with _translated():
            self._engine.add_data_json(json.dumps(bundle.tables()))

    def __del__(self) -> None:
        # A cycle, as every traceback makes one, is collected in whatever thread happens to allocate.
        if threading.get_ident() != self._thread:
            _STRANDED.append(self._engine)

    def ask(self, rule: str, document: Mapping[str, Any]) -> str:
        with _translated():
            self._engine.set_input_json(json.dumps(document, allow_nan=False))
            answer = self._engine.eval_rule_as_json(rule)
        if not isinstance(answer, str) or answer in _NO_ANSWER:
            raise PolicyUnavailableError("the policy engine gave no answer")
        return answer


@contextmanager
def _translated(line: str = "the policy engine raised", field: str | None = None) -> Iterator[None]:
    # The wheel raises RuntimeError, ValueError and, when it panics, a child of BaseException. Its messages
    # may repeat the input: they go nowhere.
    try:
        yield
    except PolicyUnavailableError:
        raise
    except BaseException as error:
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise PolicyUnavailableError(line, field=field) from None
        raise

"""The shipped bundle and the engine that the product answers with."""

from collections.abc import Callable
from typing import Any

import pytest

from gateway.adapters.policy.answer import parse_text
from gateway.adapters.policy.bundle import Bundle, find_bundle_folder, load_bundle
from gateway.adapters.policy.embedded import EmbeddedPolicy
from gateway.adapters.policy.engine import DECISION, Engine

Ask = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture(scope="session")
def bundle() -> Bundle:
    return load_bundle(find_bundle_folder())


@pytest.fixture(scope="session")
def policy(bundle: Bundle) -> EmbeddedPolicy:
    return EmbeddedPolicy(bundle)


@pytest.fixture(scope="session")
def ask(policy: EmbeddedPolicy) -> Ask:
    """The raw answer to one complete policy input."""

    return lambda document: asked(policy.engine(), document)


def asked(engine: Engine, document: dict[str, Any]) -> dict[str, Any]:
    answer = parse_text(engine.ask(DECISION, document))
    assert isinstance(answer, dict)
    return answer

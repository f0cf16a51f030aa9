"""A real OPA for the tests: a binary on the PATH, or beside the interpreter that runs them."""

import json
import subprocess
from pathlib import Path

import pytest

from gateway.adapters.policy.opa_process import find_opa


def require_opa() -> str:
    """The path of a real `opa`; without one the test is skipped, and says why."""
    opa = find_opa()
    if opa is None:
        pytest.skip("no `opa` on the PATH; .ci/run builds one where there is Go")
    return opa


def evaluate_alone(policy: str, folder: Path) -> tuple[bool, object]:
    """What OPA answers to `answer` of a lone policy: is it defined, and its value."""
    path = folder / "question.rego"
    path.write_text(f"package question\n\n{policy}\n", encoding="utf-8")
    command = [
        require_opa(),
        "eval",
        "--format",
        "json",
        "--data",
        str(path),
        "--stdin-input",
        "data.question.answer",
    ]
    done = subprocess.run(command, input=b"{}", capture_output=True, check=True, timeout=60)
    results = json.loads(done.stdout).get("result", [])
    if not results:
        return False, None
    return True, results[0]["expressions"][0]["value"]

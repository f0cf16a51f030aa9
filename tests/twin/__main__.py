"""`python -m tests.twin SCENARIOS.json`: every scenario loaded through the store and asked over HTTP."""

import asyncio
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gateway.adapters.policy.scenarios import policy_input
from tests.twin.running import run


def main(arguments: Sequence[str]) -> int:
    """Print `N of M agree` and the differences; 1 where there are some."""
    scenarios: list[Mapping[str, Any]] = json.loads(Path(arguments[0]).read_text())["scenarios"]
    cases = {str(one["id"]): (policy_input(one), one["expect"]) for one in scenarios}
    with tempfile.TemporaryDirectory() as folder:
        told = asyncio.run(run(cases, Path(folder)))
    for name, found in told.differing.items():
        print(f"{name}: {'; '.join(found)}")
    for name, why in told.unstorable.items():
        print(f"{name}: not storable: {why}")
    print(f"{told.agreeing} of {len(cases)} agree")
    return 0 if told.agreeing == len(cases) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

"""`make bench`: ratios side by side in one run; exit 1 where a floor is missed.

Figures are ratios inside this run on this machine; absolute numbers mean little elsewhere.
"""

import sys
from collections.abc import Callable, Iterator
from itertools import count

from tests.bench import policy, release
from tests.support.postgres import NoPostgresError, running_postgres

FLOOR_RATIO = 2.0
FLOOR_PROVEN = 2.5
FLOOR_TAIL = 5.0

ROWS = (
    ("memo on", {"memo": True}, FLOOR_RATIO),
    ("memo off", {"memo": False}, None),
    ("memo on, a proof on each", {"memo": True, "proven": True}, FLOOR_PROVEN),
)


def main() -> int:
    """Print the table; the floors hold with the memo on."""
    missed = []
    print("authorised release against a bare FastAPI answer, 16 KiB, 16 connections, medians (min..max)")
    for store, new_url in _stores():
        for name, how, floor in ROWS:
            told = release.measure(new_url(), **how)
            ratio, tail = told.pop("median ratio"), told.pop("median tail")
            print(f"{store:8} {name:24} ", told, flush=True)
            if floor is not None and (ratio > floor or tail > FLOOR_TAIL):
                missed.append(f"{store}, {name}")
    print("Rego p50, ms, sections x consents:", policy.run())
    if missed:
        floors = f"ratio <= {FLOOR_RATIO}, with proofs {FLOOR_PROVEN}, p99/p50 <= {FLOOR_TAIL}"
        print(f"floor missed ({floors}):", ", ".join(missed))
    return 1 if missed else 0


def _stores() -> Iterator[tuple[str, Callable[[], str]]]:
    """Name each store with what makes a fresh database of it, PostgreSQL only while its server runs."""
    yield "sqlite", str
    numbers = count()
    try:
        with running_postgres() as server:
            yield "postgres", lambda: server.create_database(f"bench_{next(numbers)}")
    except NoPostgresError as error:
        print(f"postgres skipped: {error}")


if __name__ == "__main__":
    sys.exit(main())

"""Rows 1 to 3: a bare FastAPI answer against an authorised release, same bytes, same process, in turn.

*Bare* takes the same request (method, path parameter, JSON body, headers) through FastAPI's own routing and
answers the same 16 KiB with the same status. *Least* is a GET without any parameter, for comparison.
"""

import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.asks import Ask, Asks
from tests.support.proving import Holder

ROUNDS = 5
SECONDS = 4.0
CONNECTIONS = 16
MOST_PER_SECOND = 6000
"""More than this no run asks for; each of a proven run's requests can be sent once."""

WARM_UP = 4.0
"""Seconds in which every (worker, fragment) pair is asked for at least once."""
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Run:
    per_second: float
    cpu_us: float
    p50_us: float
    p99_us: float


@contextmanager
def served(url: str, *, memo: bool, holder: Holder | None) -> Iterator[tuple[dict[str, Any], int, int]]:
    """Start the server process; gives what it printed and both ports."""
    folder = Path(tempfile.mkdtemp(prefix="gw-bench-"))
    port, bare = _free_port(), _free_port()
    database = url or f"sqlite:///{folder / 'bench.db'}"
    arguments = [database, str(folder / "state"), str(port), str(bare), "memo" if memo else "no-memo"]
    arguments += [holder.thumbprint] if holder is not None else []
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.server", *arguments], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline()), port, bare
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def measure(url: str, *, memo: bool, proven: bool = False, rounds: int = ROUNDS) -> dict[str, Any]:
    """Interleave bare and secured runs; ratios are taken round by round.

    `proven`: each release carries a fresh proof of possession; the bare answer is sent the same requests.
    """
    holder = Holder() if proven else None
    with served(url, memo=memo, holder=holder) as (told, port, bare):
        asks = Asks([Ask(*one) for one in told["asks"]], port, holder)
        least = [b"GET /bare HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"]
        pid, most = told["pid"], round(MOST_PER_SECOND * max(SECONDS, WARM_UP))
        once = "once" if proven else "again"
        _run(port, asks.render(most), pid, times=once, seconds=WARM_UP)
        found = []
        for _ in range(rounds):
            requests = asks.render(most)
            found.append(
                (
                    _run(bare, requests, pid),
                    _run(port, requests, pid, times=once),
                    _run(bare, least, pid),
                )
            )
    bares, secured, leasts = zip(*found, strict=True)
    ratios = [one.per_second / run.per_second for one, run in zip(bares, secured, strict=True)]
    tails = [one.p99_us / one.p50_us for one in secured]
    return {
        "bare/s": _median([one.per_second for one in bares]),
        "released/s": _median([one.per_second for one in secured]),
        "ratio": _spread(ratios),
        "cpu ratio": _spread([run.cpu_us / one.cpu_us for one, run in zip(bares, secured, strict=True)]),
        "p50 ms": round(statistics.median(one.p50_us for one in secured) / 1000, 2),
        "p99/p50": _spread(tails),
        "ratio to least": _spread(
            [one.per_second / run.per_second for one, run in zip(leasts, secured, strict=True)]
        ),
        "median ratio": statistics.median(ratios),
        "median tail": statistics.median(tails),
    }


def _run(
    port: int, requests: list[bytes], pid: int, *, times: str = "again", seconds: float = SECONDS
) -> Run:
    framed = b"".join(len(one).to_bytes(4, "big") + one for one in requests)
    before = _cpu_s(pid)
    how = ["127.0.0.1", str(port), str(seconds), str(CONNECTIONS), times]
    load = [sys.executable, "-m", "tests.bench.load", *how]
    out = subprocess.run(load, input=framed, capture_output=True, check=True)
    told = json.loads(out.stdout)
    wrong = {status: count for status, count in told["status"].items() if not status.startswith("20")}
    if wrong:
        raise RuntimeError(f"not every answer was a release: {wrong}")
    used = _cpu_s(pid) - before
    p50, p99 = told["latencies_us"]
    return Run(told["answers"] / told["seconds"], used / told["answers"] * 1e6, p50, p99)


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _median(values: list[float]) -> int:
    return round(statistics.median(values))


def _spread(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f}..{max(values):.2f})"


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port

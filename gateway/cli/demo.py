"""`gateway demo`: the whole of it in a terminal, on invented people, in a folder that is thrown away."""

import asyncio
import contextlib
import shlex
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import typer
from rich.console import Console

from gateway.adapters.sql.verify.findings import Report
from gateway.cli.demo_stage import Stage, open_stage
from gateway.cli.demo_story import Story
from gateway.cli.failure import CORRUPT, CommandError
from gateway.cli.output import progress
from gateway.cli.verification import Evidence, read_checkpoint, read_own_vkey, verify_database
from gateway.observe import OperationalLog, capture_library_logs
from gateway.settings import Settings

app = typer.Typer()


@app.command()
def demo() -> None:
    """Tell the story: deposit, refuse, consent, release, stop, refuse, verify, tamper.

    A real server on a free loopback port, with keys and a database of its own in a temporary folder.
    """
    folder = Path(tempfile.mkdtemp(prefix="gateway-demo-"))
    teller = _Teller()
    settings, released = asyncio.run(_play(folder / "state", teller))
    _verify(settings, folder, teller, released)
    _close(settings, teller)


class _Teller:
    """Prints the acts, numbered, and what happens in them; styled on a terminal only."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, markup=False, soft_wrap=True)
        self._acts = 0

    def __call__(self, text: str, *, indent: int = 1) -> None:
        if indent == 0:
            self._acts += 1
            self._console.print(f"\n{self._acts}. {text}", style="bold")
        else:
            self._console.print(f"{'   ' * indent}{text}")

    def plain(self, text: str = "") -> None:
        self._console.print(text)


async def _play(state_dir: Path, teller: _Teller) -> tuple[Settings, int]:
    log = OperationalLog(sys.stderr, "error")
    capture_library_logs(log)
    teller.plain("Every person and agency in this story is invented. Toutes les personnes sont inventées.")
    async with contextlib.AsyncExitStack() as stack:
        with _waiting("making keys (slowly, on purpose), loading the people, starting the server"):
            stage: Stage = await stack.enter_async_context(open_stage(state_dir, log))
        teller.plain(f"A gateway answers on {stage.settings.public_base}, its state in {state_dir}.")
        story = Story(stage, teller)
        await story.tell()
    return stage.settings, story.released


def _verify(settings: Settings, folder: Path, teller: _Teller, released: int) -> None:
    """Verify as an outsider does: the database, the public key, a checkpoint kept elsewhere; no secret."""
    vkey = read_own_vkey(settings.state_dir)
    checkpoint = read_checkpoint(settings.state_dir / "mirror" / "checkpoint")
    evidence = Evidence(vkey, checkpoint)
    teller("Anybody with the public key verifies the ledger: gateway ledger verify", indent=0)
    report = asyncio.run(verify_database(settings.database_url, evidence))
    _require(report.holds)
    teller(f"holds: {report.entries} entries, {report.covered} of them under the checkpoint kept outside")
    teller("One byte of the release's entry is altered in a copy of the database", indent=0)
    copy = folder / "copy.db"
    _alter(settings, copy, released)
    report = asyncio.run(verify_database(f"sqlite:///{copy}", evidence))
    _require(not report.holds and _first(report) == released)
    teller(f"does not hold: {report.findings[0].text}")


def _alter(settings: Settings, copy: Path, index: int) -> None:
    with (
        contextlib.closing(sqlite3.connect(settings.database_url.removeprefix("sqlite:///"))) as source,
        contextlib.closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
        (parts,) = target.execute("SELECT parts FROM entries WHERE idx = ?", (index,)).fetchone()
        altered = bytearray(parts)
        altered[len(altered) // 2] ^= 1
        target.execute("UPDATE entries SET parts = ? WHERE idx = ?", (bytes(altered), index))
        target.commit()


def _close(settings: Settings, teller: _Teller) -> None:
    command = "gateway" if shutil.which("gateway") else sys.argv[0]
    base = settings.public_base
    teller.plain("\nNext, with this story's gateway:\n")
    teller.plain(f"   export GATEWAY_STATE_DIR={shlex.quote(str(settings.state_dir))} \\")
    teller.plain(f"          GATEWAY_LISTEN={settings.listen} GATEWAY_INSECURE_LOCAL_ISSUER=true\n")
    teller.plain(f"   {command} ledger verify    # with its keys: more is checked")
    teller.plain(f"   {command} doctor           # is everything in place?")
    teller.plain(f"   {command} serve            # then open:\n")
    teller.plain(f"   {base}/readyz              each thing it depends on")
    teller.plain(f"   {base}/v1/purposes         why one may ask, in both languages")
    teller.plain(f"   {base}/problems/refused    what a refusal means")
    teller.plain(f"   {base}/openapi.json        the API")


@contextlib.contextmanager
def _waiting(what: str) -> Iterator[None]:
    with progress() as display:
        display.add_task(what, total=None)
        yield


def _first(report: Report) -> int:
    return report.findings[0].first


def _require(holds: bool) -> None:
    if not holds:
        raise CommandError(CORRUPT, "the demo stopped: the ledger was not verified as it should be")

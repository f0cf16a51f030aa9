"""`gateway seed`: fill a ledger that holds nothing but its start."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from gateway.adapters.clock import SystemClock
from gateway.cli.failure import USAGE, CommandError
from gateway.cli.operating import operating, require_stopped
from gateway.cli.output import DryRun, JsonFlag, print_facts, print_json, progress
from gateway.domain.seed import Seed, parse_seed
from gateway.settings import Settings, read_settings
from gateway.wiring.activating import operator
from gateway.wiring.usecases import build_seed

app = typer.Typer()

_LISTS = ("agencies", "clients", "workers", "persons", "authorities", "dossiers", "consents", "fragments")


@app.command()
def seed(
    file: Annotated[Path, typer.Argument(help="A seed; its format is in deploy/seed-format.md.")],
    as_json: JsonFlag = False,
    dry_run: DryRun = False,
) -> None:
    """Load agencies, workers, persons, dossiers, consents and fragments; every record has its entry.

    Checked whole before the first record is written. Stop the server first: exit 3 while one runs.
    """
    settings = read_settings()
    parsed = read_seed(file)
    counts = {name: len(getattr(parsed, name)) for name in _LISTS}
    if dry_run:
        print_json({"would_load": counts})
        return
    require_stopped(settings)
    with progress() as display:
        task = display.add_task("opening", total=None)

        def show(done: int, total: int) -> None:
            display.update(task, description="loading", completed=done, total=total)

        records = asyncio.run(load_seed(settings, parsed, file.parent, show))
    if as_json:
        print_json({"records": records, **counts})
    else:
        print_facts([("records", records), *counts.items()])


def read_seed(file: Path) -> Seed:
    """Read and check a seed.

    Raises:
        CommandError: It cannot be read.
        MalformedError: The first thing that is wrong in it, by its path.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise CommandError(USAGE, f"{file}: {error.strerror}") from None
    return parse_seed(content, now=SystemClock().now())


async def load_seed(
    settings: Settings, parsed: Seed, folder: Path, on_step: Callable[[int, int], None]
) -> int:
    """Load a seed as the only process on this state directory.

    Raises:
        CommandError: Another process holds it, or the ledger is in quarantine.
        ConflictError: The ledger holds more than its start.
    """
    async with operating(settings) as parts:
        return await build_seed(parts)(
            parsed, operator=operator(), read_file=_reader(folder), on_step=on_step
        )


def _reader(folder: Path) -> Callable[[str], bytes]:
    def read(name: str) -> bytes:
        path = (folder / name).resolve()
        # The seed's own check forbids `..`; a link could still lead outside.
        if not path.is_relative_to(folder.resolve()):
            raise CommandError(USAGE, f"{name} does not lie beside the seed")
        try:
            return path.read_bytes()
        except OSError as error:
            raise CommandError(USAGE, f"{name}: {error.strerror}") from None

    return read

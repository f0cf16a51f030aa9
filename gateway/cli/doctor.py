"""`gateway doctor`: is everything in place? Each thing ✓ or ✗, with what to do. Changes nothing."""

import asyncio
import dataclasses
import os
from typing import Annotated

import typer

from gateway.cli.examination import Examined, examine
from gateway.cli.output import JsonFlag, print_json, print_rows, progress
from gateway.settings import SettingsError, read_settings, settings_table

app = typer.Typer()


@app.command()
def doctor(
    settings: Annotated[bool, typer.Option("--settings", help="List every setting instead.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Look at settings, clock, keys, database, policy, mirrors and issuers; exit 1 if one is not in order.

    Runs beside a serving gateway as well as before the first start.
    """
    if settings:
        rows = [
            {"variable": row.variable, "set": row.variable in os.environ, "meaning": row.meaning}
            for row in settings_table()
        ]
        print_rows(rows, ("variable", "set", "meaning"), as_json=as_json, none="No setting.")
        return
    found = _examine()
    if as_json:
        print_json([dataclasses.asdict(one) for one in found])
    else:
        for one in found:
            print(f"{'✓' if one.ok else '✗'} {one.what:<10} {one.state}")
            if one.fix:
                print(f"             → {one.fix}")
    if not all(one.ok for one in found):
        raise typer.Exit(1)


def _examine() -> list[Examined]:
    try:
        read = read_settings()
    except SettingsError as error:
        fix = "correct it; `gateway doctor --settings` lists what there is"
        return [Examined("settings", ok=False, state=str(error), fix=fix)]
    with progress() as display:
        display.add_task("looking", total=None)
        return asyncio.run(examine(read))

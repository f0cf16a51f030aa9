"""What commands print: tables for people, `--json` for scripts, progress on anything long."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

UNFOLDED = 4096
"""Columns of a table that goes into a file or a pipe: no row of ours is as wide."""

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be sent; change nothing.")]


def print_json(value: object) -> None:
    """Print one JSON document, indented, keys in their own order."""
    print(json.dumps(value, indent=2, ensure_ascii=False))


def print_rows(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool, none: str
) -> None:
    """Print rows as a table of these columns, or as a JSON list of the complete rows.

    Args:
        none: The sentence for an empty table; as JSON it is an empty list.
    """
    if as_json:
        print_json(list(rows))
        return
    if not rows:
        print(none)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(_cell(row.get(column)) for column in columns))
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        # An identifier that is folded over two lines can neither be compared nor copied by a script.
        console = Console(highlight=False, markup=False, width=UNFOLDED)
    console.print(table)


def print_facts(facts: Iterable[tuple[str, object]], *, to_stderr: bool = False) -> None:
    """Print `name: value` lines, for one thing rather than many."""
    console = Console(highlight=False, markup=False, stderr=to_stderr, soft_wrap=True)
    for name, value in facts:
        console.print(f"{name}: {_cell(value)}")


def print_act(done: Mapping[str, Any], did: str, *, as_json: bool) -> None:
    """Print what came of one act."""
    if as_json:
        print_json(done)
        return
    facts = [(did, done.get("id")), ("ledger entry", done.get("ledger_entry"))]
    if done.get("proven") is not None:
        facts.append(("a mirror confirms it", done["proven"]))
    print_facts(facts)


def progress() -> Progress:
    """Make a progress display on standard error: on a terminal only, and nothing of it stays."""
    console = Console(stderr=True)
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

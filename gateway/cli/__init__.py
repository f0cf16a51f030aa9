"""The command line. This module imports nothing heavy: `gateway --help` must answer at once.

Each verb lives in a module of its own, imported only when that verb is called. Exit codes: 0 done, 1 refused
or something was found, 2 wrong usage, 3 not available, 4 stored data contradicts itself.
"""

import importlib
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from gateway.cli.failure import INTERNAL, CommandError, failure_of
from gateway.domain.errors import GatewayError

VERBS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "demo": ("gateway.cli.demo", "The whole of it in a terminal, on invented people."),
        "serve": ("gateway.cli.serve", "Serve until told to stop."),
        "seed": ("gateway.cli.seed", "Fill a ledger that holds nothing but its start."),
        "doctor": ("gateway.cli.doctor", "Is everything in place? Each thing with what to do."),
        "keys": ("gateway.cli.keys", "Make a deployment's keys; list them."),
        "sandbox": ("gateway.cli.sandbox", "A gateway of its own with invented families: start, reset."),
        "agency": ("gateway.cli.agency", "Agencies: found, add, list, suspend, restore; their workers."),
        "fragment": ("gateway.cli.fragment", "Deposit a fragment; list those of a dossier."),
        "release": ("gateway.cli.release", "Ask for a fragment: its content, or the reasons of the refusal."),
        "consent": ("gateway.cli.consent", "Record a consent that was given; withdraw one."),
        "stop": ("gateway.cli.stop", "Stop sharing: everything, an agency, a category or a document."),
        "approval": ("gateway.cli.approval", "List what waits for a second person; answer it."),
        "receipt": ("gateway.cli.receipt", "Fetch a receipt; verify one offline."),
        "policy": ("gateway.cli.policy", "Check the policies against scenarios; explain one decision."),
        "ledger": ("gateway.cli.ledger", "Read the ledger; verify it."),
        "token": ("gateway.cli.token", "A token for a registered client, or for a worker of its agency."),
        "insecure-token": ("gateway.cli.insecure_token", "A token of the development issuer, to try things."),
    }
)
"""Each verb: the module whose `app` it is, and its line in the help."""


class _LazyGroup(TyperGroup):
    """Lists verbs from the table above and imports a verb's module only to run it."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]  # noqa: ARG002
        return list(VERBS)

    def get_command(self, ctx: typer.Context, cmd_name: str) -> Any:  # type: ignore[override]  # noqa: ANN401, ARG002
        if cmd_name not in VERBS:
            return None
        return TyperCommand(name=cmd_name, help=VERBS[cmd_name][1])

    def resolve_command(self, ctx: typer.Context, args: list[str]) -> Any:  # type: ignore[override]  # noqa: ANN401
        name, command, rest = super().resolve_command(ctx, args)
        if name is not None and name in VERBS:
            command = typer.main.get_command(importlib.import_module(VERBS[name][0]).app)
        return name, command, rest


app = typer.Typer(
    cls=_LazyGroup,
    name="gateway",
    help="Consent-aware secure sharing of child dossiers.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    # The list of verbs is printed plainly: rich alone would take longer than all the rest together.
    rich_markup_mode=None,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        metadata = importlib.import_module("importlib.metadata")
        print(metadata.version("consent-gateway"))
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Consent-aware secure sharing of child dossiers."""


def main() -> NoReturn:
    """Run the command line; whatever goes wrong is one clear message and an exit code, never a trace."""
    try:
        app()
    except GatewayError as error:
        _end(failure_of(error))
    except CommandError as error:
        _end(error)
    except OSError as error:
        _end(CommandError(3, f"{error.strerror or type(error).__name__}: {error.filename or 'system'}"))
    except Exception as error:  # noqa: BLE001 - the last resort: a message may hold anything, so only the type
        _end(CommandError(INTERNAL, f"internal error ({type(error).__name__}); please report it"))
    sys.exit(0)


def _end(failure: CommandError) -> NoReturn:
    print(f"gateway: {failure}", file=sys.stderr)
    for line in failure.details:
        print(f"  {line}", file=sys.stderr)
    sys.exit(failure.exit_code)

"""`gateway policy check|explain`: compare the policies with worked scenarios, and explain one decision."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.adapters.policy.embedded import EmbeddedPolicy
from gateway.adapters.policy.scenarios import Checked, check_scenarios, policy_input
from gateway.cli import policy_bundle, replay
from gateway.cli.engines import BundleFolder, EngineName, proven_engine, read_bundle
from gateway.cli.explaining import explained, to_lines, to_text_of
from gateway.cli.failure import USAGE, CommandError
from gateway.domain.errors import MalformedError
from gateway.domain.strict_json import parse_json_object

app = typer.Typer(help="Check, explain, prove, compare and pack the policies.", no_args_is_help=True)

app.command("test")(policy_bundle.known)
app.command()(policy_bundle.diff)
app.command()(policy_bundle.build)
app.command("replay")(replay.policy_replay)

_MAX_BYTES = 64 * 1024 * 1024
_FILE_DEPTH = 64


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="JSON file of scenarios, each with what is expected.")],
    engine: EngineName = "embedded",
    bundle: BundleFolder = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Decide each scenario and compare; exit 1 if any differs, 2 if the file is not readable."""
    scenarios = _listed(_read(file).get("scenarios"), file)
    loaded = read_bundle(bundle)
    try:
        with proven_engine(engine, loaded) as policy:
            checked = check_scenarios(policy, scenarios)
    except MalformedError as error:
        raise CommandError(USAGE, f"{file.name}: {error}") from None
    if as_json:
        print(json.dumps(_report(checked, loaded.digest), indent=2, ensure_ascii=False))
    else:
        _print(checked)
    if checked.differing:
        raise typer.Exit(1)


@app.command()
def explain(
    file: Annotated[
        Path | None, typer.Argument(help="A file of scenarios, one scenario, or one policy input.")
    ] = None,
    scenario: Annotated[
        str | None, typer.Option("--scenario", help="Only the scenario with this id.")
    ] = None,
    entry: Annotated[
        str | None,
        typer.Option(
            "--entry", help="A recorded decision, by its id; needs the keys of the state directory."
        ),
    ] = None,
    bundle: BundleFolder = None,
) -> None:
    """Print a decision and the way to it in words, gate by gate.

    A recorded one on its own facts, under the bundle of its time unless another is named.
    """
    if (file is None) == (entry is None) or (scenario and entry):
        raise CommandError(USAGE, "name a file, or an --entry")
    if entry is not None:
        for line in explained(entry, bundle):
            print(line)
        return
    assert file is not None  # One of the two is named.
    document = _read(file)
    policy = EmbeddedPolicy.load(read_bundle(bundle))
    for one in _chosen(document, scenario, file):
        if "id" in one and "title" in one:
            print(f"{one['id']}  {one['title']}")
        print("\n".join(to_lines(policy.explain(policy_input(one)))))


def _read(file: Path) -> dict[str, Any]:
    try:
        if file.stat().st_size > _MAX_BYTES:
            raise CommandError(USAGE, f"{file.name} is too large")
        return parse_json_object(file.read_bytes(), depth=_FILE_DEPTH)
    except OSError:
        raise CommandError(USAGE, f"{file} cannot be read") from None
    except MalformedError as error:
        raise CommandError(USAGE, f"{file.name}: {error}") from None


def _listed(scenarios: object, file: Path) -> list[dict[str, Any]]:
    # An empty list would be a check that cannot fail.
    if (
        not isinstance(scenarios, list)
        or not scenarios
        or not all(isinstance(one, dict) for one in scenarios)
    ):
        raise CommandError(USAGE, f"{file.name} holds no list of scenarios")
    return scenarios


def _chosen(document: dict[str, Any], scenario: str | None, file: Path) -> list[dict[str, Any]]:
    scenarios = _listed(document.get("scenarios", [document]), file)
    found = [one for one in scenarios if scenario is None or one.get("id") == scenario]
    if not found:
        raise CommandError(USAGE, f"{file.name} holds no such scenario")
    return found


def _print(checked: Checked) -> None:
    for one in checked.differing:
        print(f"{one.id}  {one.title}")
        for difference in one.differences:
            expected, got = to_text_of(difference.expected), to_text_of(difference.got)
            print(f"    {difference.what}: expected {expected}, got {got}")
    for group, (agreeing, total) in sorted(checked.groups.items()):
        print(f"{group}: {agreeing} of {total}")
    print(f"{checked.agreeing} of {checked.total} agree")


def _report(checked: Checked, digest: str) -> dict[str, Any]:
    return {
        "policy_digest": digest,
        "agree": checked.agreeing,
        "of": checked.total,
        "groups": {
            group: {"agree": agreeing, "of": total}
            for group, (agreeing, total) in sorted(checked.groups.items())
        },
        "differences": [
            {
                "id": one.id,
                "title": one.title,
                "differences": {
                    each.what: {"expected": each.expected, "got": each.got} for each in one.differences
                },
            }
            for one in checked.differing
        ],
    }

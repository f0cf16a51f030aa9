"""`gateway agency`: found a network; admit, list, suspend and restore agencies; their workers."""

import asyncio
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli import agency_agreement, agency_credentials, agency_leave, agency_workers
from gateway.cli.client import GatewayClient, Role, ServerUrl, TokenFile, open_client, show_request
from gateway.cli.failure import REFUSED, CommandError
from gateway.cli.operating import operating, require_stopped
from gateway.cli.output import DryRun, JsonFlag, print_act, print_facts, print_json, print_rows
from gateway.cli.private_files import new_key_file
from gateway.domain.acting import Done
from gateway.domain.ids import AgencyId, ClientId, WorkerId, parse_agency_id, parse_id
from gateway.domain.registry import NewAgency, NewClient, NewWorker
from gateway.domain.workforce import read_identity
from gateway.settings import Settings, read_settings
from gateway.usecases.found_network import Foundation
from gateway.wiring.activating import operator
from gateway.wiring.onboarding import build_founding

app = typer.Typer(no_args_is_help=True, help="Agencies: found, add, list, suspend, restore; their workers.")
app.add_typer(agency_workers.app, name="workers")
app.add_typer(agency_agreement.app, name="agreement")
app.add_typer(agency_leave.app, name="leave")
app.add_typer(agency_credentials.app, name="credentials")

AgencyArgument = Annotated[str, typer.Argument(help="The agency's identifier; a unit is `parent/unit`.")]
NameFr = Annotated[str, typer.Option("--name-fr", help="Its name in French.")]
NameEn = Annotated[str, typer.Option("--name-en", help="Its name in English.")]
Profile = Annotated[str, typer.Option(help="Whose law its fragments are released under, such as QC-PRIV.")]
Sector = Annotated[str | None, typer.Option(help="Such as health_social.")]


@app.command()
def found(  # noqa: PLR0913, PLR0917 - each is an option of the command
    agency: AgencyArgument,
    name_fr: NameFr,
    name_en: NameEn,
    profile: Profile,
    client: Annotated[str, typer.Option(help="Identifier of its first registered client.")],
    administrator: Annotated[str, typer.Option(help="Identifier of the first administrator's account.")],
    administrator_name: Annotated[str, typer.Option(help="Her name; kept sealed.")],
    key_out: Annotated[
        Path | None,
        typer.Option(help="New file (0600) for the client's private key: `gateway token` asks with it."),
    ] = None,
    issuer: Annotated[str, typer.Option(help="`iss` of the tokens that she signs in with elsewhere.")] = "",
    subject: Annotated[str, typer.Option(help="`sub` of those tokens.")] = "",
    sector: Sector = None,
    as_json: JsonFlag = False,
    dry_run: DryRun = False,
) -> None:
    """Found a network in an empty ledger: its first agency, with an administrator who reaches all of it.

    An operator's act, once; its entry names the operating-system user. Stop the server first. Everything
    after it is done by the administrator, with her own token.
    """
    settings = read_settings()
    foundation = Foundation(
        NewAgency(parse_agency_id(agency), name_fr, name_en, profile, sector=sector),
        NewClient(ClientId(parse_id(client, field="client")), AgencyId(agency)),
        NewWorker(
            WorkerId(parse_id(administrator, field="administrator")),
            AgencyId(agency),
            administrator_name,
            (),
            read_identity(issuer, subject),
        ),
    )
    if dry_run:
        print_json({"would_found": {"agency": agency, "client": client, "administrator": administrator}})
        return
    require_stopped(settings)
    with ExitStack() as stack:
        if key_out is not None:
            foundation = replace(foundation, key=stack.enter_context(new_key_file(key_out)).public)
        done = asyncio.run(_found(settings, foundation))
    entry = None if done.entry is None else str(done.entry.decision_id)
    told = {**done.reference, "ledger_entry": entry}
    told.pop("etag", None)
    if as_json:
        print_json(told)
    else:
        print_facts([(name.replace("_", " "), value) for name, value in told.items()])


async def _found(settings: Settings, foundation: Foundation) -> Done:
    async with operating(settings) as parts:
        return await build_founding(parts)(foundation, operator=operator())


@app.command()
def add(  # noqa: PLR0913, PLR0917 - each is an option of the command
    agency: AgencyArgument,
    name_fr: NameFr,
    name_en: NameEn,
    profile: Profile,
    consent_model: Annotated[str, typer.Option(help="express, presumed or shared_secret.")] = "express",
    sector: Sector = None,
    bound_by_secrecy: Annotated[bool, typer.Option("--bound-by-secrecy")] = False,
    protection_mission: Annotated[bool, typer.Option("--protection-mission")] = False,
    protected: Annotated[bool, typer.Option("--protected", help="A shelter, a youth clinic.")] = False,
    token_file: TokenFile = None,
    url: ServerUrl = None,
    role: Role = None,
    as_json: JsonFlag = False,
    dry_run: DryRun = False,
) -> None:
    """Admit an agency to the network, or a unit to an agency; a network-wide administrator does."""
    body: dict[str, Any] = {
        "id": agency,
        "name": {"fr": name_fr, "en": name_en},
        "profile": profile,
        "consent_model": consent_model,
        "sector": sector,
        "bound_by_secrecy": bound_by_secrecy,
        "protection_mission": protection_mission,
        "protected": protected,
    }
    if dry_run:
        show_request("POST", "/v1/agencies", body)
        return
    with open_client(url, token_file, role) as client:
        done = client.call_json("POST", "/v1/agencies", json=body)
    print_act(done, "admitted", as_json=as_json)


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option(min=1, help="Stop after this many.")] = 1000,
    token_file: TokenFile = None,
    url: ServerUrl = None,
    as_json: JsonFlag = False,
) -> None:
    """List the agencies of the network; with a token, how each stands towards the agreement in force."""
    with open_client(url, token_file) as client:
        rows = client.list_all("/v1/agencies", params={}, limit=limit)
        if token_file is not None:
            standings = _standings(client)
            rows = [{**row, "agreement": standings.get(row["id"])} for row in rows]
    shown = rows if as_json else [{**row, "name": row["name"]["fr"]} for row in rows]
    print_rows(
        shown, ("id", "name", "profile", "status", "agreement"), as_json=as_json, none="No agency yet."
    )


def _standings(client: GatewayClient) -> dict[str, str]:
    rows = client.call_json("GET", "/v1/network-agreements")["items"]
    version = next((row["version"] for row in rows if row["in_force"]), None)
    if version is None:
        return {}
    found = client.call_json("GET", f"/v1/network-agreements/{version}")["agencies"]
    return {row["agency"]: row["standing"] for row in found}


@app.command()
def suspend(
    agency: AgencyArgument,
    token_file: TokenFile = None,
    url: ServerUrl = None,
    role: Role = None,
    as_json: JsonFlag = False,
    dry_run: DryRun = False,
) -> None:
    """Suspend an agency with all its units: from its entry on nothing is released to them."""
    with open_client(url, token_file, role) as client:
        _set_status(client, agency, "suspended", as_json=as_json, dry_run=dry_run)


@app.command()
def restore(
    agency: AgencyArgument,
    token_file: TokenFile = None,
    url: ServerUrl = None,
    role: Role = None,
    as_json: JsonFlag = False,
    dry_run: DryRun = False,
) -> None:
    """Restore an agency that was suspended."""
    with open_client(url, token_file, role) as client:
        _set_status(client, agency, "member", as_json=as_json, dry_run=dry_run)


def _set_status(client: GatewayClient, agency: str, status: str, *, as_json: bool, dry_run: bool) -> None:
    path, body = f"/v1/agencies/{agency}", {"status": status}
    if dry_run:
        show_request("PATCH", path, body)
        return
    etag = row_of(client, agency)["etag"]
    done = client.call_json("PATCH", path, json=body, headers={"If-Match": f'"{etag}"'})
    print_act(done, "restored" if status == "member" else status, as_json=as_json)


def row_of(client: GatewayClient, agency: str) -> dict[str, Any]:
    """Find an agency's row in the public list.

    Raises:
        CommandError: There is none.
    """
    rows = client.list_all("/v1/agencies", params={}, limit=100_000)
    row = next((one for one in rows if one["id"] == agency), None)
    if row is None:
        raise CommandError(REFUSED, f"{agency} is no agency of this network")
    return row

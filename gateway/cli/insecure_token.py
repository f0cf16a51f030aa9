"""`gateway insecure-token`: a token of the development issuer, to try the commands on invented people."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from gateway.adapters.clock import SystemClock
from gateway.adapters.identity.insecure_issuer import STRONG_ACR
from gateway.cli.failure import USAGE, CommandError
from gateway.cli.private_files import write_private
from gateway.observe import OperationalLog
from gateway.settings import read_settings
from gateway.wiring.service import make_insecure_issuer

app = typer.Typer(help="A token of the development issuer, five minutes, loopback only.")


@app.command()
def insecure_token(
    subject: Annotated[str, typer.Argument(help="Whom it names: an identity's `sub` in the seed.")],
    client: Annotated[str, typer.Argument(help="Through which registered client.")],
    out: Annotated[Path, typer.Argument(help="The file it is written to, 0600, for `--token-file`.")],
) -> None:
    """Write a token that the local issuer signs as strongly authenticated.

    INSECURE: whoever can run this is anybody. Only with GATEWAY_INSECURE_LOCAL_ISSUER=true, which neither a
    production nor an address that is not loopback accepts.
    """
    settings = read_settings()
    issuer = make_insecure_issuer(settings, OperationalLog(sys.stderr, "error"))
    if issuer is None:
        raise CommandError(USAGE, "set GATEWAY_INSECURE_LOCAL_ISSUER=true: this is for trying out, no more")
    token = issuer.mint(client_id=client, subject=subject, now=SystemClock().now(), acr=STRONG_ACR)
    write_private(out, token.encode("ascii") + b"\n")

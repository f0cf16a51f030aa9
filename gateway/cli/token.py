"""`gateway token`: a token for a registered client, or for a worker whom its agency vouches for."""

from pathlib import Path
from typing import Annotated

import httpx2
import typer

from gateway.adapters.clock import SystemClock
from gateway.adapters.identity.key_making import PrivateKey
from gateway.adapters.identity.presenting import make_form, make_proof
from gateway.cli.client import ServerUrl
from gateway.cli.failure import REFUSED, UNAVAILABLE, CommandError
from gateway.cli.output import print_facts
from gateway.cli.private_files import make_key_file, read_key_file, write_private
from gateway.cli.proving import key_file_of
from gateway.settings import read_settings

app = typer.Typer(help="A token of the gateway's own endpoint, bound to a key.")

_TIMEOUT_S = 30
_PATH = "/oauth/token"


@app.command()
def token(
    client: Annotated[str, typer.Option(help="The registered client.")],
    key: Annotated[Path, typer.Option(help="File (0600) of one of its private keys, a JWK.")],
    out: Annotated[
        Path, typer.Option(help="The file the token is written to, 0600; its own key beside it, as `.dpop`.")
    ],
    worker: Annotated[str | None, typer.Option(help="For which worker; without, for the client.")] = None,
    strong: Annotated[bool, typer.Option("--strong", help="The agency authenticated her strongly.")] = False,
    url: ServerUrl = None,
) -> None:
    """Ask for a token with a client's key, and write it for `--token-file`.

    The token is bound to a key that is made beside it at the first call: one without the other opens nothing.
    """
    signing = read_key_file(key)
    beside = key_file_of(out)
    bound = read_key_file(beside) if beside.exists() else make_key_file(beside)
    issuer, transport = url, None
    if issuer is None:
        settings = read_settings()
        issuer, transport = settings.public_base, httpx2.HTTPTransport(uds=str(settings.socket_path))
    issuer = issuer.rstrip("/")
    with httpx2.Client(base_url=issuer, transport=transport, timeout=_TIMEOUT_S, trust_env=False) as http:

        def ask(nonce: str | None) -> httpx2.Response:
            now = SystemClock().now()
            form = make_form(signing, client, issuer, now, worker=worker, strong=strong)
            proof = make_proof(bound, "POST", f"{issuer}{_PATH}", now, nonce=nonce)
            return http.post(_PATH, data=form, headers={"DPoP": proof})

        try:
            answer = ask(None)
            if "dpop-nonce" in answer.headers and not answer.is_success:
                answer = ask(answer.headers["dpop-nonce"])
        except httpx2.TransportError as error:
            raise CommandError(UNAVAILABLE, f"no gateway answers ({type(error).__name__})") from None
    write_private(out, _token_of(answer, signing).encode("ascii") + b"\n")
    print_facts([("token", str(out)), ("bound to", str(beside))])


def _token_of(answer: httpx2.Response, signing: PrivateKey) -> str:
    try:
        told = answer.json()
    except ValueError:
        told = {}
    if answer.is_success and isinstance(told, dict) and isinstance(told.get("access_token"), str):
        return str(told["access_token"])
    error = told.get("error") or told.get("code") if isinstance(told, dict) else None
    raise CommandError(
        REFUSED if answer.is_client_error else UNAVAILABLE,
        f"no token was issued [{error or answer.status_code}]",
        (f"the key is {signing.kid}: is it registered for this client, and not retired?",)
        if error == "invalid_client"
        else (),
    )

"""The gateway's own API as the command line calls it: same routes, a caller's token, problems in words."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

import httpx2
import typer

from gateway.cli.failure import CORRUPT, REFUSED, UNAVAILABLE, USAGE, CommandError
from gateway.cli.output import print_json
from gateway.cli.private_files import read_key_file, read_private_text
from gateway.cli.proving import ProvingAuth, key_file_of
from gateway.settings import read_settings

TokenFile = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        help="File (0600) with the caller's access token; its key beside it, as `.dpop`, if it is bound.",
    ),
]
ServerUrl = Annotated[
    str | None,
    typer.Option(
        "--url", help="Address of a gateway. Default: the local server's socket in the state directory."
    ),
]
Role = Annotated[str | None, typer.Option("--role", help="Role to act in, for a caller who has several.")]

_TIMEOUT_S = 60
_USAGE_STATUS = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.UNSUPPORTED_MEDIA_TYPE}
)


class GatewayClient:
    """One connection to a gateway, as one caller."""

    def __init__(self, http: httpx2.Client) -> None:
        self._http = http

    def call(self, method: str, path: str, **request: Any) -> httpx2.Response:  # noqa: ANN401
        """Send one request and return a successful answer.

        Raises:
            CommandError: No server, or a problem; reasons and remedies are its details.
        """
        try:
            answer = self._http.request(method, path, **request)
        except httpx2.TransportError as error:
            raise CommandError(
                UNAVAILABLE,
                f"no gateway answers ({type(error).__name__})",
                ("start one with `gateway serve`, or name one with --url",),
            ) from None
        if not answer.is_success:
            raise problem_of(answer)
        return answer

    def call_json(self, method: str, path: str, **request: Any) -> Any:  # noqa: ANN401
        """Send one request and return the JSON of its answer."""
        return _json_of(self.call(method, path, **request))

    def list_all(self, path: str, *, params: Mapping[str, str], limit: int) -> list[dict[str, Any]]:
        """Follow `rel="next"` links until the end, or until `limit` rows."""
        rows: list[dict[str, Any]] = []
        target: str | None = path
        query: Mapping[str, str] | None = params
        while target is not None and len(rows) < limit:
            answer = self.call("GET", target, params=query)
            document = _json_of(answer)
            rows += document["items"] if isinstance(document, dict) else document
            target, query = answer.links.get("next", {}).get("url"), None
        return rows[:limit]


@contextmanager
def open_client(url: str | None, token_file: Path | None, role: str | None = None) -> Iterator[GatewayClient]:
    """Open a client to this address, or to the local server's socket.

    A token with a key beside it (`FILE.dpop`) is presented with a proof of that key, any other as it is.

    Raises:
        CommandError: The token file is missing, too large or readable by others.
    """
    headers = {"Accept": "application/json, application/problem+json, */*"}
    auth = None
    if token_file is not None and key_file_of(token_file).exists():
        public_base = url if url is not None else read_settings().public_base
        auth = ProvingAuth(read_token(token_file), read_key_file(key_file_of(token_file)), public_base)
    elif token_file is not None:
        headers["Authorization"] = f"Bearer {read_token(token_file)}"
    if role is not None:
        headers["Gateway-Role"] = role
    transport, base = None, url
    if url is None:
        # The host of a socket's requests is only a name; the server's own base is in its settings.
        base = "http://gateway.local"
        transport = httpx2.HTTPTransport(uds=str(read_settings().socket_path))
    opened = httpx2.Client(
        base_url=base or "", transport=transport, headers=headers, timeout=_TIMEOUT_S, auth=auth
    )
    with opened as http:
        yield GatewayClient(http)


def read_token(path: Path) -> str:
    """Read a bearer token from a file that only its owner can read."""
    try:
        return read_private_text(path).decode("ascii").strip()
    except UnicodeDecodeError:
        raise CommandError(USAGE, f"{path} holds no token that can be read") from None


def problem_of(answer: httpx2.Response) -> CommandError:
    """Render an RFC 9457 answer: title and code on one line, then each field, reason and remedy."""
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    problem = problem if isinstance(problem, dict) else {}
    title = problem.get("detail") or problem.get("title") or HTTPStatus(answer.status_code).phrase
    details = [f"{one.get('name')}: {one.get('code')}" for one in _dicts(problem, "fields")]
    details += [f"{one.get('code')}: {one.get('text')}" for one in _dicts(problem, "reasons")]
    for one in _dicts(problem, "remedies"):
        words = one.get("text") or one.get("title") or one.get("rel")
        details.append(f"→ {words}" + (f" ({one['href']})" if one.get("href") else ""))
    if problem.get("ledger_entry"):
        details.append(f"ledger entry: {problem['ledger_entry']}")
    return CommandError(
        _exit_code(answer.status_code), f"{title} [{problem.get('code', answer.status_code)}]", tuple(details)
    )


def show_request(method: str, path: str, body: object) -> None:
    """Print what `--dry-run` did not send."""
    print_json({"would_send": {"method": method, "path": path, "body": body}})


def read_json_file(path: Path) -> Any:  # noqa: ANN401
    """Read a JSON file that a command was given.

    Raises:
        CommandError: It cannot be read or is not JSON.
    """
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise CommandError(USAGE, f"{path}: {error.strerror}") from None
    except ValueError:
        raise CommandError(USAGE, f"{path} is not JSON") from None


def _json_of(answer: httpx2.Response) -> Any:  # noqa: ANN401
    try:
        return answer.json()
    except ValueError:
        raise CommandError(
            UNAVAILABLE, "what answers there is not a gateway: its answer is not JSON"
        ) from None


def _dicts(problem: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    found = problem.get(name)
    return (one for one in (found if isinstance(found, list) else ()) if isinstance(one, dict))


def _exit_code(status: int) -> int:
    if status in _USAGE_STATUS:
        return USAGE
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return CORRUPT
    unavailable = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS
    return UNAVAILABLE if unavailable else REFUSED

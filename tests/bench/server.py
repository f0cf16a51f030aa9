"""The process under load: the gateway on one port, a bare FastAPI answer of the same bytes on another.

`python -m tests.bench.server DATABASE_URL STATE_DIR PORT BARE_PORT memo|no-memo [THUMBPRINT]`. Prints one
line of JSON when both answer: `{"asks": [[path, token], ...], "pid": ...}`, the releases to ask, with tokens
that are bound to the key of this thumbprint.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import uvicorn
import uvloop
from fastapi import FastAPI, Response
from pydantic import BaseModel

from gateway.adapters.crypto.state import KeyState
from gateway.domain.seed import parse_seed
from gateway.http.app import SERVER_OPTIONS
from gateway.observe import OperationalLog
from gateway.settings import Settings
from gateway.wiring.service import serving, settle_memory
from gateway.wiring.usecases import build_seed
from tests.support.keys import TEST_COST

BYTES = 16 * 1024
CHILDREN = 20
CONSENTS = 20
WORKERS = 10


def network(issuer: str) -> dict[str, Any]:
    """A caseload: 20 children, each with 20 consents and one document of 16 KiB, and 10 workers."""
    children = range(CHILDREN)
    return {
        "format": "gateway-seed-1",
        "agencies": [
            {"id": f"b:{one}", "name": {"fr": one, "en": one}, "profile": "QC-PRIV"}
            for one in ("owner", "reader")
        ]
        + [
            {"id": f"b:other{n}", "name": {"fr": "Autre", "en": "Other"}, "profile": "QC-PRIV"}
            for n in range(19)
        ],
        "clients": [{"id": "client:reader", "agency": "b:reader"}],
        "workers": [
            {
                "id": f"w:{n}",
                "agency": "b:reader",
                "name": f"Inventé {n}",
                "roles": ["caseworker"],
                "identity": {"iss": issuer, "sub": f"w{n}"},
            }
            for n in range(WORKERS)
        ],
        "persons": [
            {
                "id": f"p:{n}",
                "names": {"given": f"Fable {n}", "family": "Inventé"},
                "birth_date": "today-3400d",
            }
            for n in children
        ]
        + [{"id": "p:parent", "names": {"given": "Conte", "family": "Inventé"}, "birth_date": "1988-05-01"}],
        "authorities": [{"subject": f"p:{n}", "person": "p:parent", "authority": "sole"} for n in children],
        "assignments": [
            {"worker": f"w:{w}", "person": f"p:{n}", "from": "now-30d"}
            for w in range(WORKERS)
            for n in children
        ],
        "dossiers": [{"id": f"dos_{n}", "person": f"p:{n}"} for n in children],
        "consents": [_consent(n, m) for n in children for m in range(CONSENTS)],
        "fragments": [
            {
                "id": f"frg_{n}",
                "dossier": f"dos_{n}",
                "owner_agency": "b:owner",
                "category": "education",
                "sensitivity": "N",
                "media_type": "text/plain",
                "content": "x" * BYTES,
            }
            for n in children
        ],
    }


def _consent(child: int, number: int) -> dict[str, Any]:
    return {
        "id": f"cns_{child}_{number}",
        "subject": f"p:{child}",
        "grantor": {"person": "p:parent", "as": "guardian"},
        "decision": "permit",
        "recipients": [{"agency": "b:reader" if number == 0 else f"b:other{number - 1}"}],
        "owners": ["b:owner"],
        "purposes": ["coordination"],
        "categories": ["education"],
        "from": "now-1d",
        "until": "now+180d",
    }


class Ask(BaseModel):
    purpose: str
    justification: str = ""


def bare_app() -> FastAPI:
    """The same request and the same bytes, and nothing in between; and the least that FastAPI can do."""
    app = FastAPI()
    body = b"x" * BYTES

    @app.post("/v1/fragments/{fragment}/releases", status_code=201)
    async def same_request(fragment: str, ask: Ask) -> Response:
        assert fragment
        assert ask.purpose
        return Response(body, media_type="text/plain", status_code=201)

    @app.get("/bare")
    async def least() -> Response:
        return Response(body, media_type="text/plain")

    return app


async def main(url: str, folder: str, ports: tuple[int, int], memo: str, bound_to: str | None) -> None:
    state, (port, bare_port) = Path(folder), ports
    await KeyState.init(state, cost=TEST_COST)
    listen = f"127.0.0.1:{port}"
    settings = Settings(
        state_dir=state,
        database_url=url,
        listen=listen,
        insecure_local_issuer=True,
        insecure_limits_off=True,
        decision_memo=memo == "memo",
    )
    log = OperationalLog(sys.stderr, "error")
    async with serving(settings, log, insecure_test_cost=TEST_COST) as service:
        assert service.parts is not None
        assert service.issuer is not None
        if await service.parts.registry.is_untouched():
            seed = parse_seed(
                json.dumps(network(service.issuer.name)).encode(), now=service.parts.clock.now()
            )
            await build_seed(service.parts)(seed, operator="bench", read_file=_no_file)
        servers = [
            uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=on, **SERVER_OPTIONS))
            for app, on in ((service.app, port), (bare_app(), bare_port))
        ]
        now = service.parts.clock.now()
        asks = [
            (
                f"/v1/fragments/frg_{n}/releases",
                service.issuer.mint(client_id="client:reader", subject=f"w{w}", now=now, bound_to=bound_to),
            )
            for w in range(WORKERS)
            for n in range(CHILDREN)
        ]
        running = [asyncio.create_task(one.serve()) for one in servers]
        while not all(one.started for one in servers):  # noqa: ASYNC110 - uvicorn tells in no other way
            await asyncio.sleep(0.02)
        settle_memory()
        print(json.dumps({"asks": asks, "pid": os.getpid()}), flush=True)
        await asyncio.gather(*running)


def _no_file(name: str) -> bytes:
    raise AssertionError(name)


if __name__ == "__main__":
    url, state, port, bare_port, memo, *bound = sys.argv[1:]
    uvloop.run(main(url, state, (int(port), int(bare_port)), memo, bound[0] if bound else None))

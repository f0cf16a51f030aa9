"""The application: FastAPI inside the edge's own ASGI layers."""

from collections.abc import Callable, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import Route

from gateway.domain.errors import CorruptionError, GatewayError
from gateway.http.auth import Authenticator
from gateway.http.browsers import Browsers
from gateway.http.callers import Door
from gateway.http.cookies import Cookies
from gateway.http.documented import PROBLEMS, DocumentedApp, list_known_names
from gateway.http.edge import BodyLimitMiddleware, EdgeMiddleware, place_of
from gateway.http.pages.desk import Desk
from gateway.http.pages.every import PAGES
from gateway.http.pages.flows import Flows
from gateway.http.pages.frame import Frame
from gateway.http.problems import Problems, list_fields
from gateway.http.replies import Kit, Replies
from gateway.http.routes import deposits, health, problem_pages, releases, tokens
from gateway.http.routes.resources import RESOURCES
from gateway.http.services import EdgeConfig, Services, UseCases
from gateway.http.words import read_words

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

SERVER_OPTIONS: dict[str, Any] = {
    "access_log": False,
    "log_config": None,
    "server_header": False,
    "date_header": True,
    "proxy_headers": False,
    "timeout_keep_alive": 15,
    "ws": "none",
}
"""How uvicorn must run this application: no banner, no access log, no trust in forwarded headers."""


def create_app(
    services: Services,
    config: EdgeConfig,
    usecases: UseCases | None,
    *,
    more: Sequence[Callable[[Problems], APIRouter]] = (),
) -> FastAPI:
    """Build the application.

    Args:
        services: Everything the edge calls.
        config: The public base, the version and the limits.
        usecases: Everything the resources call. None where the gateway cannot serve, for want of its keys:
            then only health answers, and every resource with `not_ready`.
        more: Makers of further routers, each given the problems' renderer.
    """
    problems = Problems(read_words(), config.public_base)
    authenticator = Authenticator(
        services.tokens, services.proofs, services.clock, config.public_base, config.proxy_socket
    )
    layers = _layers(services, config, problems)
    app = _documented(config, layers)
    app.state.authenticator = authenticator
    app.state.problems = problems
    app.include_router(health.make_router(services, problems))
    app.include_router(problem_pages.make_router(problems))
    if usecases is None:
        app.router.routes.append(
            Route("/v1/{path:path}", _not_ready, methods=_METHODS, include_in_schema=False)
        )
    else:
        app.state.door = Door(
            authenticator,
            usecases.callers,
            usecases.admit_request,
            _receive_browsers(app, services, config, usecases),
        )
        ahead = releases.Releases(app.state.door, usecases, problems, services)
        edge = layers[0]
        app.ahead = (releases.is_release, edge.cls(ahead, *edge.args, **edge.kwargs))
        app.router.routes.append(ahead.route)
        _add_resources(app, Kit(usecases, Replies(problems, usecases.cursors), services.clock))
        if usecases.tokens is not None:
            app.include_router(tokens.make_router(services, usecases.tokens))
    for make_router in more:
        app.include_router(make_router(problems))
    _answer_errors(app, problems)
    return app


def _receive_browsers(
    app: DocumentedApp, services: Services, config: EdgeConfig, usecases: UseCases
) -> Browsers:
    """Add the pages, where a cookie can be kept from who listens."""
    cookies = Cookies(config.public_base, is_loopback=config.is_loopback)
    browsers = Browsers(
        usecases.sign_ins, cookies, services.clock, config.public_base, usecases.admit_request
    )
    app.state.frame = Frame(app.state.problems, cookies)
    desk = Desk(
        app.state.frame,
        browsers,
        usecases,
        Flows(usecases.sign_ins.flows),
        services.providers,
        services.clock,
        config.public_base.rstrip("/"),
    )
    for make_pages in PAGES if cookies.usable else ():
        app.include_router(make_pages(desk))
    return browsers


def _add_resources(app: DocumentedApp, kit: Kit) -> None:
    app.by_hand[releases.PATH] = releases.DOCUMENT
    app.bodies = deposits.BODIES
    for make_resource in RESOURCES:
        app.include_router(make_resource(kit))


def _documented(config: EdgeConfig, layers: list[Middleware]) -> DocumentedApp:
    return DocumentedApp(
        title="Consent gateway",
        version=config.version,
        summary="Releases a fragment only when policy, consents and role allow it at that moment.",
        servers=[{"url": config.public_base.rstrip("/")}],
        docs_url=None,  # Its page loads scripts from elsewhere.
        redoc_url=None,
        redirect_slashes=False,  # A redirect would repeat the request's own host.
        responses=PROBLEMS,
        middleware=layers,
    )


def _layers(services: Services, config: EdgeConfig, problems: Problems) -> list[Middleware]:
    return [
        Middleware(
            EdgeMiddleware,
            problems,
            services.ids,
            services.log,
            secure=config.public_base.startswith("https:"),
        ),
        Middleware(
            BodyLimitMiddleware,
            problems,
            limit_bytes=config.body_limit_bytes,
            deposit_bytes=config.deposit_limit_bytes,
        ),
    ]


async def _not_ready(request: Request) -> Response:
    problems: Problems = request.app.state.problems
    return problems.render("not_ready", place_of(request.scope))


def _answer_errors(app: DocumentedApp, problems: Problems) -> None:
    @app.exception_handler(GatewayError)
    async def of_gateway(request: Request, error: GatewayError) -> Response:
        if isinstance(error, CorruptionError):
            raise error  # The edge's last catch notes it for whoever is on call.
        return problems.of_error(error, place_of(request.scope))

    @app.exception_handler(HTTPException)
    async def of_framework(request: Request, error: HTTPException) -> Response:
        headers = dict(error.headers or {})
        if "Allow" in headers:
            # The router names the methods of the first route at this address; there may be more.
            headers["Allow"] = ", ".join(app.list_methods(request.scope["path"])) or headers["Allow"]
        return problems.of_status(error.status_code, place_of(request.scope), headers=headers)

    @app.exception_handler(RequestValidationError)
    async def of_validation(request: Request, error: RequestValidationError) -> Response:
        fields = list_fields(error.errors(), list_known_names(app))
        return problems.render("malformed", place_of(request.scope), fields=fields)

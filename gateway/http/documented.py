"""What the published document says of problems, and the names it publishes."""

from collections.abc import Callable
from typing import Any, Literal

from fastapi import FastAPI
from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema
from starlette.routing import compile_path
from starlette.types import ASGIApp, Receive, Scope, Send


class ReasonBody(BaseModel):
    code: str = Field(examples=["NO_CONSENT"])
    text: str = Field(examples=["Aucun consentement ne permet ce partage."])


class RemedyBody(BaseModel):
    rel: str = Field(examples=["ask-consent"])
    text: str = Field(examples=["Demandez le consentement de la famille."])
    href: str | None = None


class FieldBody(BaseModel):
    name: str | None = Field(examples=["purpose"])
    code: str = Field(examples=["missing"])


class ProblemBody(BaseModel):
    """RFC 9457, with what a person needs to go on."""

    type: str = Field(examples=["https://gateway.example/problems/refused"])
    title: str
    status: int
    detail: str
    instance: str
    code: str = Field(examples=["refused"])
    reasons: list[ReasonBody]
    remedies: list[RemedyBody]
    fields: list[FieldBody]
    ledger_entry: str | None
    request_id: str


_SCHEMAS = "#/components/schemas/"


class DocumentedApp(FastAPI):
    """FastAPI whose document knows the problem's schema, which no route declares as its own.

    `by_hand` holds the path items of routes that are mounted ahead of FastAPI, `bodies` the models of bodies
    that their routes read themselves; `ahead` says which requests are answered before FastAPI sees them.
    """

    ahead: tuple[Callable[[Scope], bool], ASGIApp] | None = None

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - FastAPI's own
        self.by_hand: dict[str, dict[str, Any]] = {}
        self.bodies: tuple[type[BaseModel], ...] = ()
        super().__init__(**options)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand what is answered ahead to its own edge, before any of FastAPI's layers, and the rest on."""
        if self.ahead is not None and self.ahead[0](scope):
            await self.ahead[1](scope, receive, send)
            return
        await super().__call__(scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        """Render the document; FastAPI keeps it until a route is added."""
        document = super().openapi()
        if "ProblemBody" in document.get("components", {}).get("schemas", {}):
            return document
        document.setdefault("paths", {}).update(self.by_hand)
        return self._with_schemas(document)

    def list_methods(self, path: str) -> list[str]:
        """List the methods of every published operation at this address."""
        paths: dict[str, dict[str, Any]] = self.openapi()["paths"]
        found = {
            method.upper()
            for template, operations in paths.items()
            if compile_path(template)[0].match(path)
            for method in operations
        }
        return sorted(found)

    def _with_schemas(self, document: dict[str, Any]) -> dict[str, Any]:
        models: list[tuple[type[BaseModel], Literal["validation", "serialization"]]]
        models = [(ProblemBody, "serialization"), *((body, "validation") for body in self.bodies)]
        _, schemas = models_json_schema(models, ref_template=_SCHEMAS + "{model}")
        document.setdefault("components", {}).setdefault("schemas", {}).update(schemas["$defs"])
        return document


def problem_answer(description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {"application/problem+json": {"schema": {"$ref": _SCHEMAS + "ProblemBody"}}},
    }


PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: problem_answer("The body cannot be read."),
    401: problem_answer("A valid access token is required."),
    403: problem_answer("Refused, with reasons and remedies."),
    404: problem_answer("Nothing visible to this caller."),
    405: problem_answer("Another method is needed."),
    408: problem_answer("The body did not arrive in time."),
    409: problem_answer("Contradicts the current state."),
    413: problem_answer("Too large."),
    415: problem_answer("Another media type is needed."),
    422: problem_answer("A value is malformed; its field is named, the value is not."),
    429: problem_answer("Too many requests."),
    500: problem_answer("Something unexpected; nothing about it is told."),
    503: problem_answer("Nothing was released; retry later."),
}
"""The problems that any operation may answer."""

VERSIONED: dict[int | str, dict[str, Any]] = {
    412: problem_answer("The version has changed since it was seen."),
    428: problem_answer("If-Match is required."),
}
"""The problems of operations that change a version which the caller saw."""

_PLACES = frozenset({"body", "query", "path", "header", "cookie"})


def list_known_names(app: FastAPI) -> frozenset[str]:
    """Name every property and parameter of the published document: what an error may repeat."""
    document = app.openapi()
    names = set(_PLACES)
    for schema in document.get("components", {}).get("schemas", {}).values():
        names.update(schema.get("properties", {}))
    for operations in document.get("paths", {}).values():
        for operation in operations.values():
            names.update(parameter["name"] for parameter in operation.get("parameters", ()))
    return frozenset(names)

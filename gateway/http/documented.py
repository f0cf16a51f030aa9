"""What the published document says of problems, and the names it publishes."""

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema


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
    """FastAPI whose document knows the problem's schema, which no route declares as its own."""

    def openapi(self) -> dict[str, Any]:
        """Render the document; FastAPI keeps it until a route is added."""
        document = super().openapi()
        _, schemas = models_json_schema([(ProblemBody, "serialization")], ref_template=_SCHEMAS + "{model}")
        document.setdefault("components", {}).setdefault("schemas", {}).update(schemas["$defs"])
        return document


def _problem(description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {"application/problem+json": {"schema": {"$ref": _SCHEMAS + "ProblemBody"}}},
    }


PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: _problem("The body cannot be read."),
    401: _problem("A valid access token is required."),
    403: _problem("Refused, with reasons and remedies."),
    404: _problem("Nothing visible to this caller."),
    405: _problem("Another method is needed."),
    409: _problem("Contradicts the current state."),
    413: _problem("Too large."),
    415: _problem("Another media type is needed."),
    422: _problem("A value is malformed; its field is named, the value is not."),
    429: _problem("Too many requests."),
    500: _problem("Something unexpected; nothing about it is told."),
    503: _problem("Nothing was released; retry later."),
}
"""The problems that any operation may answer."""

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

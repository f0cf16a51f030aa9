"""Requests that carry something recognisable in one place each, made from the published document."""

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

Json = Any

SHAPES = ("canari_{}", "Canari Émilie {}")
"""One that could be an identifier and passes its checks, one that could be nothing but a person."""

_KNOWN = {
    "fragment": "frg_letter",
    "dossier": "dos_child",
    "consent": "cns_1",
    "worker": "w:bob",
    "agency": "qc:clinic",
    "purpose": "coordination",
}
_HEADERS = (
    "Accept",
    "Accept-Language",
    "Authorization",
    "Content-Type",
    "Cookie",
    "DPoP",
    "Forwarded",
    "From",
    "Gateway-Role",
    "Host",
    "Origin",
    "Referer",
    "traceparent",
    "User-Agent",
    "X-Canari",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Prefix",
    "X-Request-Id",
)
DEEPEST = 5
_METHODS_WITHOUT_BODY = {"GET", "DELETE"}


@dataclass(frozen=True, slots=True)
class Carrying:
    """One request; `mark` is what must not come back, `place` says where it was put."""

    method: str
    path: str
    place: str
    mark: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def carrying(document: Mapping[str, Json]) -> Iterator[Carrying]:
    """Every operation with a mark in every place of it, each in both shapes, and at unknown addresses."""
    numbers = itertools.count()
    for shape in SHAPES:
        for template, operations in document["paths"].items():
            for method, operation in operations.items():
                maker = _Maker(document, method.upper(), template, operation, shape, numbers)
                yield from maker.all()
        mark = f"xk{next(numbers):05d}zq"
        yield Carrying("GET", f"/v1/{quote(shape.format(mark))}?{mark}={mark}", "an unknown address", mark)
        yield Carrying("CANARI", f"/v1/{quote(shape.format(mark))}", "an unknown method", mark)


@dataclass(frozen=True, slots=True)
class _Maker:
    document: Mapping[str, Json]
    method: str
    template: str
    operation: Mapping[str, Json]
    shape: str
    numbers: Iterator[int]

    def all(self) -> Iterator[Carrying]:
        parameters = self.operation.get("parameters", ())
        for where in ("path", "query", "header"):
            for name in (one["name"] for one in parameters if one["in"] == where):
                yield self._with(f"{where} {name}")
        for name in _HEADERS:
            yield self._with(f"header {name}")
        yield self._with("query canari")
        yield self._with("the name of a query")
        if self.method in _METHODS_WITHOUT_BODY:
            return
        sample = self._sample()
        for place in _leaves(sample):
            yield self._with(f"body {'.'.join(map(str, place))}", _replaced(sample, place))
        yield self._with("the name of a field", lambda value: {**sample, value: value})
        yield self._with("a body that is no JSON", str)
        yield self._with("a body that is cut", lambda value: json.dumps({**sample, "purpose": value})[:-1])

    def _with(self, place: str, body: Any = None) -> Carrying:  # noqa: ANN401 - makes a body of a value
        mark = f"xk{next(self.numbers):05d}zq"
        value = self.shape.format(mark)
        where, _, name = place.partition(" ")
        path = self.template
        while "{" in path:
            parameter = path[path.index("{") + 1 : path.index("}")]
            known = value if (where, name) == ("path", parameter) else _KNOWN.get(parameter, "x_1")
            path = path.replace("{" + parameter + "}", quote(known))
        query = {"purpose": "coordination"} if self.template.endswith("/fragments") else {}
        query |= {name: value} if where == "query" else {value: value} if "name of a query" in place else {}
        headers = {"If-Match": '"1"', "Content-Type": "application/json"}
        if where == "header":
            # What is no Latin-1 cannot be sent in a header at all.
            headers[name] = f"Bearer {value}" if name == "Authorization" else value
        made = self._sample() if body is None else body(value)
        raw = made if isinstance(made, str) else json.dumps(made)
        sent = None if self.method in _METHODS_WITHOUT_BODY else raw.encode()
        return Carrying(self.method, f"{path}?{urlencode(query)}", place, mark, sent, headers)

    def _sample(self) -> dict[str, Json]:
        content = self.operation.get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema", {})
        found = self._example(schema, 0)
        return found if isinstance(found, dict) else {}

    def _example(self, schema: Mapping[str, Json], depth: int) -> Json:
        """Something of this shape with every property there, so that each can be replaced."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return self._example(self.document["components"]["schemas"][name], depth)
        for several in ("anyOf", "oneOf"):
            if several in schema:
                return self._example(schema[several][0], depth)
        chosen = [schema.get("const"), *schema.get("examples", ()), *schema.get("enum", ())]
        if any(chosen):
            return next(filter(None, chosen))
        if schema.get("type") == "array":
            return [self._example(schema.get("items", {}), depth + 1)]
        properties = schema.get("properties", {}) if depth < DEEPEST else {}
        made = {key: self._example(one, depth + 1) for key, one in properties.items()}
        return {"object": made, "boolean": False, "integer": 1}.get(str(schema.get("type")), "x_1")


def _leaves(value: Json, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _leaves(one, (*place, key))
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _leaves(one, (*place, number))
    if place:
        yield place


def _replaced(sample: Json, place: tuple[str | int, ...]) -> Any:  # noqa: ANN401 - makes a body of a value
    def body(value: str) -> Json:
        made = json.loads(json.dumps(sample))
        inner = made
        for step in place[:-1]:
            inner = inner[step]
        inner[place[-1]] = value
        return made

    return body

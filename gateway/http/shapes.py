"""The shapes that requests and answers share, with the rules of `domain` behind each."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import Depends, Header, Query, Request
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)

from gateway.domain.acting import Once
from gateway.domain.errors import MalformedError
from gateway.domain.ids import AgencyId, parse_agency_id, parse_id
from gateway.domain.instants import Instant, parse_instant
from gateway.http.callers import RequireCaller
from gateway.http.parsing import MAX_WORDS, PURPOSE, read_once
from gateway.http.wire import parse_tag

_ID = r"^[A-Za-z0-9][A-Za-z0-9:._-]{0,119}$"
_AGENCY = r"^[A-Za-z0-9][A-Za-z0-9:._-]{0,79}(/[A-Za-z0-9][A-Za-z0-9:._-]{0,39}){0,3}$"
_KEY = r"^[!-~]{1,255}$"
_MAX_CURSOR = 2048


def _checked(parse: Callable[..., Any]) -> Callable[[Any], Any]:
    """Let a rule of the domain speak as pydantic expects it, without the value."""

    def check(value: Any) -> Any:  # noqa: ANN401 - untrusted JSON, first read
        try:
            return parse(value, field="")
        except MalformedError as error:
            raise ValueError(str(error)) from None

    return check


class Body(BaseModel):
    """What a request may hold: these fields and no other."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


Identifier = Annotated[
    str,
    AfterValidator(_checked(parse_id)),
    WithJsonSchema({"type": "string", "pattern": _ID, "examples": ["frg_01J8ZQ4V7N3X5R2M6K9T0W1B4C"]}),
]
AgencyIdentifier = Annotated[
    AgencyId,
    AfterValidator(_checked(parse_agency_id)),
    WithJsonSchema({"type": "string", "pattern": _AGENCY, "examples": ["ex:school"]}),
]
Moment = Annotated[
    Instant,
    BeforeValidator(_checked(parse_instant)),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-03-10T14:00:00Z"]}),
]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,59}$")]
PurposeCode = Annotated[str, StringConstraints(pattern=PURPOSE), Field(examples=["coordination"])]
Words = Annotated[str, StringConstraints(max_length=MAX_WORDS)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Sensitive = Literal["N", "R", "V"]

Cursor = Annotated[
    str | None,
    Query(max_length=_MAX_CURSOR, description='Where the list goes on: from the `rel="next"` link.'),
]
IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", max_length=200, description="The etag of the version that the change rests on."),
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=_KEY,
        description="The same key with the same request brings the first effect back.",
    ),
]


async def _once(request: Request, caller: RequireCaller, key: IdempotencyKey = None) -> Once | None:
    if key is None:
        return None
    place = f"{request.method} {request.url.path}".encode()
    return read_once(caller, key, place, await request.body())


RequireOnce = Annotated[Once | None, Depends(_once)]


async def _seen(if_match: IfMatch = None) -> str | None:
    return parse_tag(if_match)


SeenVersion = Annotated[str | None, Depends(_seen)]
"""The etag that the caller saw, without quotes; whether there must be one is the use case's to say."""


class Label(BaseModel):
    fr: str
    en: str


class Acted(BaseModel):
    """An act took effect, now or at the first use of its idempotency key."""

    id: str | None = Field(examples=["cns_01J8ZQ4V7N3X5R2M6K9T0W1B4C"])
    ledger_entry: str | None = Field(examples=["dec_01J8ZQ4V7N3X5R2M6K9T0W1B4C"])
    recorded_at: str | None = Field(examples=["2026-03-10T14:00:00Z"])
    etag: str | None = Field(default=None, description="As in the ETag header, without quotes.")


class Receipted(BaseModel):
    """`receipt` is the number of the signed receipt that the act left."""

    receipt: str | None = Field(examples=["rcp_01J8ZQ4V7N3X5R2M6K9T0W1B4C"])


class InForce(Acted):
    """A narrowing act: in force at once. 202 while no mirror has confirmed it; a repeat waits again."""

    in_force: Literal[True] = True
    proven: bool | None = None


class Asked(Acted):
    """It waits for a second person; `in_force` says whether it holds meanwhile."""

    approval: str | None = Field(default=None, examples=["apv_01J8ZQ4V7N3X5R2M6K9T0W1B4C"])
    in_force: bool
    proven: bool | None = None


class ReasonSaid(BaseModel):
    code: str
    text: str


class WithoutEffect(BaseModel):
    """Of what this agency holds of this category, the giver's word does not decide."""

    owner_agency: str | None = Field(description="Null where the line is for any owner, and counts at none.")
    category: str
    reason: ReasonSaid

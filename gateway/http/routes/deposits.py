"""Deposit a fragment: sections as JSON, or a document beside its labels."""

import io
import re
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import orjson
from fastapi import APIRouter, Header, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, StrictBool, ValidationError
from starlette.responses import Response

from gateway.domain.access import Refused
from gateway.domain.caller import Caller
from gateway.domain.errors import MalformedError, TooLargeError
from gateway.domain.fragment import Labels, SectionLabel
from gateway.domain.ids import DossierId, FragmentId, SectionId
from gateway.domain.strict_json import parse_json_object
from gateway.domain.vocabulary import SectionTag, Sensitivity
from gateway.http.callers import CallerRoute, RequireCaller
from gateway.http.documented import VERSIONED
from gateway.http.multipart import parse_boundary
from gateway.http.parsing import read_once, read_path_id
from gateway.http.replies import Kit
from gateway.http.shapes import Acted, Body, Code, IdempotencyKey, Identifier, Moment, SeenVersion
from gateway.http.uploads import DigestRequiredError, Upload, Uploading, stream_body
from gateway.http.wire import parse_content_digest, require_digest, require_json
from gateway.usecases.deposit_fragment import Deposit, Document, Structured

JSON_BYTES = 4 * 1024 * 1024
"""Sections are parsed, so they are bounded tighter than a document that only passes through."""

_MEDIA_TYPE = re.compile(
    r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,80}(; ?charset=[a-z0-9-]{1,20})?\Z"
)
_OCTETS = "application/octet-stream"
_MAX_NAME = 200
_SCHEMAS = "#/components/schemas/"

M = TypeVar("M", bound=BaseModel)
Proposed = Callable[[str], Sensitivity]
"""Category to the sensitivity that the vocabulary proposes for it."""


class Meta(Body):
    """`follows` names the fragment of which this is the next version; then If-Match says which was seen."""

    category: Code = Field(examples=["education"])
    sensitivity: Sensitivity | None = Field(
        default=None, description="By default the one that `/v1/fragment-kinds` proposes for the category."
    )
    created: Moment | None = Field(default=None, description="When it was written; by default now.")
    youth_alone: StrictBool = False
    follows: Identifier | None = None


class DocumentMeta(Meta):
    media_type: str | None = Field(default=None, max_length=200, examples=["application/pdf"])
    filename: str | None = Field(default=None, max_length=_MAX_NAME)


class SectionDeposited(Body):
    id: Identifier = Field(examples=["forces"])
    content: Any = Field(description="Any JSON.")
    category: Code | None = None
    sensitivity: Sensitivity | None = Field(
        default=None,
        description="By default its own category's, if higher than the fragment's; else the fragment's.",
    )
    tags: Annotated[list[SectionTag], Field(max_length=10)] = Field(default_factory=list)

    def to_section(self, proposed: Proposed, said: Sensitivity | None) -> tuple[SectionLabel, bytes]:
        sensitivity = self.sensitivity
        if sensitivity is None and self.category is not None:
            # What was said of the whole is not lowered by what is proposed for a part.
            order = tuple(Sensitivity)
            sensitivity = max(proposed(self.category), said or Sensitivity.NORMAL, key=order.index)
        label = SectionLabel(SectionId(self.id), self.category, sensitivity, frozenset(self.tags))
        return label, orjson.dumps(self.content)


class StructuredDeposit(Meta):
    sections: Annotated[list[SectionDeposited], Field(min_length=1, max_length=200)]


class DocumentDeposit(BaseModel):
    """Two parts, in this order; `content` may carry a Content-Digest of its own.

    With an Idempotency-Key, content above 256 KiB must be announced: by its own Content-Digest, which stays
    the same however the form is written, or by that of the whole body. Else 400, `malformed`, with the field
    `Content-Digest` as `required`.
    """

    meta: DocumentMeta
    content: Annotated[str, Field(json_schema_extra={"format": "binary"})]


class Deposited(Acted):
    version: int | None


BODIES = (StructuredDeposit, DocumentDeposit)
_REQUEST_BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"$ref": f"{_SCHEMAS}StructuredDeposit"},
            "example": {
                "category": "assessment_report",
                "sensitivity": "N",
                "sections": [{"id": "forces", "content": {"texte": "Aime dessiner."}}],
            },
        },
        "multipart/form-data": {
            "schema": {"$ref": f"{_SCHEMAS}DocumentDeposit"},
            "encoding": {"meta": {"contentType": "application/json"}},
        },
    },
}
ContentDigest = Annotated[
    str | None,
    Header(
        alias="Content-Digest",
        max_length=1024,
        description="SHA-256 of the whole body (RFC 9530); checked before anything is kept. Needed with an "
        "Idempotency-Key for a document above 256 KiB whose part `content` carries none.",
    ),
]


def make_router(kit: Kit) -> APIRouter:
    """Build the route."""
    router = APIRouter(prefix="/v1/dossiers", tags=["fragments"], route_class=CallerRoute)

    @router.post(
        "/{dossier}/fragments",
        status_code=201,
        response_model=Deposited,
        responses=VERSIONED,
        openapi_extra={"requestBody": _REQUEST_BODY},
    )
    async def deposit_fragment(
        request: Request,
        caller: RequireCaller,
        dossier: str,
        seen: SeenVersion,
        key: IdempotencyKey = None,
        content_digest: ContentDigest = None,
    ) -> Response:
        """Seal a fragment into a dossier, in the name of the caller's own agency."""
        receiving = _Receiving(kit, caller, DossierId(read_path_id(dossier)), seen, key)
        # Whom the table of acts refuses anyway is not read.
        refused = await kit.usecases.deposit.refuse_unread(caller, receiving.dossier)
        if refused is not None:
            return kit.replies.refused(request, refused)
        promised = parse_content_digest(content_digest)
        content_type = request.headers.get("content-type", "")
        boundary = parse_boundary(content_type)
        if boundary is None:
            require_json(content_type)
            done = await kit.usecases.deposit(receiving.structured(await _read_json(request, promised)))
        else:
            try:
                upload = await Uploading(request.receive, boundary, promised).read(keyed=key is not None)
            except DigestRequiredError as error:
                return kit.replies.required(request, error)
            try:
                done = await kit.usecases.deposit(receiving.document(upload))
            finally:
                upload.stop()
        if isinstance(done, Refused):
            return kit.replies.refused(request, done)
        return kit.replies.acted(request, done, "fragment", more={"version": done.reference.get("version")})

    return router


class _Receiving:
    """Reads the two forms of a deposit into the one that is deposited."""

    def __init__(
        self, kit: Kit, caller: Caller, dossier: DossierId, seen: str | None, key: str | None
    ) -> None:
        self._kit = kit
        self._caller = caller
        self.dossier = dossier
        self._seen = seen
        self._key = key

    def structured(self, raw: bytes) -> Deposit:
        body = _validated(StructuredDeposit, raw)
        proposed = self._kit.usecases.vocabulary.proposed
        sections = tuple(one.to_section(proposed, body.sensitivity) for one in body.sections)
        return self._deposit(body, Structured(sections), raw)

    def document(self, upload: Upload) -> Deposit:
        meta = _validated(DocumentMeta, upload.meta)
        media_type = (meta.media_type or upload.part.media_type or _OCTETS).lower()
        if not _MEDIA_TYPE.match(media_type):
            raise MalformedError("a media type is expected", field="media_type")
        filename = meta.filename or upload.part.filename
        if filename is not None and (len(filename) > _MAX_NAME or not filename.isprintable()):
            raise MalformedError("a file name has at most 200 printable characters", field="filename")
        document = Document(media_type, upload.pieces, filename)
        return self._deposit(meta, document, upload.meta, upload.digest or b"")

    def _deposit(self, meta: Meta, body: Structured | Document, *request: bytes) -> Deposit:
        created_at = self._kit.clock.now() if meta.created is None else meta.created
        proposed = self._kit.usecases.vocabulary.proposed(meta.category)
        place = f"POST deposit {self.dossier} {self._seen}".encode()
        return Deposit(
            caller=self._caller,
            dossier=self.dossier,
            labels=Labels(
                meta.category, meta.sensitivity or proposed, created_at, youth_alone=meta.youth_alone
            ),
            body=body,
            follows=None if meta.follows is None else (FragmentId(meta.follows), self._seen),
            once=read_once(self._caller, self._key, place, *request),
        )


async def _read_json(request: Request, promised: bytes | None) -> bytes:
    gathered, held = io.BytesIO(), 0  # Its value is handed on without a copy.
    async for piece in stream_body(request.receive):
        held += gathered.write(piece)
        if held > JSON_BYTES:
            raise TooLargeError("sections are too large; deposit a document instead")
    raw = gathered.getvalue()
    require_digest(promised, raw)
    return raw


def _validated(model: type[M], raw: bytes) -> M:
    try:
        return model.model_validate(parse_json_object(raw))
    except ValidationError as error:
        told = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in told]) from None

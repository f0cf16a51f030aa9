"""Fragments of a seed: a document as text or as a file beside the seed, or sections with their labels."""

import re
from pathlib import PurePosixPath

from gateway.domain.errors import MalformedError
from gateway.domain.fragment import MAX_SECTIONS, Labels, SectionLabel
from gateway.domain.ids import DossierId, FragmentId, SectionId
from gateway.domain.seed.reading import (
    Calendar,
    agency_id,
    anything,
    code,
    fields_of,
    flag,
    identifier,
    list_of,
    long_text,
    member_of,
    one_of,
    text,
)
from gateway.domain.seed.shape import SeedFragment, SeedSection
from gateway.domain.vocabulary import FragmentStatus, SectionTag, Sensitivity

_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,80}\Z", re.ASCII)


def read_fragment(value: object, path: str, calendar: Calendar) -> SeedFragment:
    """Read one fragment; a fragment without `created` was written at the moment of seeding."""
    with fields_of(value, path) as fields:
        sections: tuple[tuple[SectionLabel, SeedSection], ...]
        sections = fields.may("sections", list_of(_section), ())
        content = fields.may("content", long_text, None)
        file = fields.may("file", _file_beside, None)
        if sum(one is not None for one in (content, file, sections or None)) != 1:
            raise MalformedError("exactly one of content, file and sections is expected", field=path)
        if len({label.id for label, _ in sections}) != len(sections) or len(sections) > MAX_SECTIONS:
            raise MalformedError("at most 200 sections, each named once", field=f"{path}.sections")
        labels = Labels(
            category=fields.need("category", code),
            sensitivity=fields.need("sensitivity", member_of(Sensitivity)),
            created_at=fields.may("created", calendar.instant, calendar.instant("now", path)),
            sections=tuple(label for label, _ in sections),
            youth_alone=fields.may("youth_alone", flag, default=False),
        )
        name = fields.may("id", lambda found, where: FragmentId(identifier(found, where)), None)
        status = fields.may("status", _status, FragmentStatus.ACTIVE)
        if status is not FragmentStatus.ACTIVE and name is None:
            raise MalformedError("a fragment that is not active has an id", field=f"{path}.id")
        media_type = "application/json" if sections else "application/octet-stream"
        return SeedFragment(
            id=name,
            dossier=DossierId(fields.need("dossier", identifier)),
            owner=fields.need("owner_agency", agency_id),
            labels=labels,
            media_type=fields.may("media_type", _media_type, media_type),
            filename=PurePosixPath(file).name if file else fields.may("filename", text, None),
            text=content,
            file=file,
            sections=tuple(section for _, section in sections),
            status=status,
        )


def _status(value: object, path: str) -> FragmentStatus:
    """An erased fragment has nothing to deposit."""
    return FragmentStatus(one_of("active", "owner_hold", "entered_in_error")(value, path))


def _section(value: object, path: str) -> tuple[SectionLabel, SeedSection]:
    with fields_of(value, path) as fields:
        section = SectionId(fields.need("id", identifier))
        label = SectionLabel(
            id=section,
            category=fields.may("category", code, None),
            sensitivity=fields.may("sensitivity", member_of(Sensitivity), None),
            tags=frozenset(fields.may("tags", list_of(member_of(SectionTag), empty=True), ())),
        )
        return label, SeedSection(section, fields.need("content", anything))


def _file_beside(value: object, path: str) -> str:
    named = text(value, path)
    parts = PurePosixPath(named).parts
    if PurePosixPath(named).is_absolute() or ".." in parts or "\\" in named:
        raise MalformedError("a file lies beside the seed or in a folder below it", field=path)
    return named


def _media_type(value: object, path: str) -> str:
    if not isinstance(value, str) or not _MEDIA_TYPE.match(value):
        raise MalformedError("a media type is expected, such as application/pdf", field=path)
    return value

"""Every sentence that leaves the gateway, French first, read from `texts/` and checked to be complete."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Any

_MAX_HEADER = 256
_CHOICE = re.compile(r"\s*([A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9]{1,8})*\s*(?:;\s*q=([01](?:\.[0-9]{0,3})?))?\s*\Z")


class Language(StrEnum):
    FR = "fr"
    EN = "en"


class Audience(StrEnum):
    """Whom a reason is told to: the worker who asked, or the family that the dossier is about."""

    WORKER = "worker"
    FAMILY = "family"


_SPOKEN = {"fr": Language.FR, "en": Language.EN, "*": Language.FR}


@dataclass(frozen=True, slots=True)
class ReasonText:
    """`rules` are gates of the policy; none where the gateway gives the reason by itself.

    `lifted` is said to the family where the reason is what a permit lifted; None where no permit does.
    """

    sentences: Mapping[tuple[Audience, Language], str]
    rules: tuple[str, ...]
    source: Mapping[Language, str]
    remedies: tuple[str, ...]
    lifted: Mapping[Language, str] | None

    @property
    def is_refusal(self) -> bool:
        """Whether it says why nothing was given: of a permit there is nothing to remedy."""
        return bool(self.remedies)


@dataclass(frozen=True, slots=True)
class RemedyText:
    sentences: Mapping[Language, str]
    path: str | None
    """Where it is done, below the public base; None until there is such a place."""


@dataclass(frozen=True, slots=True)
class ProblemText:
    status: int
    retry_after_s: int | None
    titles: Mapping[Language, str]
    details: Mapping[Language, str]
    remedies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """The catalogues, by code."""

    reasons: Mapping[str, ReasonText]
    remedies: Mapping[str, RemedyText]
    problems: Mapping[str, ProblemText]
    notices: Mapping[str, Mapping[Language, str]]
    """By kind: what whoever finds one in an inbox is told first."""

    def notice(self, kind: str, of_entry: str | None) -> Mapping[Language, str]:
        """What a notice of this kind says; of some kinds of entry, in words of their own."""
        return self.notices.get(f"{kind} {of_entry}", self.notices[kind])


def read_words() -> Words:
    """Read the catalogues that ship with the gateway.

    Raises:
        ValueError: An entry lacks a sentence or its rules, or names a source or a remedy that does not exist.
    """
    sources = {name: _both(name, entry) for name, entry in _read("sources").items()}
    words = Words(
        reasons={code: _to_reason(code, entry, sources) for code, entry in _read("reasons").items()},
        remedies={rel: _to_remedy(rel, entry) for rel, entry in _read("remedies").items()},
        problems={code: _to_problem(code, entry) for code, entry in _read("problems").items()},
        notices={kind: _both(kind, entry) for kind, entry in _read("notices").items()},
    )
    named = {rel for reason in words.reasons.values() for rel in reason.remedies}
    named |= {rel for problem in words.problems.values() for rel in problem.remedies}
    if named - words.remedies.keys():
        raise ValueError(f"remedies without words: {sorted(named - words.remedies.keys())}")
    return words


def choose_language(accept: str | None) -> Language:
    """Choose by the Accept-Language header; French where it says nothing that we understand."""
    if accept is None:
        return Language.FR
    best, weight = Language.FR, 0.0
    for choice in accept[:_MAX_HEADER].split(","):
        match = _CHOICE.match(choice)
        if match is None:
            continue
        wanted = match[1].lower()
        language = _SPOKEN.get(wanted)
        quality = float(match[2]) if match[2] is not None else 1.0
        if language is not None and quality > weight:
            best, weight = language, quality
    return best


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files("gateway.http").joinpath("texts", f"{name}.toml").read_text(encoding="utf-8"))


def _to_reason(
    code: str, entry: Mapping[str, Any], sources: Mapping[str, Mapping[Language, str]]
) -> ReasonText:
    sentences = {
        (audience, language): sentence
        for audience in Audience
        for language, sentence in _both(f"{code} {audience}", entry.get(audience)).items()
    }
    if "rules" not in entry or entry.get("source") not in sources:
        raise ValueError(f"{code} names neither its rules nor a known source")
    return ReasonText(
        sentences,
        tuple(entry["rules"]),
        sources[entry["source"]],
        tuple(entry.get("remedies", ())),
        _both(f"{code} lifted", entry["lifted"]) if "lifted" in entry else None,
    )


def _to_remedy(rel: str, entry: Mapping[str, Any]) -> RemedyText:
    return RemedyText(_both(rel, entry), entry.get("href"))


def _to_problem(code: str, entry: Mapping[str, Any]) -> ProblemText:
    return ProblemText(
        status=entry["status"],
        retry_after_s=entry.get("retry_after_s"),
        titles=_both(f"{code} title", entry.get("title")),
        details=_both(f"{code} detail", entry.get("detail")),
        remedies=tuple(entry.get("remedies", ())),
    )


def _both(what: str, texts: Mapping[str, str] | None) -> dict[Language, str]:
    if texts is None or any(not texts.get(language) for language in Language):
        raise ValueError(f"{what} is not said in both languages")
    return {language: texts[language] for language in Language}

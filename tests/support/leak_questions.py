"""The questions by which somebody without a link might find out what exists."""

import itertools
from collections.abc import Mapping

from tests.support.leak_stage import Stage
from tests.support.leak_times import Question

OWNER = "ada@client:school"
STRANGER = "dia@client:house"
OFFICER = "eva@client:clinic"
ERASED = "frg_marks"

_numbers = itertools.count()


def erase(stage: Stage) -> None:
    """Erase one fragment, as its owner."""
    path = f"/v1/fragments/{ERASED}"
    seen = stage.ask(OWNER, "GET", path).header("etag")
    assert seen is not None
    assert stage.ask(OWNER, "DELETE", path, headers={"If-Match": seen}).status == 200


def hidden_questions(stage: Stage) -> Mapping[str, Mapping[str, Question]]:
    """By resource, the questions of a stranger that must all be answered alike."""

    def release(fragment: str, purpose: str = "coordination") -> Question:
        return lambda: stage.release(STRANGER, fragment, purpose)

    def read(path: str) -> Question:
        return lambda: stage.ask(STRANGER, "GET", path)

    def foretell(fragment: str) -> Question:
        body = {"fragment": fragment, "purpose": "coordination"}
        return lambda: stage.ask(STRANGER, "POST", "/v1/decisions", body)

    listed = "/v1/dossiers/{}/fragments?purpose=coordination"
    return {
        "releases": {
            "hidden": release("frg_letter"),
            "unknown": release("frg_unknown"),
            "unheard of": lambda: stage.release(STRANGER, _never_asked()),
            "erased": release(ERASED),
            "wrong purpose": release("frg_letter", "assessment"),
        },
        "a fragment": {
            "hidden": read("/v1/fragments/frg_letter"),
            "unknown": read("/v1/fragments/frg_unknown"),
            "erased": read(f"/v1/fragments/{ERASED}"),
        },
        "a dry run": {
            "hidden": foretell("frg_letter"),
            "unknown": foretell("frg_unknown"),
            "erased": foretell(ERASED),
        },
        "a dossier": {
            "hidden": read("/v1/dossiers/dos_child"),
            "unknown": read("/v1/dossiers/dos_unknown"),
        },
        "a dossier's list": {
            "hidden": read(listed.format("dos_child")),
            "unknown": read(listed.format("dos_unknown")),
        },
    }


def open_questions(stage: Stage) -> Mapping[str, Mapping[str, Question]]:
    """By fault, the questions refused for the caller's own sake, of a known id and of an unknown one."""

    def release(fragment: str) -> Mapping[str, Question]:
        return {
            "the purpose": lambda: stage.release(STRANGER, fragment or _never_asked(), "nonsense"),
            "the role": lambda: stage.release(OFFICER, fragment or _never_asked()),
        }

    kinds = {"known": "frg_letter", "unknown": "frg_unknown", "unheard of": "", "erased": ERASED}
    asked = {kind: release(fragment) for kind, fragment in kinds.items()}
    return {fault: {kind: asked[kind][fault] for kind in kinds} for fault in ("the purpose", "the role")}


def _never_asked() -> str:
    return f"frg_{next(_numbers):026d}"

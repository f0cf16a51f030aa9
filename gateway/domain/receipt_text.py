"""The plain text of a receipt, French or English, rendered from its record and from nothing else.

A signed record holds the digest of both texts, so each wording is kept for good: a new one gets the next
number, and `WORDINGS` keeps the old. `tests/vectors/receipts.json` fails where a kept one has changed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from gateway.domain.errors import MalformedError
from gateway.domain.receipt_words import BASES, LEVELS, MONTHS, WORDS_1

WORDING: Final = 1
"""The wording of the receipts that are made now."""

WORDINGS: Final[Mapping[int, Mapping[str, Mapping[str, str]]]] = {1: WORDS_1}


def render(record: Mapping[str, Any], language: str) -> str:
    """Render one text: lines ended by a line feed, no line with anything that the record does not hold.

    Args:
        record: As `Told.to_record` makes it; its own `text.wording` counts, else the newest.
        language: `fr` or `en`.

    Raises:
        MalformedError: Not a record of this schema, or a wording that is not known here.
    """
    try:
        words = WORDINGS.get(record["text"]["wording"] if "text" in record else WORDING)
        if words is None:
            raise MalformedError("a receipt in a wording that is not known here", field="text")
        return "\n".join(_Text(record, words, language).lines()) + "\n"
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        raise MalformedError("not the record of a receipt", field="receipt") from None


@dataclass(frozen=True, slots=True)
class _Text:
    record: Mapping[str, Any]
    words: Mapping[str, Mapping[str, str]]
    language: str

    def lines(self) -> Iterator[str]:
        record = self.record
        yield self._say("title")
        yield self._say("number", record["receipt_id"])
        yield self._say("when", self._moment(record["event"]["event_time"]))
        yield ""
        if "answered" in record:
            yield from self._answer(record["answered"])
            return
        yield from self._lead()
        yield from self._terms() if record["stop"] is None else self._stop(record["stop"])
        yield ""
        yield from self._foot()

    def _answer(self, answered: Mapping[str, Any]) -> Iterator[str]:
        """Say a family's answer: what it was to, and that it does nothing else."""
        act = self.record["act"]
        yield self._say(act)
        yield ""
        if answered["kind"] == "fragment":
            yield self._say("answered_fragment", answered["id"])
            yield from (self._say("what"), f"- {self._label(answered)}", self._say("whose"))
        else:
            yield self._say("answered_transfer", answered["id"])
            yield from (self._say("why"), f"- {self._label(answered)}", self._say("receiver"))
        yield f"- {self._name(answered['agency'])}"
        yield ""
        yield self._say(f"only_{act}")
        yield from self._entry()

    def _lead(self) -> Iterator[str]:
        record = self.record
        act, decision = record["act"], record["consent"]["decision"]
        if record["was_over"]:
            yield self._say("was_over")
        elif act == "stopped" and record["stop"]["in_force"] is False:
            yield self._say("stop_asked")
        elif act in {"changed", "withdrawn"}:
            own = "" if record["event"]["validity_duration"]["from"] is not None else "_other"
            yield self._say(f"{act}_{decision}{own if act == 'withdrawn' else ''}")
        else:
            yield self._say(act)
        if record["recorded_by"] is not None:
            yield self._say("recorded", self._name(record["recorded_by"]))

    def _terms(self) -> Iterator[str]:
        processing, conditions = self.record["pii_processing"], self.record["conditions"]
        past = "_past" if self.record["act"] == "withdrawn" else ""
        yield ""
        yield self._say(f"who_{self.record['consent']['decision']}{past}")
        yield from self._listed(processing["recipient_third_parties"], self._recipient, "everybody")
        yield self._say("what")
        yield from self._listed(processing["pii_information"], self._label, "everything")
        yield self._say("whose")
        yield from self._listed(processing["pii_controllers"], self._name, "every_agency")
        yield self._say("why")
        yield from self._listed(processing["purposes"], self._label, "every_purpose")
        if processing["sensitive_pii_category"] is not None:
            yield self._say("level", LEVELS[processing["sensitive_pii_category"]][self.language])
        yield from self._conditions(conditions)
        yield from self._period()
        yield from self._without_effect(self.record.get("without_effect", ()))

    def _conditions(self, conditions: Mapping[str, Any]) -> Iterator[str]:
        if conditions["fragments"] is not None:
            yield self._say("documents", ", ".join(conditions["fragments"]))
        for name, bound in zip(("data_from", "data_until"), conditions["data_period"] or (), strict=False):
            if bound is not None:
                yield self._say(name, self._moment(bound))
        for name in ("one_time", "notify_family"):
            if conditions[name]:
                yield self._say(name)
        for carved in conditions["exceptions"]:
            yield from self._exception(carved)

    def _exception(self, carved: Mapping[str, Any]) -> Iterator[str]:
        """Say a carve-out: what it does not name, it leaves as the line has it."""
        yield self._say(f"exception_{carved['decision']}")
        yield from self._listed(carved.get("recipients", ()), self._recipient, "everybody")
        yield from self._listed(carved.get("categories", ()), self._label, "everything")
        yield from self._listed(carved.get("purposes", ()), self._label, "every_purpose")
        if "fragments" in carved:
            yield self._say("documents", ", ".join(carved["fragments"]))
        if "max_sensitivity" in carved:
            yield self._say("level", LEVELS[carved["max_sensitivity"]][self.language])

    def _period(self) -> Iterator[str]:
        if self.record["act"] == "withdrawn":
            return
        duration = self.record["event"]["validity_duration"]
        if duration["from"] is not None:
            yield self._say("from", self._moment(duration["from"]))
        until = duration["until"]
        yield self._say("no_end") if until is None else self._say("until", self._moment(until))

    def _without_effect(self, told: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        """Say where the word that was given decides nothing, so that nobody relies on it."""
        if told:
            yield ""
            yield self._say("without_effect")
        for one in told:
            owner = one["pii_controller"]
            yield f"- {self._label(one)}" + ("" if owner is None else f" ({self._name(owner)})")

    def _stop(self, stop: Mapping[str, Any]) -> Iterator[str]:
        reach = stop["reach"]
        yield self._say("reach")
        if reach["kind"] == "agency":
            units = "_units" if reach["include_units"] else ""
            yield self._say(f"reach_agency{units}", self._name(reach["agency"]))
        elif reach["kind"] == "category":
            yield self._say("reach_category", self._label(reach["category"]))
        elif reach["kind"] == "document":
            yield self._say("reach_document", reach["fragment"])
        else:
            yield self._say("reach_all")
        if self.record["act"] == "undone":
            yield self._say("stay_withdrawn")
            return
        if stop["in_force"] is False:
            yield self._say("kept_as_view")
        if stop["withdrawn"]:
            yield self._say("ended", str(len(stop["withdrawn"])))
            yield from (f"- {one['id']}" for one in stop["withdrawn"])
        yield ""
        yield from self._continues(stop["continues"])

    def _continues(self, told: Sequence[Mapping[str, Any]] | None) -> Iterator[str]:
        if told is None:
            yield self._say("cannot_tell")
            return
        yield self._say("continues" if told else "nothing_continues")
        groups: dict[tuple[str, str, str], list[str]] = {}
        for one in told:
            key = (self._name(one["recipient"]), self._name(one["pii_controller"]), one["reason"])
            labels = groups.setdefault(key, [])
            if self._label(one) not in labels:
                labels.append(self._label(one))
        for (reader, owner, reason), labels in groups.items():
            said = self._say("still_own", reader) if reader == owner else self._say("still", reader, owner)
            yield said + " " + BASES.get(reason, BASES[""])[self.language]
            yield from (f"  - {label}" for label in labels)
        yield self._say("law_may")

    def _foot(self) -> Iterator[str]:
        record = self.record
        act, decision = record["act"], record["consent"]["decision"]
        if act in {"given", "changed"} and decision == "permit":
            yield self._say("change_mind")
        elif act != "undone" and (act, decision) != ("withdrawn", "deny"):
            yield self._say("read_stays")
        yield from self._entry()

    def _entry(self) -> Iterator[str]:
        entry = self.record["ledger_entry"]
        yield self._say(f"entry_{entry['state']}", entry["id"])
        yield self._say("signed")

    def _say(self, name: str, *values: str) -> str:
        return self.words[name][self.language].format(*values)

    def _listed(self, told: Any, one: Any, everything: str) -> Iterator[str]:  # noqa: ANN401 - "any" or a list
        if told == "any":
            yield f"- {self._say(everything)}"
            return
        yield from (f"- {one(each)}" for each in told)

    def _name(self, party: Mapping[str, Any]) -> str:
        return str(party["party_name"][self.language])

    def _label(self, coded: Mapping[str, Any]) -> str:
        return str(coded["label"][self.language])

    def _recipient(self, recipient: Mapping[str, Any]) -> str:
        said = [self._name(recipient)] if "party_name" in recipient else []
        if "role" in recipient:
            said.append(str(recipient["role_label"][self.language]))
        if recipient.get("include_units"):
            said.append(self._say("with_units"))
        if "person" in recipient:
            who = recipient["person"]
            said.append(self._say("somebody") if who is None else self._say("one_person", who))
        if "committee" in recipient:
            said.append(self._say("one_committee", recipient["committee"]))
        return ", ".join(said)

    def _moment(self, text: str) -> str:
        moment = datetime.fromisoformat(text)
        day = f"{moment.day} {MONTHS[self.language][moment.month - 1]} {moment.year}"
        zone = " (UTC)" if text.endswith("Z") else ""
        return self._say("moment", day, f"{moment.hour:02d}", f"{moment.minute:02d}") + zone

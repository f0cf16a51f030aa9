"""The story that the demo tells: every line of it is what the running gateway answered."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.adapters.clock import SystemClock
from gateway.cli.demo_stage import Character, Stage, read_material, read_sections
from gateway.cli.failure import CORRUPT, CommandError
from gateway.domain.instants import Instant, to_text

SOLENE = Character("Solène", "solene", "client:school-board", "fr")
BARNABY = Character("Barnaby", "barnaby", "client:hospital", "en")
FERN = Character("Fern", "fern", "client:community-centre", "en")
PRUDENCE = Character("Prudence", "prudence", "client:community-centre", "fr")
ODETTE = Character("Odette", "odette", "client:family-portal", "fr", role="guardian")

_SIX_MONTHS_US = 180 * 24 * 3600 * 1_000_000
_DOCUMENTS = (
    (BARNABY, "hospital", "bundle.fhir.json", "application/fhir+json", "health_general", "a FHIR R4 bundle"),
    (SOLENE, "school service centre", "report.pdf", "application/pdf", "education", "a PDF report"),
)
Say = Callable[..., None]

_NOT_ASKING = (None, "person_changed", "deposited")

RECEIPT_COMPLETED = "Votre reçu dit maintenant ce qui continue."
"""Of the one row without a reason: the policy has said what a stop does not stop."""


@dataclass(slots=True)
class Story:
    """Tells itself line by line; `released` is the index of the entry that the last act alters in a copy."""

    stage: Stage
    say: Say
    fragments: dict[str, str] = field(default_factory=dict)
    released: int = 0

    async def tell(self) -> None:
        await self._deposits()
        await self._refusal()
        await self._consent()
        await self._release()
        await self._stop()

    async def _deposits(self) -> None:
        self._act("Three agencies each hold a piece of Mirabelle's dossier, and deposit it sealed")
        for who in (BARNABY, SOLENE, FERN):
            # An agency finds the person by an exact match; its handle means nothing to another agency.
            matched = await self.stage.expect(201, who, "POST", "/v1/person-matches", json=self._mirabelle())
            await self.stage.expect(201, who, "POST", "/v1/dossiers", json={"person": matched["handle"]})
        for who, agency, name, media_type, category, kind in _DOCUMENTS:
            content = read_material(name)
            meta = {"category": category, "media_type": media_type, "filename": name}
            parts = {
                "meta": (None, json.dumps(meta), "application/json"),
                "content": (name, content, media_type),
            }
            done = await self.stage.expect(
                201, who, "POST", "/v1/dossiers/dos_mirabelle/fragments", files=parts
            )
            self.fragments[name] = done["id"]
            self.say(f"{who.name} ({agency}): {kind}, {len(content)} bytes")
        sections = read_sections()
        assessment = {"category": "assessment_report", "sections": sections}
        path = "/v1/dossiers/dos_mirabelle/fragments"
        done = await self.stage.expect(201, FERN, "POST", path, json=assessment)
        self.fragments["assessment"] = done["id"]
        self.say(f"Fern (community centre): a psychosocial assessment in {len(sections)} sections")
        for section in sections:
            tags = f", {', '.join(section['tags'])}" if section.get("tags") else ""
            self.say(f"{section['id']}: {section['category']}, {section['sensitivity']}{tags}", indent=2)

    async def _refusal(self) -> None:
        self._act("Solène works with Mirabelle at school, and asks for the community centre's assessment")
        await self._expect_refusal(SOLENE, "NO_CONSENT")
        self.say("Nothing was unsealed; the attempt is in the ledger, for the family to see.")

    async def _consent(self) -> None:
        self._act("Odette, Mirabelle's mother, agrees: the school, for coordination, nothing sensitive")
        until = to_text(Instant(SystemClock().now() + _SIX_MONTHS_US))
        given = await self.stage.expect(
            201,
            ODETTE,
            "POST",
            "/v1/consents",
            json={
                "person": "p:mirabelle",
                "decision": "permit",
                "recipients": [{"agency": "demo:school-board"}],
                "owners": ["demo:community-centre", "demo:hospital"],
                "purposes": ["coordination"],
                "categories": ["assessment_report", "family_situation", "education", "health_general"],
                "max_sensitivity": "N",
                "until": until,
            },
        )
        self.say(f"consent {given['id']}, until {until[:10]}; ledger entry {given['ledger_entry']}")

    async def _release(self) -> None:
        self._act("Solène asks again")
        path = f"/v1/fragments/{self.fragments['assessment']}/releases"
        released = await self.stage.expect(201, SOLENE, "POST", path, json={"purpose": "coordination"})
        names = [one["id"] for one in released["sections"]]
        self._require(names == ["family", "school"] and released["incomplete"])
        self.say(f"released: {', '.join(names)}; ledger entry {released['ledger_entry']}")
        for section in released["sections"]:
            self.say(f"{section['id']}: {section['content']['text'][:72]}…", indent=2)
        self.say("The copy says: incomplete = true. What is missing is neither named nor counted to her.")
        bundle = f"/v1/fragments/{self.fragments['bundle.fhir.json']}/releases"
        answer = await self.stage.ask(SOLENE, "POST", bundle, json={"purpose": "coordination"})
        self._require(answer.content == read_material("bundle.fhir.json"))
        self.say("released: the hospital's FHIR bundle, byte for byte as it was deposited")
        self.say("Prudence, privacy officer of the community centre, reads the same entry:")
        entry = f"/v1/ledger/entries/{released['ledger_entry']}"
        shown = await self.stage.expect(200, PRUDENCE, "GET", entry)
        self.released = shown["index"]
        detail = shown["detail"]
        self._require(detail["withheld"] == ["therapy-notes", "wellbeing", "who-called"])
        self.say(f"entry {shown['index']}: {detail['account']} of {detail['agency']}", indent=2)
        self.say(f"basis {detail['basis']}, consent {detail['consents'][0][0]}", indent=2)
        self.say(f"withheld, and never unsealed: {', '.join(detail['withheld'])}", indent=2)

    async def _stop(self) -> None:
        self._act("Odette stops the sharing with the school")
        reach = {"kind": "agency", "agency": "demo:school-board"}
        stopped = await self.stage.expect(
            201, ODETTE, "POST", "/v1/stops", json={"person": "p:mirabelle", "reach": reach}
        )
        ended = [one["id"] for one in stopped["withdrawn"]]
        self.say(f"in force since {stopped['from']}; ended with it: {', '.join(ended)}")
        kinds = sorted({one["reason"]["text"] for one in stopped["continues"]})
        self.say(f"what continues all the same: {' '.join(kinds)}")
        self._act("Solène asks once more, this time in English")
        await self._expect_refusal(
            Character("Solène", "solene", "client:school-board", "en"), "CONSENT_REFUSED"
        )
        own = await self.stage.expect(
            200, ODETTE, "GET", "/v1/ledger/entries", params={"person": "p:mirabelle"}
        )
        kinds_seen = [row.get("kind") for row in own["items"]]
        # A row of which she may know little has no kind: an organisation looked for her child.
        looked, deposited = kinds_seen.count(None), kinds_seen.count("deposited")
        self.say(f"What Odette sees: {looked} look-ups, {deposited} deposits, and who asked:")
        for row in reversed([one for one in own["items"] if one.get("kind") not in _NOT_ASKING]):
            reasons = " ".join(one["text"] for one in row["reasons"]) or RECEIPT_COMPLETED
            self.say(
                f"{row['recorded_at'][:19]}Z  {row['kind']}  {row['agency'] or 'vous'}  {reasons}", indent=2
            )

    async def _expect_refusal(self, who: Character, code: str) -> None:
        path = f"/v1/fragments/{self.fragments['assessment']}/releases"
        problem = await self.stage.expect(403, who, "POST", path, json={"purpose": "coordination"})
        self._require([one["code"] for one in problem["reasons"]] == [code])
        self.say(f"refused: {problem['detail']}")
        for reason in problem["reasons"]:
            self.say(f"{reason['code']}: {reason['text']}", indent=2)
        for remedy in problem["remedies"]:
            self.say(f"→ {remedy['text']}", indent=2)
        self.say(f"ledger entry {problem['ledger_entry']}")

    def _mirabelle(self) -> Mapping[str, Any]:
        child = next(one for one in self.stage.seed.persons if one.id == "p:mirabelle")
        return {
            "family_name": child.family_name,
            "given_name": child.given_name,
            "birth_date": child.birth_date.isoformat(),
        }

    def _act(self, title: str) -> None:
        self.say(title, indent=0)

    def _require(self, holds: bool) -> None:
        if not holds:
            raise CommandError(CORRUPT, "the demo stopped: an answer was not what the rules say")

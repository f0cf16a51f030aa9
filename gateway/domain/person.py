"""What is known of a person by name, and when two descriptions are of the same person.

Matching is exact on three fields or more, each normalised first: Unicode NFC, case folded, white space
folded to single spaces. Nothing else is forgiven: a wrong match shows one child's dossier under another's
name, a missed one costs a merge.
"""

import json
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gateway.domain.errors import CorruptionError, MalformedError
from gateway.domain.instants import Instant

MAX_NAME = 120
DEFAULT_TIME_ZONE = "America/Toronto"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_ONTARIO = re.compile(r"[0-9]{10}\Z")
_QUEBEC = re.compile(r"[A-Z]{4}[0-9]{8}\Z")
_FRANCE = re.compile(r"[0-9]{15}\Z")


@dataclass(frozen=True, slots=True)
class Described:
    """A person as an agency describes her: three fields to match on, and a health number where known."""

    family_name: str = field(repr=False)
    given_name: str = field(repr=False)
    birth_on: date = field(repr=False)
    health_number: str | None = field(default=None, repr=False)

    @property
    def asked_by(self) -> list[str]:
        """The fields that are given, never what they hold."""
        number = [] if self.health_number is None else ["health_number"]
        return ["birth_date", "family_name", "given_name", *number]

    def to_document(self) -> dict[str, str]:
        """Say it in the field names of the API."""
        named = {"family_name": self.family_name, "given_name": self.given_name}
        number = {} if self.health_number is None else {"health_number": self.health_number}
        return {**named, "birth_date": self.birth_on.isoformat(), **number}

    @property
    def name(self) -> str:
        """What she is called, given name first."""
        return f"{self.given_name} {self.family_name}"

    @property
    def by_name(self) -> str:
        """What the blind index over the names and the birth date is made of."""
        return "\x1f".join((fold(self.family_name), fold(self.given_name), self.birth_on.isoformat()))

    @property
    def by_number(self) -> str | None:
        """What the blind index over the number, the family name and the birth date is made of, if any."""
        if self.health_number is None:
            return None
        return "\x1f".join((self.health_number, fold(self.family_name), self.birth_on.isoformat()))


@dataclass(frozen=True, slots=True)
class Attributes:
    """Kept sealed; `capable` is true, false, or the categories that she decides on alone."""

    described: Described
    capable: bool | tuple[str, ...] = True
    time_zone: str = DEFAULT_TIME_ZONE
    language: str = "fr"

    def to_json(self) -> bytes:
        """Render for sealing: one object, `birth_date` as `YYYY-MM-DD`."""
        document = {
            "family_name": self.described.family_name,
            "given_name": self.described.given_name,
            "birth_date": self.described.birth_on.isoformat(),
            "health_number": self.described.health_number,
            "capable": self.capable if isinstance(self.capable, bool) else list(self.capable),
            "time_zone": self.time_zone,
            "language": self.language,
        }
        return json.dumps(document, ensure_ascii=False, sort_keys=True).encode()

    @classmethod
    def of_json(cls, text: bytes) -> "Attributes":
        """Read what `to_json` rendered.

        Raises:
            CorruptionError: Anything else.
        """
        try:
            document = json.loads(text)
            described = Described(
                document["family_name"],
                document["given_name"],
                date.fromisoformat(document["birth_date"]),
                document["health_number"],
            )
            capable = document["capable"]
            return cls(
                described,
                capable if isinstance(capable, bool) else tuple(capable),
                document["time_zone"],
                document["language"],
            )
        except (ValueError, KeyError, TypeError):
            raise CorruptionError("a person's attributes are unreadable") from None

    def age_at(self, instant: Instant) -> int:
        """Whole years in the civil calendar of her time zone; 29 February comes of age on 1 March."""
        today = _local_day(instant, self.time_zone)
        return _age_on(self.described.birth_on, today)

    def next_birthday_at(self, instant: Instant) -> Instant:
        """Find the first instant after this one at which her age is another."""
        zone = ZoneInfo(self.time_zone)
        born, age = self.described.birth_on, self.age_at(instant)
        try:
            day = born.replace(year=born.year + age + 1)
        except ValueError:
            day = date(born.year + age + 1, 3, 1)
        midnight = datetime.combine(day, time(), zone).astimezone(UTC)
        return Instant((midnight - _EPOCH) // timedelta(microseconds=1))


def fold(name: str) -> str:
    """Normalise a name for matching: NFC, case folded, single spaces."""
    folded = unicodedata.normalize("NFC", name).casefold()
    return unicodedata.normalize("NFC", " ".join(folded.split()))


def parse_name(text: object, *, name: str) -> str:
    """Read a name of 1 to 120 characters, none of them a control character.

    Raises:
        MalformedError: Anything else; the text is not repeated.
    """
    if not isinstance(text, str) or not 1 <= len(text.strip()) <= MAX_NAME:
        raise MalformedError("a name has 1 to 120 characters", field=name)
    if any(unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Co", "Cn"} for sign in text):
        raise MalformedError("a name has no control characters", field=name)
    return text.strip()


def parse_birth_date(text: object, *, name: str = "birth_date") -> date:
    """Read `YYYY-MM-DD`, from the year 1900 on.

    Raises:
        MalformedError: Another shape, or no such day.
    """
    if isinstance(text, str) and _DAY.match(text) and text >= "1900":
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise MalformedError("a birth date is a day such as 2017-03-09", field=name)


def parse_health_number(text: object, *, name: str = "health_number") -> str:
    """Read an Ontario, Quebec or French number, spaces and hyphens taken out, letters in capitals.

    Raises:
        MalformedError: Another shape, or its check fails: ten digits (Luhn), four letters with a date and
            two signs, fifteen digits (97 minus the rest).
    """
    if isinstance(text, str):
        number = re.sub(r"[\s-]", "", text).upper()
        if _ONTARIO.match(number) and _luhn(number):
            return number
        if _QUEBEC.match(number) and _names_a_day(number[4:10]):
            return number
        if _FRANCE.match(number) and 97 - int(number[:13]) % 97 == int(number[13:]):
            return number
    raise MalformedError("a health number has the wrong shape or a wrong check digit", field=name)


def parse_described(fields: object) -> Described:
    """Read the fields that an agency looks a person up by.

    Raises:
        MalformedError: A field missing, unknown or of the wrong shape.
    """
    if not isinstance(fields, dict) or not fields.keys() <= {
        "family_name", "given_name", "birth_date", "health_number",
    }:  # fmt: skip
        raise MalformedError("a person is matched on names, birth date and health number", field="fields")
    number = fields.get("health_number")
    return Described(
        parse_name(fields.get("family_name"), name="family_name"),
        parse_name(fields.get("given_name"), name="given_name"),
        parse_birth_date(fields.get("birth_date")),
        None if number is None else parse_health_number(number),
    )


def require_born(described: Described, at: Instant) -> None:
    """Refuse a birth date that is still to come, wherever on earth it is asked.

    Raises:
        MalformedError: It is.
    """
    if described.birth_on > _local_day(at, "Pacific/Kiritimati"):
        raise MalformedError("a birth date lies in the future", field="birth_date")


def _luhn(digits: str) -> bool:
    doubled = [int(sign) * (2 if n % 2 == 0 else 1) for n, sign in enumerate(digits)]
    return sum(one // 10 + one % 10 for one in doubled) % 10 == 0


def _names_a_day(digits: str) -> bool:
    """Year, month (50 more for a woman), day, as the Quebec number holds them; the century is not said."""
    year, month, day = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    try:
        date(2000 + year, month - 50 if month > 50 else month, day)  # noqa: PLR2004 - the number's own rule
    except ValueError:
        # 1900 was no leap year, 2000 was one: every two-digit leap year is one in this century.
        return False
    return True


def _local_day(instant: Instant, zone: str) -> date:
    return (_EPOCH + timedelta(microseconds=instant)).astimezone(ZoneInfo(zone)).date()


def _age_on(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))

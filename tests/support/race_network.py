"""The small network with many more children, one for each lane of a race."""

from typing import Any

from tests.support.stack import network

CLINIC, SCHOOL = "qc:clinic", "qc:school"
ASKING = ("bob", "client:clinic")
FAMILY = ("conte", "client:family")


def child(number: int) -> str:
    return f"p:race{number:03d}"


def letter(number: int) -> str:
    """The one fragment of a child: the clinic reads it under a consent, and under nothing else."""
    return f"frg_race{number:03d}"


def authority(number: int) -> str:
    return f"aut_race{number:03d}"


def race_network(children: int) -> dict[str, Any]:
    """Add children with one guardian, one assigned worker of the clinic and one letter at the school."""
    seed = network()
    for number in range(children):
        name = child(number)
        seed["persons"].append(
            {
                "id": name,
                "names": {"given": f"Fable {number}", "family": "Inventé"},
                "birth_date": "today-3400d",
            }
        )
        seed["authorities"].append(
            {"id": authority(number), "subject": name, "person": "p:parent", "authority": "sole"}
        )
        seed["assignments"].append(
            {"id": f"asg_race{number:03d}", "worker": "w:bob", "person": name, "from": "now-30d"}
        )
        seed["dossiers"].append({"id": f"dos_race{number:03d}", "person": name})
        seed["fragments"].append(
            {
                "id": letter(number),
                "dossier": f"dos_race{number:03d}",
                "owner_agency": SCHOOL,
                "category": "family_situation",
                "sensitivity": "N",
                "media_type": "text/plain",
                "content": "An invented letter.",
            }
        )
    return seed

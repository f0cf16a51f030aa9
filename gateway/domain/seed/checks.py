"""Whether everything a seed refers to is in it, and nothing is in it twice."""

from collections import Counter
from collections.abc import Iterable

from gateway.domain.errors import MalformedError
from gateway.domain.findings import FindingKind
from gateway.domain.ids import parents_of
from gateway.domain.seed.shape import Seed


def check_references(seed: Seed) -> None:
    """Accept a seed in which every name that is used is also defined, once.

    Raises:
        MalformedError: The first name that is missing or repeated; `field` is the path of its use.
    """
    agencies = _names("agencies", [agency.id for agency in seed.agencies])
    for n, agency in enumerate(seed.agencies):
        for parent in parents_of(agency.id)[1:]:
            _known(parent, agencies, f"agencies[{n}].id")
    _names("clients", [client.id for client in seed.clients])
    for n, client in enumerate(seed.clients):
        if client.agency is not None:
            _known(client.agency, agencies, f"clients[{n}].agency")
    workers = _names("workers", [worker.id for worker in seed.workers])
    for n, worker in enumerate(seed.workers):
        _known(worker.agency, agencies, f"workers[{n}].agency")
    persons = _names("persons", [person.id for person in seed.persons])
    _identities(seed)
    for n, authority in enumerate(seed.authorities):
        _known(authority.subject, persons, f"authorities[{n}].subject")
        _known(authority.holder, persons | agencies, f"authorities[{n}].person")
    _names("authorities", [one.id for one in seed.authorities if one.id is not None])
    _names("orders", [order.id for order in seed.orders])
    for n, order in enumerate(seed.orders):
        _known(order.subject, persons, f"orders[{n}].subject")
    _names("assignments", [one.id for one in seed.assignments if one.id is not None])
    for n, assignment in enumerate(seed.assignments):
        _known(assignment.worker, workers, f"assignments[{n}].worker")
        _known(assignment.person, persons, f"assignments[{n}].person")
    _check_content(seed, agencies, persons)
    _check_findings(seed, persons)


def _check_content(seed: Seed, agencies: frozenset[str], persons: frozenset[str]) -> None:
    dossiers = _names("dossiers", [dossier.id for dossier in seed.dossiers])
    _names("dossiers", [dossier.person for dossier in seed.dossiers])
    for n, dossier in enumerate(seed.dossiers):
        _known(dossier.person, persons, f"dossiers[{n}].person")
    _names("consents", [f"{consent.id} version {consent.version}" for consent in seed.consents])
    for n, consent in enumerate(seed.consents):
        _known(consent.subject, persons, f"consents[{n}].subject")
        _known(consent.giver, persons, f"consents[{n}].grantor.person")
    _names("fragments", [one.id for one in seed.fragments if one.id is not None])
    for n, fragment in enumerate(seed.fragments):
        _known(fragment.dossier, dossiers, f"fragments[{n}].dossier")
        _known(fragment.owner, agencies, f"fragments[{n}].owner_agency")


_WORKERS = ("from_worker", "to_person")
_PERSONS = ("giver", "guardian")
_LISTS = {
    FindingKind.CAPACITY: "capacity_findings",
    FindingKind.HARM: "harm_determinations",
    FindingKind.CONSULTATION: "consultations",
    FindingKind.AGREEMENT: "agreements",
    FindingKind.SESSION: "sessions",
    FindingKind.TRANSFER: "transfers",
}


def _check_findings(seed: Seed, persons: frozenset[str]) -> None:
    """Look up who and what findings name; a package may name what is not there: it opens nothing."""
    agencies = frozenset(str(one.id) for one in seed.agencies)
    workers = frozenset(str(one.id) for one in seed.workers)
    fragments = frozenset(str(one.id) for one in seed.fragments)
    _names("findings", [one.id for one in seed.findings if one.id is not None])
    seen: Counter[FindingKind] = Counter()
    for one in seed.findings:
        path, document = f"{_LISTS[one.kind]}[{seen[one.kind]}]", one.document
        seen[one.kind] += 1
        _known(one.subject, persons, f"{path}.subject")
        named = [(name, document[name], workers) for name in _WORKERS if name in document]
        named += [(name, document[name], persons) for name in _PERSONS if name in document]
        named += [("members", member, workers) for member in document.get("members", ())]
        named += [("recused", member, workers) for member in document.get("recused", ())]
        if "owner" in document:
            named.append(("owner_agency", document["owner"], agencies))
        if document.get("agency") is not None:
            named.append(("agency", document["agency"], agencies))
        if document.get("fragment") is not None:
            named.append(("fragment", document["fragment"], fragments))
        for name, value, known in named:
            _known(value, known, f"{path}.{name}")


def _identities(seed: Seed) -> None:
    """One identity stands for one person, and for at most one worker of each agency."""
    pairs = [f"{one.identity.iss} {one.identity.sub}" for one in seed.persons if one.identity is not None]
    pairs += [f"{w.agency} {w.identity.iss} {w.identity.sub}" for w in seed.workers if w.identity is not None]
    _names("identities", pairs)


def _names(path: str, found: Iterable[str]) -> frozenset[str]:
    seen: set[str] = set()
    for name in found:
        if name in seen:
            raise MalformedError("the same name stands twice", field=path)
        seen.add(name)
    return frozenset(seen)


def _known(name: str, names: frozenset[str], path: str) -> None:
    if name not in names:
        raise MalformedError("this name is not defined in the seed", field=path)

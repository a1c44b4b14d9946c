"""Is estate.yaml right, all of it? Every part is read whatever is wrong with the others."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from drcheck.errors import EstateError
from drcheck.estate.access import check_reachable, read_windows
from drcheck.estate.cloud import read_azure
from drcheck.estate.document import Document, Problems
from drcheck.estate.drill_parts import read_blackouts, read_leases, read_networks, read_signing_key
from drcheck.estate.drills import Nameable, read_drill_files, read_drills
from drcheck.estate.forms import EstateForm
from drcheck.estate.model import Azure, Estate, SiteSpec, Windows
from drcheck.estate.places import check_places, read_links, read_reachability, read_sites
from drcheck.estate.preparation import read_prepared
from drcheck.estate.programme_forms import read_history, read_programme
from drcheck.estate.reader import Reader
from drcheck.estate.recovery import read_applications, read_endpoints, read_sequence
from drcheck.estate.rules import read_policy, read_waivers
from drcheck.topology.base import Target


def read(path: Path, environ: Mapping[str, str], drill_files: Sequence[Path] = ()) -> Estate:
    """The estate that a file declares; drills of files that are given take the place of those that it lists.

    Raises:
        EstateError: with every mistake.
    """
    problems = Problems()
    document = Document(path, problems)
    if document.value is None:
        raise EstateError(problems.listed())
    estate = _estate(Reader(document, environ), drill_files)
    if problems.listed():
        raise EstateError(problems.listed())
    return estate


def _estate(reader: Reader, drill_files: Sequence[Path]) -> Estate:
    whole = reader.part(EstateForm, reader.document.value, ())
    windows, guest = read_windows(reader, whole.get("windows"))
    azure = read_azure(reader, whole.get("azure"))
    networks = read_networks(reader, whole.get("drill_networks"), windows)
    applications = read_applications(reader, whole.get("applications"))
    nameable = Nameable.of(networks, azure.vaults, applications, guest=guest is not None)
    drills = read_drills(reader, whole.get("drills"), nameable)
    if drill_files:
        drills = read_drill_files(reader, drill_files, nameable)
    waivers = reader.existing_file(whole.get("waivers"), ("waivers",))
    sites = read_sites(reader, whole.get("sites"))
    observers = read_reachability(reader, whole.get("reachability"), whole.get("sites"))
    check_reachable(reader, windows, {observer.host: loc for observer, (loc, _) in observers.items()})
    looks = [target for _, targets in observers.values() for target in targets]
    records, journals = whole.get("drill_records"), whole.get("drill_journals")
    return Estate(
        path=reader.document.path,
        name=whole.get("name") or "",
        sites=sites,
        endpoints=(*_targets(reader, whole.get("endpoints"), (sites, windows, azure)), *looks),
        windows=windows,
        guest_credentials=guest,
        azure=azure,
        links=read_links(reader, whole.get("links"), sites),
        observers=tuple(observers),
        applications=applications,
        sequence=read_sequence(reader, whole.get("sequence")),
        drill_networks=networks,
        drills=drills,
        blackouts=read_blackouts(reader, whole.get("blackouts")),
        drill_journals=None if journals is None else reader.document.file(journals),
        drill_leases=read_leases(reader, whole.get("drill_leases")),
        drill_authorisation=whole.get("drill_authorisation") or "optional",
        drill_signing_key=read_signing_key(reader, whole.get("drill_signing_key")),
        drill_records=None if records is None else reader.document.file(records),
        scenarios=tuple(dict.fromkeys(whole.get("scenarios") or ())),
        waivers=read_waivers(waivers, reader) if waivers is not None and waivers.is_file() else (),
        programme=read_programme(reader, whole.get("programme"), [one.name for one in applications]),
        history=read_history(reader, whole.get("history")),
        prepared=read_prepared(reader, whole, [site.name for site in sites]),
        policy=read_policy(reader, whole.get("policy")),
    )


def _targets(reader: Reader, value: object, known: tuple[tuple[SiteSpec, ...], Windows, Azure]) -> tuple[Target, ...]:
    sites, windows, azure = known
    declared = read_endpoints(reader, value)
    check_places(reader, sites, {name: loc for (_, name), loc in declared.items()})
    check_reachable(reader, windows, {name: loc for (_, name), loc in declared.items()})
    targets = [Target(role=role, endpoint=name, via=windows.via(name)) for role, name in declared]
    targets += [Target(role="vault", endpoint=vault.id) for vault in azure.vaults]
    if not targets and not value and not azure.vaults:
        reader.problem(("endpoints",), "there is nothing to start from; declare endpoints or azure.vaults")
    return tuple(targets)

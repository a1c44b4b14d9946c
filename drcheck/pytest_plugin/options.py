"""What was asked for on the command line, and which checks and subjects does that leave?"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from msgspec import Struct
from msgspec.structs import replace

from drcheck.check import Check
from drcheck.evaluate import Work, describe
from drcheck.topology.base import Fact, Topology
from drcheck.topology.declared import Application, Site
from drcheck.verdict import Severity

SOURCES = ("estate", "snapshot", "lab")
WHICH = "give one of --estate FILE, --snapshot FILE or --lab NAME: checks need an estate to look at"

_SELECTIONS = {
    "checks": ("ID", "only these checks, e.g. DR-VMM-*"),
    "area": ("NAME", "only checks of these areas, the middle part of their ids: VMM, HVR, SQL …"),
    "severity": ("NAME", "only checks of these severities: critical, high, medium, low"),
    "app": ("NAME", "only subjects of these applications"),
    "site": ("NAME", "only subjects at these sites"),
    "tier": ("NUMBER", "only subjects of applications of these tiers"),
    "subject": ("NAME", "only subjects with these names or keys"),
}


def add_options(parser: pytest.Parser) -> None:
    """Declare every option of the plugin."""
    group = parser.getgroup("drcheck", "disaster-recovery validation")
    _add_sources(group)
    _add_run(group)
    for name, (metavar, text) in _SELECTIONS.items():
        group.addoption(
            f"--{name}",
            action="append",
            default=[],
            metavar=metavar,
            dest=f"drcheck_{name}",
            help=f"{text} (shell patterns, several with commas or by repeating)",
        )


def _add_sources(group: pytest.OptionGroup) -> None:
    group.addoption("--estate", metavar="FILE", dest="drcheck_estate", help="discover what this estate.yaml declares")
    group.addoption(
        "--snapshot",
        metavar="FILE",
        dest="drcheck_snapshot",
        help="judge what was discovered earlier; with --estate, by its policy and waivers",
    )
    group.addoption(
        "--lab", metavar="NAME", dest="drcheck_lab", help="start this simulated estate and discover it (see: lab list)"
    )
    group.addoption(
        "--lab-seed", type=int, default=0, metavar="N", dest="drcheck_lab_seed", help="what the lab draws timings from"
    )
    group.addoption(
        "--lab-speed", type=float, metavar="X", dest="drcheck_lab_speed", help="how much faster the lab's clockwork is"
    )


def _add_run(group: pytest.OptionGroup) -> None:
    group.addoption(
        "--drill",
        action="store_true",
        dest="drcheck_drill",
        help="after the checks, run the test failovers that estate.yaml lists under drills; one with a sentinel asks "
        "that machine's own guest in production for its time, once",
    )
    group.addoption(
        "--people",
        choices=("auto", "present", "absent"),
        default="auto",
        dest="drcheck_people",
        help="is somebody there who carries out what a drill asks people for, and says so (Enter, or `drcheck drill "
        "confirm`)? auto: where there is a terminal, and not in CI; absent: declared times count",
    )
    group.addoption(
        "--drill-file",
        action="append",
        default=[],
        metavar="FILE",
        dest="drcheck_drill_files",
        help="after the checks, run the test failover that this file describes instead (repeat it)",
    )
    group.addoption(
        "--run-dir", metavar="DIR", dest="drcheck_run_dir", help="where the evidence goes (default: reports/<run>)"
    )
    group.addoption(
        "--as-of-snapshot",
        action="store_true",
        dest="drcheck_as_of_snapshot",
        help="accept a snapshot that is older than policy allows: the verdict speaks for its moment, not for now",
    )
    group.addoption(
        "--shipped-checks", action="store_true", dest="drcheck_shipped", help="add the checks that come with drcheck"
    )
    group.addoption(
        "--no-allure",
        action="store_true",
        dest="drcheck_no_allure",
        help="write no Allure results, and no HTML report, which is made of them",
    )
    group.addoption("--no-html", action="store_true", dest="drcheck_no_html", help="write no HTML report")


class Selection(Struct, frozen=True, kw_only=True):
    """What the user has narrowed the run to. Empty tuples mean: everything."""

    checks: tuple[str, ...] = ()
    area: tuple[str, ...] = ()
    severity: tuple[str, ...] = ()
    app: tuple[str, ...] = ()
    site: tuple[str, ...] = ()
    tier: tuple[str, ...] = ()
    subject: tuple[str, ...] = ()

    def takes(self, check: Check) -> bool:
        """Is this check selected?"""
        return (
            _matches(self.checks, check.id)
            and _matches(self.area, check.area)
            and _matches(self.severity, check.severity.value)
        )

    def narrow(self, work: Work, topology: Topology) -> Work:
        """The same work without the subjects that are not selected. Gaps stay: they may hide a selected subject."""
        if not (self.app or self.site or self.tier or self.subject):
            return work
        return replace(work, subjects=tuple(each for each in work.subjects if self._takes_subject(each, topology)))

    def _takes_subject(self, fact: Fact, topology: Topology) -> bool:
        subject = describe(topology, fact)
        return (
            _matches(self.app, subject.application)
            and _matches(self.site, subject.site)
            and _matches(self.tier, "" if subject.tier is None else str(subject.tier))
            and _matches(self.subject, subject.name, subject.key)
        )

    def unmatched(self, topology: Topology, checks: Collection[Check]) -> Iterator[str]:
        """Names that nothing has: what somebody meant to look at was not looked at.

        Args:
            topology: has the applications and sites.
            checks: all checks; empty where they are not known.
        """
        known = {
            "app": sorted(one.name for one in topology.seen(Application)),
            "site": sorted(one.name for one in topology.seen(Site)),
            "checks": sorted(each.id for each in checks),
            "area": sorted({each.area for each in checks}),
        }
        for option, names in known.items():
            for pattern in getattr(self, option):
                if names and not any(_matches((pattern,), name) for name in names):
                    near = get_close_matches(pattern, names, n=1)
                    hint = f"; did you mean {near[0]}?" if near else ""
                    yield f"--{option} {pattern}: nothing is called so{hint}"

    def recorded(self) -> dict[str, str]:
        """The selection as a run records it."""
        fields = {name: getattr(self, name) for name in _SELECTIONS}
        return {name: ",".join(patterns) for name, patterns in fields.items() if patterns}


def _matches(patterns: Sequence[str], *values: str) -> bool:
    if not patterns:
        return True
    return any(fnmatchcase(value.lower(), pattern.lower()) for value in values for pattern in patterns)


def selection(config: pytest.Config) -> Selection:
    """What the user has narrowed the run to.

    Raises:
        pytest.UsageError: a severity or tier that does not exist.
    """
    given: dict[str, tuple[str, ...]] = {}
    for name in _SELECTIONS:
        texts: list[str] = config.getoption(f"drcheck_{name}")
        given[name] = tuple(part.strip() for text in texts for part in text.split(",") if part.strip())
    known = {severity.value for severity in Severity}
    for wrong in sorted(set(given["severity"]) - known):
        raise pytest.UsageError(f"--severity {wrong}: choose from {', '.join(severity.value for severity in Severity)}")
    for wrong in (tier for tier in given["tier"] if not tier.isdigit()):
        raise pytest.UsageError(f"--tier {wrong}: a tier is a number, 0 for the recovery machinery itself")
    return Selection(**given)


def drills_wanted(config: pytest.Config) -> bool:
    """Are test failovers to be held after the checks?"""
    return bool(config.getoption("drcheck_drill") or config.getoption("drcheck_drill_files"))


def drill_files(config: pytest.Config) -> tuple[Path, ...]:
    """The drill files of the command line."""
    return tuple(config.invocation_params.dir / name for name in config.getoption("drcheck_drill_files"))


def pytest_selection(config: pytest.Config) -> Mapping[str, str]:
    """What pytest itself was told to leave out; a part of the files or items is a selection as well."""
    options = {"-k": "keyword", "-m": "markexpr", "--deselect": "deselect", "--ignore": "ignore"}
    found = {flag: str(value) for flag, name in options.items() if (value := config.getoption(name, default=None))}
    nodes = [argument for argument in config.args if "::" in argument]
    return found | ({"nodes": " ".join(nodes)} if nodes else {})


def marks(work: Work, topology: Topology) -> tuple[str, ...]:
    """What pytest's ``-m`` and ``-k`` know an item by besides its name: area, severity, tier of the application."""
    tier = describe(topology, work.subjects[0]).tier if work.subjects else None
    return (work.check.area.lower(), work.check.severity.value, *(() if tier is None else (f"tier{tier}",)))


def source(config: pytest.Config) -> str:
    """Which kind of source was given; empty for none. A snapshot may be judged by the policy of an estate.

    Raises:
        pytest.UsageError: more than one.
    """
    given = [name for name in SOURCES if config.getoption(f"drcheck_{name}")]
    if set(given) == {"estate", "snapshot"}:
        return "snapshot"
    if len(given) > 1:
        raise pytest.UsageError(f"{' and '.join(f'--{name}' for name in given)} exclude each other: {WHICH}")
    return given[0] if given else ""


def shipped_checks() -> Path:
    """The folder with the checks of this installation: beside the package in a checkout, inside it in a wheel."""
    package = Path(__file__).parents[1]
    inside = package / "_checks"
    return inside if inside.is_dir() else package.parent / "checks"


def shipped_id(path: Path) -> str | None:
    """The id of a check file inside an installed package; ``None``: pytest's own.

    pytest names a file outside its root by its folder alone, so a user's own file could get the same id.
    """
    folder = shipped_checks()
    inside = folder.name == "_checks" and path.is_relative_to(folder)
    return f"drcheck/_checks/{path.relative_to(folder).as_posix()}" if inside else None

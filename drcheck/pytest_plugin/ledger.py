"""What came back from the items of a session, and what never came back?"""

from collections.abc import Iterable, Iterator, Sequence

import pytest
from msgspec.structs import replace

from drcheck.pytest_plugin.collect import is_ours
from drcheck.pytest_plugin.gathering import Gathering
from drcheck.pytest_plugin.omitted import Omitted
from drcheck.pytest_plugin.outcomes import Delivery, Exhibit, unpack
from drcheck.verdict import Finding, Measurement


class Ledger:
    """The controller's record of a session; in a session without workers the controller is all there is."""

    def __init__(self) -> None:
        self.expected: set[str] = set()
        self.deliveries: dict[str, Delivery] = {}
        self.gathering = Gathering()
        self.trouble: list[str] = []
        self.broken: set[str] = set()
        self.omitted: Omitted | None = None
        self.interrupted = False

    def expect(self, nodeids: Iterable[str]) -> None:
        """Note which of our items there are."""
        self.expected.update(nodeid for nodeid in nodeids if is_ours(nodeid))

    @pytest.hookimpl
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note the items of a session without workers."""
        self.expect(item.nodeid for item in session.items)

    @pytest.hookimpl
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file with checks that cannot be read leaves the run incomplete."""
        if report.failed:
            self.trouble.append(f"{report.nodeid} could not be collected: {_last_line(report.longreprtext)}")

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take an item's delivery, or note that it brought none."""
        delivery = unpack(report)
        if delivery is not None:
            self.gathering.take(report.nodeid, delivery.findings)
            self.deliveries[report.nodeid] = replace(delivery, findings=())
        elif report.when == "call" and not report.failed:
            self.expected.discard(report.nodeid)  # ours deliver before they pass: this one only looks like ours
        elif report.failed and is_ours(report.nodeid):
            self.broken.add(report.nodeid)
            self.trouble.append(f"{report.nodeid} broke down: {_last_line(report.longreprtext)}")

    @pytest.hookimpl
    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """An error inside pytest or a plugin leaves the run incomplete."""
        self.trouble.append(f"internal error: {_last_line(str(excinfo.value)) or excinfo.typename}")

    @pytest.hookimpl
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """An interruption leaves the run incomplete."""
        self.interrupted = self.interrupted or excinfo.type is KeyboardInterrupt
        self.trouble.append(f"the run was interrupted ({excinfo.typename})")

    def findings(self) -> Sequence[Finding]:
        """Every finding, in canonical order whatever order workers delivered them in; asked for once."""
        return self.gathering.result()

    def measurements(self) -> tuple[Measurement, ...]:
        """Every measurement, in the order of the drills."""
        return tuple(measurement for each in self._sorted() for measurement in each.measurements)

    def exhibits(self) -> tuple[Exhibit, ...]:
        """Every file the drills left."""
        return tuple(exhibit for each in self._sorted() for exhibit in each.exhibits)

    def all_trouble(self) -> tuple[str, ...]:
        """Why the run cannot be complete, items that never reported included."""
        silent = sorted(self.expected - self.deliveries.keys() - self.broken)
        lines = [*self.trouble, *(line for each in self._sorted() for line in each.trouble)]
        if silent:
            more = f" and {len(silent) - 3} more" if len(silent) > 3 else ""
            lines.append(
                f"{len(silent)} of {len(self.expected)} items did not run to their end: {', '.join(silent[:3])}{more}"
            )
        return tuple(lines)

    def _sorted(self) -> Iterator[Delivery]:
        return (self.deliveries[nodeid] for nodeid in sorted(self.deliveries))


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    return lines[-1] if lines else ""

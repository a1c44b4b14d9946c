"""What can be asked of a recovery plan, and of one protected item? A test failover, its clean-up, and who is at work.

Source: Microsoft, REST reference of Site Recovery 2025-08-01. A plan tells of the operation on it in
``currentScenario`` with a status of its own; an item names only the job, and ``None`` where there is none.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from drcheck.drill.azure.far_side import Azure
from drcheck.drill.timing.waiting import Waits, insist
from drcheck.errors import DrillError, Garbled
from drcheck.transport.arm import SITE_RECOVERY_API
from drcheck.transport.arm_values import Moment

LATEST_PROCESSED = "latest-processed"
LATEST_APP_CONSISTENT = "latest-app-consistent"
POINT_TYPES = {LATEST_PROCESSED: "LatestProcessed", LATEST_APP_CONSISTENT: "LatestApplicationConsistent"}
"""From what a plan may be made. ``Latest`` would first fetch what production still holds, which no disaster allows."""
APP_CONSISTENT = "ApplicationConsistent"
"""``recoveryPointType`` of such a point; the other one is ``CrashConsistent``."""
COMMENTS = "drill finished (drcheck)"
PROVIDER = "HyperVReplicaAzure"
NO_JOB = "none"


class _Scenario(msgspec.Struct, frozen=True, rename="camel"):
    job_id: str | None = None

    @property
    def job(self) -> str:
        """The job's name, lower case; empty for the service's ``None``."""
        name = (self.job_id or "").rpartition("/")[2].lower()
        return "" if name == NO_JOB else name


class _PlanProperties(msgspec.Struct, frozen=True, rename="camel"):
    current_scenario: _Scenario | None = None
    current_scenario_status: str | None = None
    current_scenario_status_description: str | None = None

    @property
    def job(self) -> str:
        """Name of the job that works on the plan, or did last; empty when there is none."""
        return self.current_scenario.job if self.current_scenario else ""

    @property
    def runs(self) -> bool:
        """Does the service work on the plan now?"""
        return self.current_scenario_status in ("InProgress", "NotStarted")


class _Plan(msgspec.Struct, frozen=True):
    properties: _PlanProperties


class _ItemProperties(msgspec.Struct, frozen=True, rename="camel"):
    current_scenario: _Scenario | None = None


class _Item(msgspec.Struct, frozen=True):
    properties: _ItemProperties


class _PointProperties(msgspec.Struct, frozen=True, rename="camel"):
    time: Moment = msgspec.field(name="recoveryPointTime")
    recovery_point_type: str | None = None


class _Point(msgspec.Struct, frozen=True):
    id: str
    properties: _PointProperties


class Orders(Protocol):
    """What a drill asks Site Recovery to do with one thing, and how it finds out what became of it."""

    def point(self, kind: str) -> str:
        """What a kind of recovery point (``POINT_TYPES``) is in the request; ``DrillError`` when there is none."""

    def start(self, network: str, point: str) -> str:
        """POST the test failover into a virtual network, from what ``point`` gave; returns the job's name."""

    def start_clean_up(self) -> str:
        """POST the clean-up of a test failover; returns the job's name."""

    def job(self) -> str:
        """Name of the job that works on it, or did last; empty when there is none."""

    def settle(self, job: str, seconds: float) -> None:
        """Wait until nothing works on it any more; ``job``, our own, is ended when it waits for somebody."""


@dataclass(frozen=True, kw_only=True)
class PlanOrders:
    """Orders about a recovery plan."""

    azure: Azure
    plan: str
    """ARM id."""

    def point(self, kind: str) -> str:
        """See ``Orders``. Each machine's own: the service chooses."""
        return POINT_TYPES[kind]

    def start(self, network: str, point: str) -> str:
        """See ``Orders``. The details are a list here, one entry per way of replication."""
        details = [{"instanceType": PROVIDER, "recoveryPointType": point}]
        return _begin(self.azure, f"{self.plan}/testFailover", _request(network, details))

    def start_clean_up(self) -> str:
        """See ``Orders``."""
        return _begin(self.azure, f"{self.plan}/testFailoverCleanup", {"properties": {"comments": COMMENTS}})

    def job(self) -> str:
        """See ``Orders``."""
        return self._doing().job

    def settle(self, job: str, seconds: float) -> None:
        """See ``Orders``."""
        cancelled = False
        for _ in _until(self.azure, seconds, self.plan):
            doing = insist(self.azure.wait, self._doing)
            if doing.current_scenario_status_description == "WaitingForManualAction" and doing.job == job:
                if not cancelled:
                    self.azure.cancel(job)
                cancelled = True
            elif not doing.runs:
                return

    def _doing(self) -> _PlanProperties:
        return self.azure.client.one(self.plan, SITE_RECOVERY_API, _Plan).properties


@dataclass(frozen=True, kw_only=True)
class ItemOrders:
    """Orders about one protected item."""

    azure: Azure
    item: str
    """ARM id."""

    def point(self, kind: str) -> str:
        """See ``Orders``. The ARM id of the newest one."""
        points = self.azure.client.every(f"{self.item}/recoveryPoints", SITE_RECOVERY_API, _Point)
        dated = [
            (point.properties.time.at, point.id)
            for point in points
            if point.properties.time.at is not None
            and (kind != LATEST_APP_CONSISTENT or point.properties.recovery_point_type == APP_CONSISTENT)
        ]
        if not dated:
            raise DrillError(f"it has no recovery point for {kind}")
        return max(dated)[1]

    def start(self, network: str, point: str) -> str:
        """See ``Orders``. The details are one object here; without a recovery point in it, pending data come first."""
        details = {"instanceType": PROVIDER, "recoveryPointId": point}
        return _begin(self.azure, f"{self.item}/testFailover", _request(network, details))

    def start_clean_up(self) -> str:
        """See ``Orders``."""
        return _begin(self.azure, f"{self.item}/testFailoverCleanup", {"properties": {"comments": COMMENTS}})

    def job(self) -> str:
        """See ``Orders``."""
        scenario = self.azure.client.one(self.item, SITE_RECOVERY_API, _Item).properties.current_scenario
        return scenario.job if scenario else ""

    def settle(self, job: str, seconds: float) -> None:
        """See ``Orders``. The job of one machine waits for nobody, but for the end of the test itself."""
        for _ in _until(self.azure, seconds, self.item):
            if not insist(self.azure.wait, lambda: self._runs(job)):
                return

    def _runs(self, job: str) -> bool:
        """Does our own job, or another one, work on it? A job that was just begun may not be shown yet."""
        doing = [self.azure.job(name) for name in {job, self.job()} if name]
        return not all(one.ended or one.waits_for for one in doing)


def _request(network: str, details: object) -> dict[str, Any]:
    return {
        "properties": {
            "failoverDirection": "PrimaryToRecovery",
            "networkType": "VmNetworkAsInput",
            "networkId": network,
            "providerSpecificDetails": details,
        }
    }


def _begin(azure: Azure, path: str, body: dict[str, Any]) -> str:
    job = azure.client.post(path, SITE_RECOVERY_API, body).job
    if not job:
        label = azure.client.endpoint.label
        raise Garbled(label, f"POST {path} was accepted without naming a job", "Look in the portal")
    return job


def _until(azure: Azure, seconds: float, what: str) -> Waits:
    return Waits(azure.now, azure.wait, seconds, what)

"""What do the verbs of the drill script do on a simulated host?"""

import asyncio
import re
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from drcheck.lab.cmdlets.canary import tcp_of_canary
from drcheck.lab.cmdlets.guest_probes import read_probes, watch
from drcheck.lab.cmdlets.hyperv_machines import LocalVm, adapter_objects, local_vms
from drcheck.lab.cmdlets.objects import Call, CmdletError, Session, moment
from drcheck.lab.guests.scripts import copied, running
from drcheck.lab.state.inside import Guest
from drcheck.lab.state.replication import ReplicaError, Replicator, heartbeat, relation
from drcheck.lab.state.world import TestVm

POLL = 0.5
"""Seconds between two looks of a watching verb; the script's own, so not scaled."""

ALIVE = ("OkApplicationsHealthy", "OkApplicationsUnknown")
_REAL_FAILOVER = ("PreparedForFailover", "FailedOverWaitingCompletion", "FailedOver", "RecoveryInProgress")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

Row: TypeAlias = dict[str, object]
Rows: TypeAlias = AsyncIterator[Row]
Arguments: TypeAlias = Mapping[str, object]


def refuse(error_id: str, message: str) -> CmdletError:
    """The script's own refusal."""
    return CmdletError(error_id, message, "InvalidOperation")


def guid(value: object) -> str:
    """An id; nothing but a GUID with dashes passes."""
    try:
        parsed = str(uuid.UUID(str(value)))
    except ValueError:
        parsed = ""
    if parsed != str(value).lower():
        raise refuse("NotAllowed", "an id is not a GUID")
    return parsed


def text(given: Arguments, name: str) -> str:
    """An argument as PowerShell casts it: null, and what was not given, is the empty text."""
    value = given.get(name)
    return "" if value is None else str(value)


def drill_name(value: object) -> str:
    """A drill's id, which becomes a file name."""
    if not _NAME.fullmatch(str(value)):
        raise refuse("NotAllowed", "a drill id holds other characters than letters, digits, dot, dash")
    return str(value)


_START = re.compile(r"Hyper-V\\Start-VMFailover -(VM|VMRecoverySnapshot) [^\n]*")


def as_test(script: str, *, chosen: bool) -> bool:
    """Does the script's call of Start-VMFailover have its switch? There is one for a chosen point, one without."""
    calls = {found[1]: found[0] for found in _START.finditer(script)}
    call = calls.get("VMRecoverySnapshot" if chosen else "VM", "")
    return " -AsTest " in call or not call


def guarded(script: str) -> bool:
    """Does the script look for the very test VM before it calls Stop-VMFailover?"""
    return "($null -eq $test) -or ($test.Id -ne $wanted)" in script or not script


@dataclass(kw_only=True)
class Actor:
    """Carries out one verb on one host."""

    session: Session
    replicator: Replicator
    script: str = ""
    """What was sent; where it matters, what it really says is done."""

    def carry_out(self, request: Arguments) -> Rows:
        """The rows of the answer, as they come.

        Raises:
            CmdletError: the verb is refused or failed.
        """
        verb, given = text(request, "verb"), request.get("args")
        handler = self._verbs.get(verb)
        if handler is None or not isinstance(given, dict):
            raise refuse("NotAllowed", f"unknown verb {verb}")
        if verb.startswith("hyperv.") and "hyperv" not in self.session.host.roles:
            raise CmdletError("CommandNotFoundException", "The module 'Hyper-V' could not be loaded.", "ObjectNotFound")
        return handler(given)

    @property
    def _verbs(self) -> Mapping[str, Callable[[Arguments], Rows]]:
        return {
            "lease.take": self._take_lease,
            "lease.release": self._release_lease,
            "lease.read": self._read_lease,
            "journal.mirror": self._mirror_journal,
            "journal.fence": self._fence_journal,
            "journal.read": self._read_journal,
            "journal.find": self._find_journals,
            "lease.list": self._list_leases,
            "hyperv.test-failover.start": self._start_test,
            "hyperv.test-failover.stop": self._stop_test,
            "hyperv.test-vm.start": self._start_vm,
            "hyperv.test-vm.watch": self._watch,
            "hyperv.canary.tcp": self._tcp_of_canary,
            "hyperv.test-vm.probe": self._probe_test,
            "hyperv.vm.probe": self._probe_vm,
        }

    async def _take_lease(self, given: Arguments) -> Rows:
        leases, vm = self.session.host.leases, guid(given.get("vm_id"))
        lease = {
            "holder": text(given, "holder"),
            "drill": drill_name(given.get("drill")),
            "expires": text(given, "expires"),
        }
        other = leases.get(vm)
        if other is not None and text(given, "over") and other["drill"] == drill_name(given.get("over")):
            other = None
        if other is None:
            leases[vm] = lease
            yield {"taken": True}
        else:
            yield {"taken": False, **other}

    async def _release_lease(self, given: Arguments) -> Rows:
        leases, vm = self.session.host.leases, guid(given.get("vm_id"))
        own = vm in leases and leases[vm]["drill"] == drill_name(given.get("drill"))
        if own:
            del leases[vm]
        yield {"released": own}

    async def _read_lease(self, given: Arguments) -> Rows:
        lease = self.session.host.leases.get(guid(given.get("vm_id")))
        if lease is not None:
            yield dict(lease)

    async def _mirror_journal(self, given: Arguments) -> Rows:
        line = text(given, "line")
        if "\n" in line or "\r" in line:
            raise refuse("NotAllowed", "a journal record is one line")
        drill = drill_name(given.get("drill"))
        if drill in self.session.host.fenced:
            raise refuse("TakenOver", "the lease of this drill has expired, and another drill has taken it over")
        lines = self.session.host.journals.setdefault(drill, [])
        lines.append(line)
        yield {"lines": len(lines)}

    async def _fence_journal(self, given: Arguments) -> Rows:
        self.session.host.fenced.add(drill_name(given.get("drill")))
        yield {"fenced": True}

    async def _read_journal(self, given: Arguments) -> Rows:
        for line in self.session.host.journals.get(drill_name(given.get("drill")), []):
            yield {"line": line}

    async def _find_journals(self, given: Arguments) -> Rows:
        wanted = guid(given.get("about"))
        for drill, lines in sorted(self.session.host.journals.items()):
            if any(wanted in line.lower() for line in lines):
                yield {"drill": drill}

    async def _list_leases(self, given: Arguments) -> Rows:
        del given
        for vm, lease in sorted(self.session.host.leases.items()):
            yield {"vm_id": vm, **lease}

    async def _start_test(self, given: Arguments) -> Rows:
        local = self._replica(given)
        if relation(local.vm).test_vm_id:
            raise refuse("TestVmExists", "a test failover of this VM exists")
        point = given.get("recovery_point")
        if not as_test(self.script, chosen=point is not None):
            self._fail_over_for_real(local)
        try:
            test = await self.replicator.start_test(local.vm, None if point is None else guid(point))
        except ReplicaError as error:
            raise refuse(error.error_id, error.message) from error
        made = LocalVm(vm=local.vm, side="test", test=test)
        adapters = [
            {"name": item.values["Name"], "switch": item.values["SwitchName"]}
            for item in adapter_objects(self._call, made)
        ]
        yield {"test_vm_id": test.id, "test_vm_name": test.name, "adapters": adapters}

    def _fail_over_for_real(self, local: LocalVm) -> None:
        """The same cmdlet without its switch: nothing comes back that the script could go on with."""
        try:
            self.replicator.start_failover(local.vm)
        except ReplicaError as error:
            raise refuse(error.error_id, error.message) from error
        raise CmdletError(
            "InvokeMethodOnNull", "You cannot call a method on a null-valued expression.", "InvalidOperation"
        )

    async def _stop_test(self, given: Arguments) -> Rows:
        local, wanted = self._replica(given), guid(given.get("test_vm_id"))
        replication = relation(local.vm)
        if not guarded(self.script):
            await self.replicator.stop(local.vm)
        if not replication.test_vm_id or replication.test_vm_id != wanted:
            raise refuse("TestVmNotFound", "the replica does not have this test VM; nothing was sent")
        if local.replication_state in _REAL_FAILOVER:
            raise refuse("InvalidState", f"a real failover is under way: {local.replication_state}; nothing was sent")
        try:
            await self.replicator.stop(local.vm)
        except ReplicaError as error:
            raise refuse(error.error_id, error.message) from error
        yield {"removed": True}

    async def _start_vm(self, given: Arguments) -> Rows:
        local, test = self._test_vm(given)
        try:
            await self.replicator.start_test_vm(local.vm, test)
        except ReplicaError as error:
            raise refuse(error.error_id, error.message) from error
        yield {"state": self._test_vm(given)[0].state}

    async def _watch(self, given: Arguments) -> Rows:
        began, before, last = self._now, "", None
        while True:
            looking = self._utc
            local, test = self._test_vm(given)
            beat = heartbeat(test, self._now)
            seen = f"{local.state}/{beat or ''}"
            if seen != before:
                before = seen
                uptime = 0.0 if test.started is None else max(0.0, self._now - test.started)
                shown = {"state": local.state, "heartbeat": beat, "uptime_seconds": uptime}
                yield {"utc": self._utc, "previous_utc": last, **shown}
            if beat in ALIVE or self._now - began >= float(text(given, "seconds") or 0):
                return
            last = looking
            await asyncio.sleep(POLL)

    def _probe_test(self, given: Arguments) -> Rows:
        self._test_vm(given)
        return self._probed(given, lambda: self._test_guest(given))

    async def _tcp_of_canary(self, given: Arguments) -> Rows:
        yield tcp_of_canary(self._call, self._find(guid(given.get("vm_id"))), given)

    def _probe_vm(self, given: Arguments) -> Rows:
        local = self._find(guid(given.get("vm_id")))
        if local.mode not in ("None", "Primary"):
            raise refuse("InvalidState", f"the VM is a copy: replication mode {local.mode}")
        if local.state != "Running":
            raise refuse("InvalidState", f"the VM is not running: {local.state}")
        kinds = [probe.kind for probe in read_probes(given.get("probes"))]
        if "script" in kinds and given.get("scripts") is not True:
            raise refuse("NotAllowed", "a script of the user runs in production only when that is asked for")
        return self._probed(given, lambda: running(self.session.world, local.vm, self._now))

    def _test_guest(self, given: Arguments) -> Guest | str:
        local, test = self._test_vm(given)
        if heartbeat(test, self._now) not in ALIVE:
            return "NoAnswer: 2100,PSDirectException"
        return copied(self.session.world, local.vm, test, self._now)

    def _probed(self, given: Arguments, look: Callable[[], Guest | str]) -> Rows:
        """PowerShell Direct: needs a booted guest and an account of the guest, and no network."""
        world = self.session.world

        def opened() -> Guest | str:
            guest, user = look(), (text(given, "user").lower(), text(given, "password"))
            if not isinstance(guest, str) and user != (world.guest_user.lower(), world.guest_password):
                return "NoAnswer: InvalidCredential,PSDirectException"
            return guest

        return watch(read_probes(given.get("probes")), opened, lambda: self._now, lambda: self._utc)

    @property
    def _now(self) -> float:
        return self.session.clock.now()

    @property
    def _utc(self) -> str:
        utc = moment(self._now + self.session.host.clock_offset)
        return f"{utc:%Y-%m-%dT%H:%M:%S.%f}0Z"

    @property
    def _call(self) -> Call:
        return Call(session=self.session, cmdlet="act", params={})

    def _find(self, identifier: str) -> LocalVm:
        for local in local_vms(self._call):
            if local.id == identifier:
                return local
        raise refuse("VmNotFound", f"there is no VM {identifier} here")

    def _replica(self, given: Arguments) -> LocalVm:
        local = self._find(guid(given.get("vm_id")))
        if local.mode != "Replica":
            raise refuse("InvalidState", f"the VM is no replica: replication mode {local.mode}")
        return local

    def _test_vm(self, given: Arguments) -> tuple[LocalVm, TestVm]:
        local = self._find(guid(given.get("test_vm_id")))
        if local.test is None:
            raise refuse("NotATestReplica", f"the VM is no test replica: replication mode {local.mode}")
        return local, local.test

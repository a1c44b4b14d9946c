"""What can be reached from inside the drill network? Tried by a machine that stands there, before and during a drill.

Configuration shows the ways out that somebody has configured. A canary finds the others: it must fail to connect to
each sentinel of production, and must reach its control in the same network, which shows that it can connect at all.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from drcheck.discovery.driver.reach import arm_endpoint, windows_endpoint
from drcheck.drill import Context, Prober
from drcheck.drill.azure.calls import DrillArm
from drcheck.drill.azure.far_side import COMPUTE_API
from drcheck.drill.azure.guest import printed
from drcheck.drill.guest.tcp import SECONDS, encoded, guest_script, outcomes
from drcheck.drill.hyperv.far_side import Windows
from drcheck.drill.isolation.inward import from_production
from drcheck.drill.journal import Journal
from drcheck.drill.planning.announcement import Call
from drcheck.drill.timing.waiting import Waits, insist
from drcheck.errors import DrcheckError, DrillError, QueryFailed
from drcheck.estate import Canary, DrillSpec, Estate
from drcheck.topology.base import Unknown
from drcheck.topology.hyperv import HyperVVm
from drcheck.topology.isolation_proof import NetworkProof, NetworkTry

ACTION = "canary"
AGAIN_SECONDS = 6.0
"""How long an answer may fail to come before it counts as none: one may get lost."""
BUSY_SECONDS = 180.0
"""How long Azure may be busy with somebody else's command in the canary; it runs one at a time."""
RUN_SECONDS = 300.0
"""How long Run Command may take; some ten seconds are usual."""


_DOES = "from inside the network, try to connect to production, which must fail, and to the control, which must not"


def canary_of(estate: Estate, platform: str, network: str) -> Canary | None:
    """The canary that is declared for a network; ``None`` when there is none.

    Args:
        estate: what is declared.
        platform: ``hyperv`` or ``azure``.
        network: the switch's name, or the VNet's ARM id.
    """
    wanted = (platform, network.lower())
    return next((one.canary for one in estate.drill_networks if (one.platform, one.name.lower()) == wanted), None)


def canaries_on(context: Context, host: str, switch: str) -> tuple[Prober, ...]:
    """Who tries a switch of a Hyper-V host from inside; nobody when no canary is declared."""
    canary = canary_of(context.estate, "hyperv", switch)
    if canary is None:
        return ()
    return (_OnSwitch(context, canary, host, switch), *from_production(context, canary, switch))


def canaries_in(context: Context, network: str) -> tuple[Prober, ...]:
    """Who tries a virtual network from inside; nobody when no canary is declared."""
    canary = canary_of(context.estate, "azure", network)
    if canary is None:
        return ()
    return (_InNetwork(context, canary, network), *from_production(context, canary, network))


class _OnSwitch:
    """A VM on the drill switch, asked through its host over the VM bus."""

    inward = False

    def __init__(self, context: Context, canary: Canary, host: str, switch: str) -> None:
        self.network = switch
        self.canary = canary
        self.place = host
        self._context = context
        self._windows = Windows(endpoint=windows_endpoint(context.estate, host), now=context.now)

    def ask(self) -> Sequence[str]:
        guest = self._context.estate.guest_credentials
        if guest is None:
            raise DrillError("estate.yaml gives no windows.guest_credentials for PowerShell Direct")
        rows = self._windows.act(
            "hyperv.canary.tcp",
            vm_id=self._vm_id(),
            switch=self.network,
            ends=encoded(_ends(self.canary)),
            seconds=str(SECONDS),
            user=guest.username,
            password=guest.password.reveal(),
        )
        return [str(line) for row in rows for line in row.get("lines", ())]

    def announced(self) -> tuple[Call, ...]:
        given = {"vm_id": self.canary.vm, "switch": self.network, "ends": _shown(self.canary)}
        return (Call(does=_DOES, on=self.place, verb="hyperv.canary.tcp", given=given),)

    def _vm_id(self) -> str:
        wanted = self.canary.vm.lower()
        for vm in self._context.topology.seen(HyperVVm):
            if vm.host == self.place and wanted in (vm.vm_id, vm.name.lower()):
                return vm.vm_id
        raise DrillError(f"{self.place} has no machine {self.canary.vm}")


class _InNetwork:
    """An Azure VM, asked through its agent."""

    inward = False

    def __init__(self, context: Context, canary: Canary, network: str) -> None:
        self.network = network
        self.canary = canary
        self.place = ""
        self._context = context
        self._arm = DrillArm(arm_endpoint(context.estate), now=context.now)

    def ask(self) -> Sequence[str]:
        given = {"Ends": encoded(_ends(self.canary)), "Seconds": str(SECONDS)}
        body = {
            "commandId": "RunPowerShellScript",
            "script": guest_script().splitlines(),
            "parameters": [{"name": name, "value": value} for name, value in given.items()],
        }
        where = self._begin(body)
        for _ in Waits(self._context.now, self._context.wait, RUN_SECONDS, f"the command in {self.canary.vm}"):
            answer = self._arm.follow(where)
            if answer.status != 202:
                said = printed(answer.body)
                return said.stdout.splitlines() or [said.detail]
        raise AssertionError("the wait ends by itself")

    def announced(self) -> tuple[Call, ...]:
        path, given = f"{self.canary.vm}/runCommand", {"ends": _shown(self.canary)}
        return (Call(does=_DOES, on="Azure", method="POST", path=path, api_version=COMPUTE_API, given=given),)

    def _begin(self, body: Mapping[str, Any]) -> str:
        """Where the answer will be."""
        for _ in Waits(self._context.now, self._context.wait, BUSY_SECONDS, f"another command in {self.canary.vm}"):
            try:
                return self._arm.post(f"{self.canary.vm}/runCommand", COMPUTE_API, body).headers["Location"]
            except QueryFailed as refused:
                if refused.error_id != "Conflict":
                    raise
        raise AssertionError("the wait ends by itself")


def _shown(canary: Canary) -> str:
    silent, answer = (", ".join(one.label for one in ends) for ends in (canary.must_not_reach, canary.must_reach))
    return f"must not answer: {silent}; must answer: {answer}"


def _ends(canary: Canary) -> list[tuple[str, int]]:
    return [(one.host, one.port) for one in (*canary.must_not_reach, *canary.must_reach)]


class Proofs:
    """Asks every canary of a drill, and keeps what they said.

    Args:
        probers: who is asked.
        journal: told what they saw before the drill, and what was wrong later.
        wait: pauses for so many seconds.
        now: the time, UTC.
    """

    def __init__(
        self, probers: Sequence[Prober], journal: Journal, wait: Callable[[float], None], now: Callable[[], datetime]
    ) -> None:
        self._probers = probers
        self._journal = journal
        self._wait = wait
        self._now = now
        self._first: tuple[NetworkProof, ...] = ()
        self._bad: tuple[NetworkProof, ...] = ()
        self._last: tuple[NetworkProof, ...] = ()
        self.rounds = 0
        """How often all of them were asked."""

    @property
    def kept(self) -> tuple[NetworkProof, ...]:
        """What the record tells: the first round, the last, and everything in between that was wrong."""
        return tuple(dict.fromkeys((*self._first, *self._bad, *self._last)))

    def before(self) -> tuple[str, ...]:
        """What keeps the networks from being proven isolated, before anything is started."""
        self._first = self._round(before=True)
        return _problems(self._first)

    def meanwhile(self) -> tuple[str, ...]:
        """The same while copies run; asked from another thread."""
        self._last = self._round(before=False)
        wrong = tuple(proof for proof in self._last if proof.problems)
        self._bad += wrong
        return _problems(wrong)

    def _round(self, *, before: bool) -> tuple[NetworkProof, ...]:
        proofs = tuple(self._proof(prober, before=before) for prober in self._probers)
        self.rounds += bool(proofs)
        return proofs

    def _proof(self, prober: Prober, *, before: bool) -> NetworkProof:
        canary = prober.canary
        tries: tuple[NetworkTry, ...] = ()
        trouble = ""
        try:
            tries = insist(self._wait, lambda: _tries(canary, prober.ask()), AGAIN_SECONDS)
        except (DrcheckError, Unknown) as error:
            trouble = str(error)
        proof = NetworkProof(
            network=prober.network,
            canary=canary.vm,
            at=self._now(),
            before=before,
            tries=tries,
            trouble=trouble,
            inward=prober.inward,
        )
        if before or proof.problems:
            told = {f"{one.label}": one.outcome for one in tries}
            problems = list(proof.problems)
            self._journal.write("observed", ACTION, network=proof.network, canary=canary.vm, tries=told, wrong=problems)
        return proof


def _tries(canary: Canary, lines: Sequence[str]) -> tuple[NetworkTry, ...]:
    ends = [*((one, False) for one in canary.must_not_reach), *((one, True) for one in canary.must_reach)]
    return tuple(
        NetworkTry(host=end.host, port=end.port, must_reach=wanted, outcome=outcome, name=end.name)
        for (end, wanted), outcome in zip(ends, outcomes(lines, len(ends)), strict=True)
    )


def _problems(proofs: Sequence[NetworkProof]) -> tuple[str, ...]:
    return tuple(problem for proof in proofs for problem in proof.problems)


def configured(leaks: Sequence[str], proofs: Proofs | None) -> tuple[str, ...]:
    """Those of a drill's leaks that its networks' configuration shows, rather than a canary."""
    probed = _problems(proofs.kept) if proofs else ()
    return tuple(leak for leak in leaks if leak not in probed)


def isolation_section(
    spec: DrillSpec, estate: Estate, proofs: Proofs | None, judged: tuple[bool, Sequence[str]]
) -> dict[str, Any]:
    """What a record tells of isolation.

    Args:
        spec: the drill.
        estate: what is declared of its networks.
        proofs: what canaries saw; ``None`` when it never came to that.
        judged: whether it was found isolated, and what leaked.
    """
    isolated, leaks = judged
    networks = networks_of(spec)
    told = [_how(estate, network) for network in networks]
    return {
        "network": spec.network_name,
        "networks": list(networks),
        "isolated": isolated,
        "leaks": list(leaks),
        "how": "; ".join(told),
        "probes": msgspec.to_builtins(proofs.kept) if proofs and proofs.kept else None,
        "rounds": proofs.rounds if proofs else 0,
    }


def networks_of(spec: DrillSpec) -> tuple[str, ...]:
    """Every network that a drill and its parts go into."""
    own = [name for name in (spec.switch, spec.network) if name]
    parts = [name for group in spec.groups for part in group.parts for name in networks_of(part)]
    return tuple(dict.fromkeys([*own, *parts]))


def _how(estate: Estate, network: str) -> str:
    declared = next((one for one in estate.drill_networks if one.name.lower() == network.lower()), None)
    if declared is not None and declared.canary is not None:
        outsider = declared.canary.from_production
        inward = f", and from production by {outsider.host}" if outsider else ""
        return f"{network}: by configuration, and by the canary {declared.canary.vm}{inward}"
    reason = declared.without_canary if declared else ""
    return f"{network}: by configuration only; {reason or 'nobody has declared a canary or why there is none'}"

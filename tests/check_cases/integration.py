"""Cases of the check on the integration services that copies rely on."""

from msgspec.structs import replace

from drcheck.topology.hyperv import HyperVVm, VmIntegration, VmReplication
from drcheck.topology.hyperv_replica import FailoverAddress, ReplicationProvider
from drcheck.topology.site_recovery import ProtectedItem, ReplicationPolicy
from tests import estate_facts as facts
from tests import estate_names as names
from tests.check_cases.case import Table
from tests.estate_integration import integration, service
from tests.estate_replica_hosts import FOREIGN, provider
from tests.estate_vault import item
from tests.estates import Change, add, change, cut, drop, lose, seen, together, unchanged

LONDON, LEEDS, VAULT = f"hyperv:{names.HV_LON}", f"hyperv:{names.HV_LDS}", f"vault:{names.VAULT}"
WEB, FILE, AUX = (f"{one}@{names.HV_LON}" for one in (names.WEB_VM, names.FILE_VM, names.AUX_VM))
DB, VMM, DC = (f"{one}@{names.HV_LON}" for one in (names.DB_VM, names.VMM_VM, names.DC_VM))
REPLICA, VMM_REPLICA = f"{names.FILE_VM}@{names.HV_LDS}", f"{names.VMM_VM}@{names.HV_LDS}"
SENT = names.REPLICATION
IN_LONDON = (names.FILE_VM, "FILE01", names.HV_LON)


def backup(status: str | None = "Ok", beat: str | None = "Ok", *, enabled: bool = True) -> Change:
    """What the host of a machine that Hyper-V Replica sends tells of it."""
    services = service("heartbeat", beat), service("vss", status, enabled=enabled)
    return add(integration(*IN_LONDON, *services))


def address(ipv4: str = "10.20.0.4", ipv6: str = "", host: str = names.HV_LDS) -> Change:
    return add(
        FailoverAddress(
            key=f"{names.FILE_VM}@{host}/nic", seen=seen(host), vm_id=names.FILE_VM, name="FILE01", host=host,
            adapter="nic", ipv4=ipv4, mask="", gateway="", dns_servers=(), ipv6=ipv6,
        )
    )  # fmt: skip


def exchange(status: str | None = "Ok", *, enabled: bool = True, kept: bool = True, given: str = "10.20.0.4") -> Change:
    """A replica with an address: what its own host and that of the primary tell."""
    there = integration(names.FILE_VM, "FILE01", names.HV_LDS, service("key-value", None, enabled=kept))
    here = integration(*IN_LONDON, *(service(one) for one in ("heartbeat", "vss")),
                       service("key-value", status, enabled=enabled))  # fmt: skip
    return together(address(given), add(there, here))


def relationship(key: str) -> Change:
    return add(replace(facts.replication(names.FILE_VM, "FILE01", names.HV_LON, "Primary"), key=key))


def vm(key: str, **fields: object) -> Change:
    return change(HyperVVm, key, **fields)


def sent(**fields: object) -> Change:
    return change(VmReplication, SENT, **fields)


answers = Table("DR-RPL-101", FILE)
answers.passes("sent by Hyper-V Replica", unchanged, "Backup (VSS)", "is Ok", "Hyper-V Replica")
answers.passes("protected to Azure", unchanged, "is Ok", "policy five", subject=WEB)
answers.fails("disabled", backup(enabled=False), "disabled", names.HV_LON, "enabled and in contact")
answers.fails("disabled, and it is off", together(backup(None, enabled=False), vm(FILE, state="Off")), "disabled")
answers.fails("no contact, the guest is up", backup("NoContact"), "NoContact while the guest is up")
answers.fails("lost, the guest is up", backup("LostCommunication"), "LostCommunication")
answers.fails("no protocol in common", backup("NonRecoverableError"), "no protocol")
answers.fails("disabled, the vaults unread", together(backup(enabled=False), lose(ProtectedItem, VAULT)), "disabled",
              also=(AUX, DC, WEB, DB))  # fmt: skip
answers.fails(
    "disabled, the relationships unread",
    together(
        lose(VmReplication, LONDON),
        add(integration(names.WEB_VM, "PAY-WEB01", names.HV_LON, service("vss", enabled=False))),
    ),
    subject=WEB,
    also=(AUX, DC, FILE, VMM),
)
answers.warns("an older protocol", backup("Degraded"), "not current")
answers.unknown("no contact, and no heartbeat", backup("NoContact", "NoContact"), "no heartbeat")
answers.unknown(
    "no contact, and no heartbeat service",
    add(integration(*IN_LONDON, service("vss", "NoContact"))),
    "no heartbeat",
)
answers.unknown("status not told", backup(None), "without a status")
answers.unknown("a status that says nothing", backup("Error"), "Error, which says nothing")
answers.unknown("no such service told", add(integration(*IN_LONDON, service("heartbeat"))), "tells nothing")
answers.unknown("the machine not told", drop(VmIntegration, FILE), "tells nothing")
answers.unknown("services unread", lose(VmIntegration, LONDON), "tells nothing", also=(WEB, DB, VMM))
answers.unknown("its state not told", vm(FILE, state=""), "not told")
answers.unknown("whether it has such points not told", sent(vss_enabled=None), "does not tell")
answers.unknown("relationships unread", lose(VmReplication, LONDON), "VmReplication", also=(AUX, DC, VMM))
answers.unknown("engines unread", together(lose(ReplicationProvider, LONDON)), also=(VMM,))
answers.unknown("items unread", lose(ProtectedItem, VAULT), subject=WEB, also=(DB, AUX, DC))
answers.unknown("policies unread", lose(ReplicationPolicy, VAULT), "ReplicationPolicy", subject=WEB, also=(DB,))
answers.unknown("the policy is gone", drop(ReplicationPolicy), "not told", subject=WEB, also=(DB,))
answers.unknown("how often not told", change(ReplicationPolicy, names.POLICY, app_consistent_hours=None),
                "how often", subject=WEB, also=(DB,))  # fmt: skip
answers.unknown("the VMs unread", lose(HyperVVm, LONDON), subject=f"HyperVVm@{LONDON}")
SECOND = f"{FILE}/Extended"
answers.passes(
    "a second relationship of another engine", together(relationship(SECOND), add(provider(SECOND, FOREIGN)))
)
answers.passes("relationships not told to the end", cut(VmReplication, LONDON), also=(AUX, DC))
answers.passes(
    "an earlier item runs in Azure",
    add(item(f"{names.CONTAINER}/items/early", "PAY-WEB01", names.WEB_VM, active_location="Recovery")),
    subject=WEB,
)
answers.skips("not replicated, another host unread", lose(VmReplication, LEEDS), subject=AUX)
answers.skips("no address is set, another host unread", lose(FailoverAddress, LONDON), subject=REPLICA)
answers.skips("it is off", vm(FILE, state="Off"), "while the machine runs")
answers.skips("not replicated", unchanged, "nobody makes", subject=AUX)
answers.skips("points switched off", sent(vss_enabled=False), "nobody makes")
answers.skips("sent by another engine", add(provider(SENT, FOREIGN)), "nobody makes")
answers.skips("the policy makes none", change(ReplicationPolicy, names.POLICY, app_consistent_hours=0), "nobody",
              subject=WEB, also=(DB,))  # fmt: skip
answers.skips("it runs in Azure", change(ProtectedItem, names.WEB_ITEM, active_location="Recovery"), subject=WEB)
answers.skips("a test copy", together(vm(FILE, replication_mode="TestReplica"), backup(enabled=False)), "test failover")
answers.skips("no VM at all", drop(HyperVVm), subject="estate")

answers.passes("a replica with an address", exchange(), "Data Exchange", "enabled on", "10.20.0.4", subject=REPLICA)
answers.passes("a replica with an address of version 6", together(exchange(), address("", "2001:db8::4")),
               "2001:db8::4", subject=REPLICA)  # fmt: skip
answers.fails("disabled for the replica", exchange(kept=False), names.HV_LDS, "disabled", subject=REPLICA)
answers.fails("disabled for the primary", exchange(enabled=False), names.HV_LON, "disabled", subject=REPLICA)
answers.fails("the guest does not answer", exchange("NoContact"), "NoContact", subject=REPLICA)
answers.fails("the guest does not answer, its own unread", together(exchange("NoContact"), lose(VmIntegration, LEEDS)),
              "NoContact", subject=REPLICA)  # fmt: skip
answers.fails("disabled for the replica, the primary unread", together(exchange(kept=False), lose(HyperVVm, LONDON)),
              "disabled", subject=REPLICA, alone=True)  # fmt: skip
answers.fails("a replica of a replica", together(exchange(kept=False), vm(REPLICA, replication_mode="ExtendedReplica")),
              subject=REPLICA)  # fmt: skip
answers.warns("an older protocol, of a replica", exchange("Degraded"), "not current", subject=REPLICA)
answers.unknown("the primary is gone", together(exchange(), drop(HyperVVm, FILE)), "0 hosts", subject=REPLICA,
                also=(FILE,))  # fmt: skip
answers.unknown("its own not told", together(exchange(), drop(VmIntegration, REPLICA)), names.HV_LDS, subject=REPLICA)
answers.unknown("addresses unread", lose(FailoverAddress, LEEDS), "FailoverAddress", subject=REPLICA,
                also=(VMM_REPLICA,))  # fmt: skip
answers.skips("the primary is off", together(exchange(None), vm(FILE, state="Off")), "while the machine runs",
              subject=REPLICA, also=(FILE,))  # fmt: skip
answers.skips("no address is set", exchange(kept=False, given=""), "no address", subject=REPLICA)
answers.skips("an address on another host", together(exchange(kept=False, given=""), address(host="hv9.far.lab")),
              "no address", subject=REPLICA)  # fmt: skip

CASES = answers.cases

"""Cases of the checks on replica hosts: engines of replications, replication settings, certificates."""

from datetime import timedelta

from msgspec.structs import replace

from drcheck.policy import Policy
from drcheck.topology.cluster import ClusterNetworkName, ClusterNode, ClusterResource
from drcheck.topology.declared import Application, Site
from drcheck.topology.hyperv import Drive, HyperVVm, VmReplication
from drcheck.topology.hyperv_replica import ReplicaServer, ReplicationProvider
from drcheck.topology.windows_host import MachineCertificate
from tests import estate_facts as facts
from tests import estate_names as names
from tests.check_cases.case import Table
from tests.estate_replica_hosts import BROKER, FOREIGN, broker_name, certificate, provider, server
from tests.estates import READ, Change, add, ago, change, drop, lose, skew, together, unchanged

LONDON = f"hyperv:{names.HV_LON}"
BY_OTHERS = provider(names.REPLICATION, FOREIGN)
OF_VMM, OF_VMM_LDS = names.VMM_REPLICATION, f"{names.VMM_VM}@{names.HV_LDS}/Simple"
OF_FILE, OF_FILE_LDS = names.REPLICATION, f"{names.FILE_VM}@{names.HV_LDS}/Simple"
ALL = (OF_VMM, OF_VMM_LDS, OF_FILE, OF_FILE_LDS)

normal = Table("DR-HVR-001", names.REPLICATION)
normal.passes("by Hyper-V's own engine", add(provider(names.REPLICATION)))
normal.skips("by another engine", add(BY_OTHERS), "another engine")
normal.skips(
    "critical by another engine", together(add(BY_OTHERS), change(VmReplication, names.REPLICATION, health="Critical"))
)
normal.unknown("by an engine without a name", add(provider(names.REPLICATION, "")), "by which engine")
normal.unknown("the engines unread", lose(ReplicationProvider, LONDON), also=(OF_VMM,))

broker = Table("DR-HVR-003", names.HV_CLUSTER)
broker.skips("every replication by another engine", add(*(provider(key, FOREIGN) for key in ALL)), "no VM on a node")
broker.passes("one by another engine", add(BY_OTHERS))
broker.unknown(
    "the engines unread",
    together(*(lose(ReplicationProvider, f"hyperv:{host}") for host in (names.HV_LON, names.HV_LDS))),
    "ReplicationProvider",
)

vmm = Table("DR-VMM-002", names.VMM01)
vmm.fails("by another engine only", add(provider(OF_VMM, FOREIGN)), "another engine")
vmm.unknown("the engines unread", lose(ReplicationProvider, LONDON), "ReplicationProvider")

coverage = Table("DR-VMM-004", names.FILE_VM)
coverage.fails("by another engine only", add(provider(OF_FILE, FOREIGN), provider(OF_FILE_LDS, FOREIGN)), "no hyperv")


def link(**fields: object) -> Change:
    return change(VmReplication, names.REPLICATION, **fields)


LOST_LINKS = f"VmReplication@{LONDON}"
SECOND = "D:\\VMs\\FILE01\\FILE01_data.vhdx"
FIRST = "C:\\VMs\\FILE01\\FILE01.vhdx"
MINUTE = timedelta(minutes=1)

lag = Table("DR-HVR-002", names.REPLICATION)
lag.passes("healthy", unchanged, "3 min behind", "0 %", "15 min")
lag.passes("exactly as allowed", link(last_replication=READ - 15 * MINUTE, missed_count=5, successful_count=95), "5 %")
lag.passes("of no application, three cycles", link(name="SPARE", vm_id="x", last_replication=READ - 15 * MINUTE))
lag.passes("a short cycle, and a long discovery", link(frequency_seconds=30, last_replication=READ - MINUTE), "90 s")
lag.passes("a window that has just begun", link(missed_count=0, successful_count=0))
lag.fails("late for the target", link(last_replication=READ - 16 * MINUTE), "16 min behind", "15 min")
lag.fails("late by three cycles", link(frequency_seconds=30, last_replication=READ - 2 * MINUTE), "2 min", "90 s")
lag.fails("missed cycles", link(missed_count=10, successful_count=90), "10 % of the cycles missed")
lag.fails("missed cycles, nothing else told", link(missed_count=10, successful_count=90, last_replication=None))
lag.fails("late, cycles not told", link(last_replication=READ - 16 * MINUTE, missed_count=None), "16 min")
lag.fails("late on the replica", change(VmReplication, OF_FILE_LDS, last_replication=ago(days=1)), subject=OF_FILE_LDS)
lag.unknown("never replicated", link(last_replication=None), "when it last")
lag.unknown("cycles not told", link(missed_count=None), "cycles")
lag.unknown("too close to call", together(link(last_replication=READ - 14 * MINUTE), skew(names.HV_LON, 0.0, 120.0)))
lag.unknown("the engines unread", lose(ReplicationProvider, LONDON), also=(OF_VMM,))
lag.unknown("the host unread", lose(VmReplication, LONDON), subject=LOST_LINKS)
lag.skips("by another engine", together(add(BY_OTHERS), link(last_replication=ago(days=1))), "another engine")
lag.skips("the second hop", link(relationship="Extended", last_replication=ago(days=1)), "third site")
lag.skips("on the third host", link(mode="ExtendedReplica"), "third site")


def promised(**fields: object) -> Change:
    return change(Application, "files", **fields)


LATE = link(frequency_seconds=900, last_replication=READ - 16 * MINUTE)
lag.fails("late for its tier", together(promised(rpo_seconds=0), LATE), "15 min")
lag.fails("late for its own target", promised(rpo_seconds=120), "3 min behind", "2 min", also=(OF_FILE_LDS,))
lag.fails("late for a target of a second", promised(rpo_seconds=1), also=(OF_FILE_LDS,))
lag.passes("how often not told", link(frequency_seconds=0), "15 min")
lag.unknown("successful cycles not told", link(successful_count=None), "cycles")
lag.fails("the only cycle missed", link(missed_count=1, successful_count=0), policy=Policy(missed_cycles_percent=60))


def file_vm(**fields: object) -> Change:
    return change(HyperVVm, f"{names.FILE_VM}@{names.HV_LON}", **fields)


PASSED_THROUGH = Drive(path="Disk 7", controller="SCSI", controller_number=0, location=3, disk_number=7)
SCRATCH = "E:\\scratch\\tmp.vhdx"
ON_CHECKPOINT = "D:\\VMs\\FILE01\\FILE01_data_0A1B2C3D-0000-1111-2222-0123456789AB.avhdx"
EXCUSED = Policy(excluded_disks=("*\\scratch\\*",))

whole = Table("DR-HVR-004", names.REPLICATION)
whole.passes("every disk", unchanged, "2 disks, 2 of them")
whole.passes("on a checkpoint", file_vm(disks=(FIRST, ON_CHECKPOINT)))
whole.passes("in another spelling", link(replicated_disks=(FIRST.upper(), SECOND.lower())))
whole.passes("one is excused", together(file_vm(disks=(FIRST, SECOND, SCRATCH))), policy=EXCUSED)
whole.passes("one is excluded and excused", link(excluded_disks=(SCRATCH,)), policy=EXCUSED)
whole.fails("one that was added", file_vm(disks=(FIRST, SECOND, SCRATCH)), SCRATCH)
whole.fails("one that was excluded", link(replicated_disks=(FIRST,), excluded_disks=(SECOND,)), SECOND)
whole.fails(
    "one that was excluded, the VM unread",
    together(link(excluded_disks=(SECOND,)), lose(HyperVVm, LONDON)),
    also=(OF_VMM,),
)
whole.fails("one passed through", file_vm(drives=(PASSED_THROUGH,), disks=(FIRST, SECOND, "Disk 7")), "physical disk 7")
whole.unknown("no disks told", file_vm(disks=()), "0 disks")
whole.unknown("no replicated disks told", link(replicated_disks=()), "0 replicated")
whole.unknown("the VMs unread", lose(HyperVVm, LONDON), "HyperVVm", also=(OF_VMM,))
whole.unknown("the VM is gone", drop(HyperVVm, f"{names.FILE_VM}@{names.HV_LON}"), "was no VM")
whole.unknown("the host unread", lose(VmReplication, LONDON), subject=LOST_LINKS)
whole.skips("the receiving side", unchanged, "does not send", subject=OF_FILE_LDS)
whole.skips("by another engine", together(add(BY_OTHERS), link(excluded_disks=(SECOND,))), "another engine")


def leeds(*primaries: str, **fields: object) -> Change:
    return add(server(names.HV_LDS, *primaries, **fields))


NEAR = "*.lds.contoso.lab"
AT_HOME = drop(VmReplication, *(f"{vm}@{names.HV_LDS}/Simple" for vm in (names.VMM_VM, names.FILE_VM)))

clear = Table("DR-SEC-001", names.HV_LDS)
clear.passes("certificates, named servers", unchanged, "Certificate", "2 named")
clear.passes("a pattern", leeds("*.lon.contoso.lab"))
clear.passes("Kerberos within a site", together(AT_HOME, leeds(NEAR, "hv9.lds.contoso.lab", authentication="Kerberos")))
clear.fails("Kerberos from another site", leeds(names.HV_LON, authentication="Kerberos"), "clear text", "london")
clear.fails("Kerberos from a pattern", leeds("*.lon.contoso.lab", authentication="CertificateAndKerberos"), "clear")
clear.fails("Kerberos, by a replica it holds", leeds(NEAR, authentication="Kerberos"), names.HV_LON)
clear.fails("from any server", leeds(from_any_server=True), "any server")
clear.fails("an entry for any server", leeds("*"), "any server")
clear.fails("from any server, the method not told", leeds("*", authentication=""), "any server")
clear.unknown("an entry that does not tell whom", leeds(NEAR, ""), "an entry of its authorization")
clear.unknown("the method not told", leeds(authentication=""), "not told")
clear.unknown("Kerberos from nobody knows where", together(AT_HOME, leeds("x.far.lab", authentication="Kerberos")))
clear.unknown(
    "Kerberos, the replicas unread",
    together(leeds(NEAR, authentication="Kerberos"), lose(VmReplication, f"hyperv:{names.HV_LDS}")),
)
clear.unknown("at no site", together(AT_HOME, leeds(NEAR, authentication="Kerberos"), drop(Site, "leeds")))
clear.unknown("the settings unread", lose(ReplicaServer, LONDON), subject=f"ReplicaServer@{LONDON}")
clear.skips("no replica server", leeds("*", enabled=False), "no replica server")
BOTH_WAYS = leeds(NEAR, "hv9.lds.contoso.lab", authentication="CertificateAndKerberos")
clear.passes("both methods within a site", together(AT_HOME, BOTH_WAYS))
clear.fails("Kerberos from nobody knows where, and from another site", together(
    AT_HOME, leeds("a.far.lab", names.HV_LON, authentication="Kerberos")), "london")  # fmt: skip
clear.unknown("Kerberos, an entry without a name", together(AT_HOME, leeds(NEAR, "", authentication="Kerberos")))
UNTOLD = together(*(change(VmReplication, f"{vm}@{names.HV_LDS}/Simple", primary_server="") for vm in (
    names.VMM_VM, names.FILE_VM)))  # fmt: skip
clear.unknown("Kerberos, whose replicas it holds not told", together(UNTOLD, leeds(NEAR, authentication="Kerberos")))


def held(**fields: object) -> Change:
    return add(certificate(names.HV_LON, **fields))


valid = Table("DR-SEC-002", names.HV_LON)
NO_BROKER = drop(ClusterNetworkName, f"{names.HV_CLUSTER}/broker-name")
valid.passes("valid", unchanged, f"CN={names.HV_LON}", BROKER)
valid.passes("by wildcard", held(dns_names=("*.lon.contoso.lab", "*.contoso.lab")))
valid.passes("for every purpose", held(purposes=None))
valid.passes("by subject", together(held(dns_names=()), NO_BROKER))
valid.passes("the broker by label", add(broker_name(dns_suffix=None)))
valid.passes("46 days left", held(not_after=ago(days=-46)))
valid.passes("of what it sends only", add(server(names.HV_LON, enabled=False)))
valid.fails("expires", held(not_after=ago(days=-45)), "expires in 45 d")
valid.fails("expired", held(not_after=ago(days=2)), "expired 2 d ago")
valid.fails("not yet valid", held(not_before=ago(days=-1)), "not valid before")
valid.fails("without its key", held(private_key=False), "private key")
valid.fails("for servers only", held(purposes=("1.3.6.1.5.5.7.3.1",)), "client authentication")
valid.fails("not for the host", held(dns_names=(BROKER,)), f"name {names.HV_LON}")
valid.fails("not for the broker", held(dns_names=(names.HV_LON,)), BROKER)
valid.fails("revoked", held(chain_status=("Revoked",)), "Revoked")
valid.fails("gone", drop(MachineCertificate, f"{names.HV_LON}/AA01"), "AA01 is not in its store")
valid.fails("what it sends with is gone", link(certificate="AA07"), "AA07")
valid.fails("none is set", add(server(names.HV_LON, certificate="")), "none is set")
valid.unknown("revocation not checked", held(chain_status=("RevocationStatusUnknown",)), "revoked")
valid.unknown("the store unread", lose(MachineCertificate, LONDON), "MachineCertificate")
valid.unknown("what it sends unread", lose(VmReplication, LONDON), "VmReplication")
valid.unknown("under which name the broker is reached not told", add(broker_name(dns_name=None)), "HVC-BROKER",
              also=(names.HV_LDS,))  # fmt: skip
for nothing in (None, ""):
    valid.unknown(f"with what it sends not told, {nothing!r}", link(certificate=nothing), "which certificate")
valid.fails("with what it sends not told, and expired", together(link(certificate=None), held(not_after=ago(days=2))))
valid.unknown("by what it sends not told", link(authentication=None), "FILE01")
valid.unknown("by what it receives not told", add(server(names.HV_LON, authentication="")), "does not tell")
valid.unknown("nodes unread", lose(ClusterNode, f"cluster:{names.HV_CLUSTER_NAME}"), also=(names.HV_LDS,))
valid.unknown("names unread", lose(ClusterNetworkName, f"cluster:{names.HV_CLUSTER_NAME}"), also=(names.HV_LDS,))
valid.skips(
    "Kerberos only",
    together(
        add(server(names.HV_LON, authentication="Kerberos")),
        *(change(VmReplication, key, authentication="Kerberos", certificate="") for key in (OF_VMM, OF_FILE)),
    ),
    "neither",
)
valid.unknown("revocation could not be asked", held(chain_status=("OfflineRevocation",)), "revoked")
KERBEROS = together(
    *(change(VmReplication, key, authentication="Kerberos", certificate="AA07") for key in (OF_VMM, OF_FILE))
)
valid.skips("Kerberos only, and none is set", together(
    KERBEROS, add(server(names.HV_LON, authentication="Kerberos", certificate=""))), "neither")  # fmt: skip
valid.passes("it would receive with one that is gone", add(server(names.HV_LON, enabled=False, certificate="AA99")))
valid.passes("what it sends by Kerberos names one that is gone", KERBEROS)
valid.fails("what it receives with is gone", add(server(names.HV_LON, certificate="AA07")), "AA07")
TAKEN = replace(facts.replication(names.WEB_VM, "PAY-WEB01", names.HV_LON, "Replica"), certificate="AA07")
valid.passes("what it receives names one that is gone", add(TAKEN))
FILES = replace(facts.broker(), key=f"{names.HV_CLUSTER}/files", group="Files", resource_type="File Server")
FILES_NAME = replace(broker_name(dns_name="FILES"), key=f"{names.HV_CLUSTER}/files-name", group="Files")
valid.passes("another role has a name too", add(FILES, FILES_NAME))
valid.passes("in no cluster, without the broker", together(
    drop(ClusterNode, f"{names.HV_CLUSTER}/{names.HV_LON}"), held(dns_names=(names.HV_LON,))))  # fmt: skip
valid.passes("another domain's machine is in a cluster", add(
    facts.node("other", names.HV_CLUSTER_NAME, "hv1.other.example"),
    replace(facts.broker(), key="other/broker", cluster="other"),
    replace(broker_name(dns_name="OTHER"), key="other/name", cluster="other"),
))  # fmt: skip
valid.passes("valid from this moment", held(not_before=ago(seconds=0)))
BY_SUBJECT = NO_BROKER
for name, subject in (
    ("with other parts", f"O=Contoso, CN={names.HV_LON}"),
    ("in small letters", f"cn={names.HV_LON}"),
    ("in capitals", f"CN={names.HV_LON.upper()}"),
):
    valid.passes(f"by subject, {name}", together(held(dns_names=(), subject=subject), BY_SUBJECT))
valid.fails("another part of the subject names it", together(
    held(dns_names=(), subject=f"OU={names.HV_LON}, CN=other"), BY_SUBJECT))  # fmt: skip
valid.fails("by a short name only", held(dns_names=("hv1", BROKER)), names.HV_LON)
valid.passes("no replica server, by what it would receive not told", add(
    server(names.HV_LON, enabled=False, authentication="")))  # fmt: skip
for kind in (ClusterResource, ClusterNetworkName):
    valid.passes(f"{kind.__name__} of another cluster unread", lose(kind, f"cluster:{names.HA_VMM}"))
valid.fails("the broker by label, and not in it", together(
    add(broker_name(dns_suffix=None)), held(dns_names=(names.HV_LON,))), "hvc-broker")  # fmt: skip

CASES = [
    *normal.cases, *broker.cases, *vmm.cases, *coverage.cases, *lag.cases, *whole.cases, *clear.cases, *valid.cases,
]  # fmt: skip

"""What the far side's scripts are asked with the stub commands; each case has its golden lines."""

from typing import Any

ALLOWED = [
    *("Get-StubValue", "Get-StubDisk", "Get-StubThrowing", "Get-StubMany", "Get-StubWarned", "Get-StubBroken"),
    *("Get-StubNoisy", "Get-StubPrompt", "Get-StubEcho", "Measure-StubPiped", "Set-StubNothing", "Get-StubAbsent"),
]
VALUES = [
    *(
        "Text",
        "Empty",
        "Quoted",
        "Controls",
        "Letters",
        "Pair",
        "Halves",
        "Kelvin",
        "Letter",
    ),
    *(
        "Enum",
        "Flags",
        "True",
        "False",
        "Whole",
        "Negative",
        "Small",
        "Exact",
    ),
    *(
        "Long",
        "Unsigned",
        "Decimal",
        "Double",
        "Large",
        "NotANumber",
        "Utc",
        "Local",
    ),
    *(
        "Unspecified",
        "Offset",
        "Never",
        "Span",
        "NegativeSpan",
        "Guid",
        "Version",
        "Address",
    ),
    *(
        "Nothing",
        "DbNull",
        "Bytes",
        "Secret",
        "None",
        "One",
        "Nested",
        "Mixed",
    ),
    *("Table",),
]

Query = dict[str, Any]


def ask(name: str, cmdlet: str, *select: str, **rest: Any) -> Query:
    """A query of the stub module, as discovery would send it."""
    made: Query = {"id": name, "type": "cmdlet", "module": "DrcheckStubs", "cmdlet": cmdlet, "params": {}, "pipe": None}
    return {**made, "where": None, "select": list(select or ["Name"]), "keep": False, "limit": None, **rest}


COLLECT: dict[str, list[Query]] = {
    "values": [ask("values", "Get-StubValue", *VALUES)],
    "paths": [ask("paths", "Get-StubDisk", "Name", "Disks.Path", "Disks.Size", "Host.Name", "Absent")],
    "throwing": [ask("throwing", "Get-StubThrowing", "Name", "Broken")],
    "warned": [ask("warned", "Get-StubWarned")],
    "broken": [ask("broken", "Get-StubBroken"), ask("after", "Get-StubNoisy")],
    "noisy": [ask("noisy", "Get-StubNoisy")],
    "prompt": [ask("prompt", "Get-StubPrompt")],
    "parameters": [
        ask(
            "echo", "Get-StubEcho", "Text", "Loud", "Culture", params={"Text": "Z\u00fcrich \u6771\u4eac", "Loud": True}
        ),
        ask("abbreviated", "Get-StubEcho", params={"Tex": "a"}),
        ask("block", "Get-StubEcho", params={"Filter": "{ 1 }"}),
        ask("action", "Get-StubEcho", params={"ErrorAction": "Ignore"}),
        ask("table", "Get-StubEcho", params={"Text": {"a": 1}}),
    ],
    "refused": [
        ask("unlisted", "Get-Process"),
        ask("changing", "Set-StubNothing"),
        ask("unknown", "Get-StubAbsent"),
        ask("module", "Get-StubNoisy", module="DrcheckStubs; Get-Process"),
        {"id": "type", "type": "script", "text": "Get-Process"},
    ],
    "piped": [
        ask("disks", "Get-StubDisk", keep=True),
        ask("measured", "Measure-StubPiped", "Of", "Length", pipe="disks"),
        ask("sourceless", "Measure-StubPiped", "Of", pipe="absent"),
        ask("half", "Get-StubWarned", keep=True),
        ask("of-half", "Measure-StubPiped", "Of", "Length", pipe="half"),
        ask("no-rows", "Get-StubMany", "Number", params={"Count": 0}, keep=True),
        ask("of-none", "Measure-StubPiped", "Of", pipe="no-rows"),
        ask("chosen", "Measure-StubPiped", "Of", pipe="disks", where={"path": "Name", "values": ["two", "bare"]}),
        ask("unmatched", "Measure-StubPiped", "Of", pipe="disks", where={"path": "Name", "values": ["TWO"]}),
        ask("pathless", "Measure-StubPiped", "Of", pipe="disks", where={"path": "Absent", "values": ["two"]}),
    ],
    "limited": [ask("limited", "Get-StubMany", "Number", params={"Count": 5}, limit=3)],
}
"""Queries of one request by the name of the golden file."""

REGISTRY: list[Query] = [
    {"id": "absent", "type": "registry", "key": "HKLM:\\SOFTWARE\\drcheck\\no such key", "values": ["A", "B"]},
    {"id": "user", "type": "registry", "key": "HKCU:\\SOFTWARE", "values": ["A"]},
]

REPLICA = "11111111-1111-1111-1111-111111111111"
TEST = "22222222-2222-2222-2222-222222222222"
STRANGER = "33333333-3333-3333-3333-333333333333"
START, STOP = "hyperv.test-failover.start", "hyperv.test-failover.stop"

Act = tuple[str, dict[str, Any], str, str, list[str]]

ACTS: dict[str, Act] = {
    "start": (
        *(START, {"vm_id": REPLICA, "recovery_point": None}, ""),
        *("act-start", [f"Start-VMFailover AsTest=True VM={REPLICA}"]),
    ),
    "start-twice": (START, {"vm_id": REPLICA, "recovery_point": None}, "test-exists", "act-TestVmExists", []),
    "start-of-none": (START, {"vm_id": STRANGER, "recovery_point": None}, "", "act-VmNotFound", []),
    "start-by-name": (START, {"vm_id": "VMM01", "recovery_point": None}, "", "act-NotAllowed", []),
    "start-from-none": (START, {"vm_id": REPLICA, "recovery_point": STRANGER}, "", "act-InvalidState", []),
    "boot": (
        *("hyperv.test-vm.start", {"test_vm_id": TEST}, "test-exists"),
        *("act-running", [f"Start-VM VM={TEST}"]),
    ),
    "boot-of-the-replica": ("hyperv.test-vm.start", {"test_vm_id": REPLICA}, "", "act-NotATestReplica", []),
    "watch": ("hyperv.test-vm.watch", {"test_vm_id": TEST, "seconds": 0}, "test-exists", "act-watched", []),
    "stop": (
        *(STOP, {"vm_id": REPLICA, "test_vm_id": TEST}, "test-exists"),
        *("act-removed", [f"Stop-VMFailover VM={REPLICA}"]),
    ),
    "stop-of-none": (STOP, {"vm_id": REPLICA, "test_vm_id": TEST}, "", "act-TestVmNotFound", []),
    "stop-of-another": (STOP, {"vm_id": REPLICA, "test_vm_id": STRANGER}, "test-exists", "act-TestVmNotFound", []),
    "stop-of-a-real-one": (STOP, {"vm_id": REPLICA, "test_vm_id": TEST}, "failed-over", "act-InvalidState", []),
    "unknown": ("hyperv.failover", {"vm_id": REPLICA}, "", "act-NotAllowed", []),
}
"""Verb, arguments, what the host is like, golden file, and every change that the host may have been asked for."""

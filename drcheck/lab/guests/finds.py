"""What does each script of drcheck's probes find in a simulated guest?"""

import base64
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import TypeAlias

from drcheck.lab.state.inside import Guest, Inside

Found: TypeAlias = tuple[bool, str, dict[str, object] | None]
"""Is all well, what was seen, and what else the script tells."""
Asked: TypeAlias = Mapping[str, object]


def text(asked: Asked, name: str) -> str:
    """A parameter as PowerShell casts it."""
    value = asked.get(name)
    return "" if value is None else str(value)


def status(guest: Guest, name: str) -> str:
    """What ``Get-Service`` says of a service."""
    if name.lower() not in {service.lower() for service in guest.services}:
        return "NotFound"
    return "Running" if guest.up else "StartPending"


def _service(guest: Guest, asked: Asked) -> Found:
    seen = status(guest, text(asked, "name"))
    return seen == "Running", seen, None


def _tcp(guest: Guest, asked: Asked) -> Found:
    (end,) = json.loads(base64.b64decode(text(asked, "ends")))
    outcome = guest.reach(str(end["host"]), int(end["port"]))
    return outcome == "open", outcome, None


def _boot_time(guest: Guest, asked: Asked) -> Found:
    del asked
    return True, f"started {_when(guest.booted)}", {"uptime_seconds": guest.now - guest.booted}


def _database(guest: Guest, asked: Asked) -> Found:
    if not guest.up:
        return False, "Failed: Sql2", None
    state = guest.inside.databases.get(text(asked, "database"), "NotFound")
    return state == "ONLINE", "ONLINE, readable" if state == "ONLINE" else state, None


def _vmm(guest: Guest, asked: Asked) -> Found:
    del asked
    seen = status(guest, "SCVMMService")
    if seen != "Running":
        return False, seen, None
    if not guest.inside.vmm_database:
        return False, "Failed: 1602", None
    return True, "Running, database answers", None


def _directory(guest: Guest, asked: Asked) -> Found:
    del asked
    seen = status(guest, "NTDS")
    if seen != "Running":
        return False, seen, None
    if not guest.inside.sysvol:
        return False, "Running, but SYSVOL is not ready", None
    return True, "Running, SYSVOL shared, bound to DC=lab", None


def _dns(guest: Guest, asked: Asked) -> Found:
    if status(guest, "DNS") != "Running":
        return False, "Failed: System.ComponentModel.Win32Exception", None
    address = {name.lower(): one for name, one in guest.inside.zones.items()}.get(text(asked, "name").lower())
    if address is None:
        return False, "Failed: DNS_ERROR_RCODE_NAME_ERROR", None
    return text(asked, "address") in ("", address), address, None


def _file(guest: Guest, asked: Asked) -> Found:
    files = {path.lower(): age for path, age in guest.inside.files.items()}
    age = files.get(text(asked, "path").lower())
    if age is None:
        return False, "NotFound", None
    age += guest.aged
    most = asked.get("max_age_seconds")
    good = most is None or age <= float(str(most))
    return good, f"written {_when(guest.now - age)}", {"age_seconds": age}


def _sentinel(guest: Guest, asked: Asked) -> Found:
    """The newest record that had been written when the copy's data were current, by production's clock then."""
    inside = guest.inside
    place = text(asked, "database") or text(asked, "path")
    if not inside.sentinel_every or place.lower() != inside.sentinel_at.lower():
        return False, "NotFound", None
    if text(asked, "database") and not guest.up:
        return False, "Failed: Sql2", None
    held = guest.now - inside.clock_offset - guest.aged
    number = int(held // inside.sentinel_every)
    written = number * inside.sentinel_every + inside.clock_offset
    age = guest.now - written
    most = asked.get("max_age_seconds")
    utc = f"{datetime.fromtimestamp(written, UTC):%Y-%m-%dT%H:%M:%S.%f}0Z"
    told: dict[str, object] = {"utc": utc, "counter": str(number), "host": guest.name, "age_seconds": age}
    return most is None or age <= float(str(most)), f"record {number} of {utc}", told


def _script(guest: Guest, asked: Asked) -> Found:
    digest = sha256(base64.b64decode(text(asked, "text"))).hexdigest()
    if digest != asked.get("sha256"):
        return False, "Failed: HashMismatch", None
    printed = guest.inside.prints.get(digest, "").strip()
    seen = printed or "nothing was printed"
    decided = _decided(printed)
    if decided is not None:
        return decided, seen, None
    return text(asked, "expect") in printed, seen, None


def _decided(printed: str) -> bool | None:
    try:
        told = json.loads(printed) if printed.startswith("{") else {}
    except ValueError:
        return None
    return told["ok"] if isinstance(told, dict) and isinstance(told.get("ok"), bool) else None


def _baseline(guest: Guest, asked: Asked) -> Found:
    del asked
    return True, f"SAN policy {guest.inside.san_policy}", baseline(guest.inside)


def baseline(inside: Inside) -> dict[str, object]:
    """How a guest is set up for being reached in another place."""
    return {
        "san_policy": inside.san_policy,
        "rdp_enabled": inside.rdp,
        "rdp_profiles": list(inside.rdp_profiles),
        "pending_reboot": list(inside.pending_reboot),
        "persistent_routes": list(inside.persistent_routes),
        "winhttp_proxy": inside.winhttp_proxy,
    }


def _when(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%dT%H:%M:%SZ}"


FINDS: Mapping[str, Callable[[Guest, Asked], Found]] = {
    "ad": _directory,
    "baseline": _baseline,
    "boot-time": _boot_time,
    "dns": _dns,
    "file": _file,
    "script": _script,
    "sentinel": _sentinel,
    "service": _service,
    "sql-database": _database,
    "tcp": _tcp,
    "vmm": _vmm,
}
"""By kind of probe."""

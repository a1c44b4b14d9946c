"""A real MIT KDC on loopback, and what a client process needs to find it."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

REALM = "CONTOSO.LAB"
PASSWORD = "kerberos-password-of-the-lab"
_PROGRAMS = ("krb5kdc", "kdb5_util", "kadmin.local", "kinit", "klist")
_SBIN = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"


def lacking() -> str:
    """What a test with Kerberos lacks on this machine, as the reason to skip it; empty when it lacks nothing."""
    programs = [name for name in _PROGRAMS if shutil.which(name, path=_SBIN) is None]
    modules = [name for name in ("kerberos", "gssapi", "krb5") if find_spec(name) is None]
    told = [f"programs {', '.join(programs)}"] if programs else []
    told += [f"Python modules {', '.join(modules)}"] if modules else []
    return f"no {' and no '.join(told)}: see CONTRIBUTING, Kerberos" if told else ""


@dataclass(frozen=True, kw_only=True)
class Realm:
    """A realm with its KDC running."""

    folder: Path
    keytab: Path
    """Keys of the services ``HTTP/<host>``."""
    user_keytab: Path
    """Keys of the user ``drcheck``."""

    @property
    def environment(self) -> dict[str, str]:
        return {
            "KRB5_CONFIG": str(self.folder / "krb5.conf"),
            "KRB5_KDC_PROFILE": str(self.folder / "kdc.conf"),
            "KRB5CCNAME": f"FILE:{self.folder / 'nobody.cc'}",
            "PATH": _SBIN,
        }

    def run(self, *command: str, stdin: str = "", **environ: str) -> str:
        environ = {**os.environ, **self.environment, "LC_ALL": "C", **environ}
        done = subprocess.run(
            command, input=stdin, env=environ, capture_output=True, text=True, timeout=30, check=False
        )
        assert done.returncode == 0, f"{command[0]}: {done.stderr}"
        return done.stdout

    def ticket(self, user: str = "drcheck", **environ: str) -> dict[str, str]:
        """Get a ticket for a user; returns the environment in which it is found."""
        where = {"KRB5CCNAME": f"FILE:{self.folder / user}.cc"}
        self.run("kinit", f"{user}@{REALM}", stdin=f"{PASSWORD}\n", **environ, **where)
        return where


def made(folder: Path, *hosts: str) -> Realm:
    """Make a realm with the users ``drcheck`` and ``other``, and the services of some hosts."""
    realm = Realm(folder=folder, keytab=folder / "services.keytab", user_keytab=folder / "user.keytab")
    _configure(folder, 0)
    realm.run("kdb5_util", "create", "-s", "-r", REALM, "-P", "stash")
    lines = [f"addprinc -pw {PASSWORD} {user}" for user in ("drcheck", "other")]
    lines += [f"addprinc -randkey HTTP/{host}" for host in hosts]
    lines += [f"ktadd -k {realm.keytab} HTTP/{host}" for host in hosts]
    lines += [f"ktadd -norandkey -k {realm.user_keytab} drcheck"]
    realm.run("kadmin.local", "-r", REALM, stdin="\n".join(lines) + "\n")
    realm.user_keytab.chmod(0o600)
    return realm


@contextmanager
def running(realm: Realm, **environ: str) -> Iterator[Realm]:
    """Run the realm's KDC on a port of its own, in an environment that may change what it takes the time to be."""
    port = _free_port()
    _configure(realm.folder, port)
    command = [shutil.which("krb5kdc", path=_SBIN) or "krb5kdc", "-n", "-r", REALM]
    with (realm.folder / "kdc.out").open("wb") as out:
        kdc = subprocess.Popen(command, env={**os.environ, **realm.environment, **environ}, stdout=out, stderr=out)
    try:
        _wait_for(port, kdc)
        yield realm
    finally:
        kdc.terminate()
        kdc.wait(10)


def _configure(folder: Path, port: int) -> None:
    (folder / "kdc.conf").write_text(
        f"""[kdcdefaults]
 kdc_listen = ""
 kdc_tcp_listen = 127.0.0.1:{port}
[realms]
 {REALM} = {{
  database_name = {folder}/principal
  key_stash_file = {folder}/stash
  acl_file = {folder}/acl
 }}
[logging]
 kdc = FILE:{folder}/kdc.log
 admin_server = FILE:{folder}/admin.log
"""
    )
    (folder / "krb5.conf").write_text(
        f"""[libdefaults]
 default_realm = {REALM}
 dns_lookup_kdc = false
 dns_lookup_realm = false
 dns_canonicalize_hostname = false
 rdns = false
 udp_preference_limit = 1
 kdc_timesync = 0
[realms]
 {REALM} = {{
  kdc = 127.0.0.1:{port}
 }}
[domain_realm]
 .contoso.lab = {REALM}
"""
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, kdc: subprocess.Popen[bytes]) -> None:
    """Until the KDC takes connections: there is nothing else to tell it by."""
    for _ in range(400):
        assert kdc.poll() is None, "the KDC ended; see kdc.out"
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.025)
    raise AssertionError("the KDC does not listen")

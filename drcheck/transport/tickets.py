"""Where does a Kerberos ticket come from when a credential brings a password or a keytab?

From ``kinit``, once for each account and before anything is sent: threads that each get their own ticket into one file
damage it. The tickets go into a private folder with a cache for each account, which is removed when the process ends;
a credential without either uses the tickets that are there.
"""

import atexit
import os
import shutil
import subprocess
import tempfile
import threading

from winrm.transport import HAVE_KERBEROS

from drcheck.errors import AuthenticationFailed
from drcheck.transport.winrm_session import WinRmEndpoint
from drcheck.transport.winrm_sign_in import kerberos_case

_CACHE = "KRB5CCNAME"


class Tickets:
    """The tickets of one process; Kerberos itself finds its cache through the environment, which a process has one of.

    One failure is told to everybody who needs that ticket, instead of trying a wrong password until it is locked.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._folder = ""
        self._said: dict[tuple[str, str], str] = {}

    def ensure(self, endpoint: WinRmEndpoint, seconds: float) -> None:
        """See to it that there is a ticket for an endpoint's account, if its credential can get one.

        Args:
            endpoint: whose ``username`` is the principal; its password goes to kinit's standard input.
            seconds: how long kinit may take.

        Raises:
            AuthenticationFailed: there is none.
        """
        if endpoint.transport != "kerberos" or not (endpoint.password.reveal() or endpoint.keytab_file):
            return
        if not HAVE_KERBEROS:
            return  # a ticket is of no use, and pywinrm is going to say what is missing
        with self._lock:
            key = (endpoint.username, endpoint.keytab_file)
            if key not in self._said:
                self._said[key] = self._get(endpoint, seconds)
            said = self._said[key]
        if said:
            case = kerberos_case(endpoint, said)
            raise AuthenticationFailed(str(endpoint), endpoint.password.hide_in(case.what), case.remedy)

    def forget(self) -> None:
        """Remove every ticket that was got."""
        with self._lock:
            if self._folder:
                shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = ""
            self._said.clear()

    def _get(self, endpoint: WinRmEndpoint, seconds: float) -> str:
        """What kinit complained of; empty when there is a ticket now."""
        if not self._folder:
            self._folder = tempfile.mkdtemp(prefix="drcheck-tickets-")
            os.environ[_CACHE] = f"DIR:{self._folder}"
        options = ["-k", "-t", endpoint.keytab_file] if endpoint.keytab_file else []
        try:
            done = subprocess.run(  # noqa: S603 - an argument list; what the user chose comes after "--"
                ["kinit", *options, "--", endpoint.username],  # noqa: S607 - it is wherever Kerberos is installed
                input=f"{endpoint.password.reveal()}\n",
                env={**os.environ, "LC_ALL": "C"},
                capture_output=True,
                text=True,
                timeout=seconds,
                check=False,
            )
        except FileNotFoundError:
            return "the program kinit is not installed"
        except subprocess.TimeoutExpired:
            return "Cannot contact any KDC in time"
        return (done.stderr or f"kinit ended with {done.returncode}") if done.returncode else ""


TICKETS = Tickets()
"""Of this process."""
atexit.register(TICKETS.forget)

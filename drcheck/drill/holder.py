"""Who is holding a drill?"""

import getpass
import socket


def holder() -> str:
    """The account that runs drcheck, and on which machine: ``user@machine``."""
    return f"{getpass.getuser()}@{machine()}"


def machine() -> str:
    """This machine, as it calls itself."""
    return socket.gethostname()

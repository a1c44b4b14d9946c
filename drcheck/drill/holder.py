"""Who is holding a drill?"""

import getpass
import socket


def holder() -> str:
    """The account that runs drcheck, and on which machine: ``user@machine``."""
    return f"{getpass.getuser()}@{socket.gethostname()}"

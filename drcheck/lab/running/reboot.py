"""What happens when a Windows host restarts in the middle of things?"""

from drcheck.lab.powershell.engine import Engine
from drcheck.lab.running.server import Lab


async def reboot(lab: Lab, name: str, seconds: float) -> None:
    """Take a host down and bring it back: processes and connections end, what is on its disks stays.

    Test VMs come back off, as nobody asked for anything else; leases and journals are files.

    Args:
        lab: the lab that runs.
        name: the host's FQDN.
        seconds: how long it is down, before the clock's speed.
    """
    host = lab.world.hosts[name]
    host.up = False
    await lab.hosts[name].close()
    if isinstance(lab.powershell, Engine):
        lab.powershell.replicator.interrupt(name)
    await lab.clock.sleep(seconds)
    host.up = True

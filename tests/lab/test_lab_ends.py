"""Does a lab leave nothing behind when it ends while somebody connects?"""

import asyncio
import gc
import socket
from contextlib import ExitStack, suppress

from drcheck.lab.running.server import Lab
from drcheck.lab.state.world import Host, World


def test_connections_that_come_in_as_it_ends_are_closed() -> None:
    async def end(clients: ExitStack) -> int:
        hosts = [Host(name=f"hv{number}.lab.example") for number in range(6)]
        lab = Lab(World(name="six", hosts={host.name: host for host in hosts}))
        await lab.start()
        ending = asyncio.create_task(lab.stop())
        taken = 0

        while not ending.done():
            for host in hosts:
                with suppress(OSError):
                    clients.enter_context(socket.create_connection((host.address, lab.port), 10))
                    taken += 1
            await asyncio.sleep(0)  # one for each turn of the loop, whatever stops in it
        await ending
        return taken

    with ExitStack() as clients:
        assert asyncio.run(end(clients)) > 1
        gc.collect()  # pytest tells what was left open

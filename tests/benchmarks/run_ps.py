"""What would the customary way cost: one ``Session.run_ps`` of pywinrm for every question, in a pool of threads?

``python -m tests.benchmarks.run_ps LAB.json COUNT``: so many scripts, round all Hyper-V hosts, with plain pywinrm. The
last line is JSON: the seconds they took without start-up. A session is kept per host, as a careful author would.
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path

from winrm import Session

THREADS = 64
SCRIPT = (
    "Get-VM | Select-Object Id, Name, State, Generation, ReplicationMode, ReplicationState | ConvertTo-Json -Compress"
)


def main(lab: Path, count: int) -> None:
    info = json.loads(lab.read_text(encoding="utf-8"))
    hosts = [host for host in info["hosts"] if host["name"].startswith("hv-")]

    def ask(host: dict[str, str]) -> int:
        url = f"https://{host['address']}:{host['port']}/wsman"
        session = Session(
            url, auth=(host["user"], host["password"]), transport="ntlm", ca_trust_path=info["ca_file"], proxy=None
        )
        answer = session.run_ps(SCRIPT)
        return int(answer.status_code == 0 and bool(json.loads(answer.std_out)))

    began, spent = time.monotonic(), time.process_time()
    with ThreadPoolExecutor(THREADS) as pool:
        answered = sum(pool.map(ask, islice(cycle(hosts), count)))
    said = {"wall": time.monotonic() - began, "cpu": time.process_time() - spent, "answered": answered}
    sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))

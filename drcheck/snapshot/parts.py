"""How does a discovery leave what it had read when it dies? A file of parts beside the snapshot that it would write."""

import os
import threading
from contextlib import suppress
from pathlib import Path

from drcheck.errors import SnapshotError
from drcheck.snapshot import dumps
from drcheck.topology.base import Topology


class PartsFile:
    """An append-only file of parts; it is there from the first part on, and goes when the snapshot is written.

    Args:
        snapshot: the file that is to be written in the end; the parts are beside it.
        begun: parts of an earlier discovery that this one goes on from, as ``load_parts`` gives them.

    Raises:
        SnapshotError: the file cannot be written.
    """

    def __init__(self, snapshot: Path, begun: bytes = b"") -> None:
        self.path = snapshot.with_name(snapshot.name + ".parts")
        # The earlier parts may be in this very file: they are not lost when we die right here.
        self._lock = threading.Lock()
        fresh = self.path.with_name(f"{self.path.name}.{os.getpid()}.new")
        try:
            fresh.write_bytes(begun)
            fresh.replace(self.path)
            self._file = self.path.open("ab")
        except OSError as error:
            raise SnapshotError(f"{self.path}: {error.strerror}") from error

    def keep(self, part: Topology) -> None:
        """Append one part, from any thread; it outlives this process as soon as this returns.

        Raises:
            SnapshotError: the file cannot be written.
        """
        data = dumps(part, level=1)
        with self._lock:
            if not self._file.closed:
                try:
                    self._file.write(data)
                    self._file.flush()
                except OSError as error:
                    raise SnapshotError(f"{self.path}: {error.strerror}") from error

    def close(self) -> None:
        """Leave the file to whoever goes on from it; what threads still tell afterwards is lost."""
        with self._lock, suppress(OSError):  # what could not be written was said by whoever wrote it
            self._file.close()

    def done(self) -> None:
        """Remove it: the snapshot holds everything. Another discovery into the same snapshot may have done so."""
        self.close()
        self.path.unlink(missing_ok=True)

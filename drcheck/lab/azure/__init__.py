"""The Azure half of the simulated estate: what exists there, how scenarios build it (``build``), how jobs run."""

"""The simulated estate: the far side of the wire, and nothing of drcheck's near side."""

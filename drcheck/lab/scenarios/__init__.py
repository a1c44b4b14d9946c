"""Estates to simulate, one file each: a docstring, ``EXPECT`` and ``build(seed) -> World``."""

"""What would a first estate.yaml of this estate say? Asked of VMM and of a vault, written for a person to complete.

What can be found out is proposed, what only people know (roles of sites, owners, promises) is left empty and marked.
"""

FILL_IN = "FILL IN"
"""Marks a line whose value only people know; drcheck refuses the file, line by line, until all are filled in."""

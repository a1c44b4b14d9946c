"""What could be recovered, and what is the first thing in the way? Findings in, one answer each out.

What brings an application back comes in an order: the machinery (VMM and its database, for whatever Site Recovery
fails over through VMM), then what the application needs, then the application itself. A site comes back when all that
runs there does. Only what is critical or high stands in the way.
"""

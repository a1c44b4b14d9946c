"""The simulated Azure Resource Manager: Site Recovery, networks and machines over REST."""

from drcheck.lab.arm.app import ENGINE, FAULTS, make_app

__all__ = ["ENGINE", "FAULTS", "make_app"]

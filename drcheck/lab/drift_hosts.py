"""How do hosts, libraries and links drift away? Faults as in ``drift``, of what machines stand on."""

from drcheck.lab.building import vm_named
from drcheck.lab.drift import Findings, both_sides, fail
from drcheck.lab.world import World


def version_raised(world: World, vm_name: str) -> Findings:
    """A machine's configuration version was raised to one that its replica's host does not know."""
    vm = vm_named(world, vm_name)
    vm.version = "12.0"
    yield fail("DR-HVR-101", both_sides(vm)[1])

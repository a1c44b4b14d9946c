"""Is what is on a host found just as comparing every name would find it?"""

from hypothesis import given
from hypothesis import strategies as st

from drcheck.topology.base import same_host
from drcheck.topology.by_host import ByHost

NAMES = st.lists(st.sampled_from(["", ".", "hv", "HV", "hv.", "hv.a", "HV.A.", "hv.b", "hv-2.a", "hv.a.b"]), max_size=8)


@given(NAMES, NAMES)
def test_as_same_host_says(names: list[str], hosts: list[str]) -> None:
    known = ByHost(enumerate(names), lambda one: one[1])
    for host in hosts:
        assert known.on(host) == [one for one in enumerate(names) if same_host(one[1], host)]

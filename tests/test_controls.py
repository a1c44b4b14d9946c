"""An auditor finds the text of every control that a shipped check names, by a dated address."""

import pytest

from drcheck.data.controls import standard_of, standards, url_of
from drcheck.data.dated import dated
from tests.checks_loaded import CHECKS


def test_every_control_of_a_check_leads_somewhere() -> None:
    for check in CHECKS.values():
        for control in check.controls:
            assert url_of(control).startswith("https://"), f"{check.id}: {control}"


@pytest.mark.parametrize(
    ("control", "ends"),
    [
        ("NIST SP 800-53 CP-10", "element=CP-10"),
        ("NIST SP 800-53 CP-6(2)", "element=CP-6"),
        ("NIST SP 800-53 Rev. 5, CA-5", "element=CA-5"),
        ("NIS2 Impl. Reg. (EU) 2024/2690 4.1", "reg_impl/2024/2690/oj"),
        ("NIS2 Art. 21", "dir/2022/2555/oj"),
        ("ISO 22301 8.4.4", "75106.html"),
    ],
)
def test_the_longest_beginning_decides(control: str, ends: str) -> None:
    assert url_of(control).endswith(ends)


def test_what_is_not_known_has_no_address() -> None:
    assert url_of("Company rule 7") == url_of("NIST SP 800-53") == ""
    assert standard_of("SOC 3") is None


def test_every_address_has_its_source_and_date() -> None:
    assert all(one.source and one.title and one.url for one in standards().values())
    assert len({one.begins for one in standards().values()}) == len(standards())
    assert {file.name: file.values for file in dated()}["controls.yaml"] == len(standards())

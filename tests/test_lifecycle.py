"""Is the lifecycle data complete enough to be quoted: a name, a last day, a document, and when it was read?"""

import re

from drcheck.data.lifecycle import lifecycle, lifecycles


def test_each_version_has_a_document_and_a_day_after_which_it_was_read() -> None:
    for key, found in lifecycles().items():
        assert re.fullmatch(r"(windows-server|sql-server|vmm|powershell|python)(\.\d+){1,2}", key)
        assert len(found.source.split()) >= 3, key
        assert found.as_of.year >= 2026, key
        assert str(found).startswith(f"{found.name} until {found.ends}")


def test_later_versions_are_supported_for_longer() -> None:
    for product in ("windows-server", "sql-server"):
        own = [(int(key.rpartition(".")[2]), one.ends) for key, one in lifecycles().items() if key.startswith(product)]
        assert [ends for _, ends in sorted(own)] == sorted(ends for _, ends in own)


def test_what_is_not_listed_is_unknown() -> None:
    assert lifecycle("vmm", "9.9") is None
    assert lifecycle("windows-server", "") is None

"""Where can an auditor read the text of a control?

Addresses as of 2026-11-23. ISO sells its texts, so those addresses lead to the page of the standard. A reference whose
publisher is not listed has no address, which is better than one that leads nowhere.
"""

import re

_NIST_CONTROL = re.compile(r"NIST SP 800-53.*?\b([A-Z]{2}-\d+)")

_PUBLISHERS = (
    ("NIST SP 800-34", "https://csrc.nist.gov/pubs/sp/800/34/r1/upd1/final"),
    ("ISO/IEC 27001", "https://www.iso.org/standard/27001"),
    ("ISO/IEC 27002", "https://www.iso.org/standard/75652.html"),
    ("ISO/IEC 27031", "https://www.iso.org/standard/27031"),
    ("ISO 22301", "https://www.iso.org/standard/75106.html"),
    ("DORA", "https://eur-lex.europa.eu/eli/reg/2022/2554/oj"),
    ("NIS2", "https://eur-lex.europa.eu/eli/dir/2022/2555/oj"),
)


def url_of(control: str) -> str:
    """The address of a control's text, or of the page of its standard; empty when none is known."""
    nist = _NIST_CONTROL.match(control)
    if nist:
        home = "https://csrc.nist.gov/projects/cprt/catalog#/cprt/framework/version/SP_800_53_5_1_1/home"
        return f"{home}?element={nist.group(1)}"
    return next((url for publisher, url in _PUBLISHERS if control.startswith(publisher)), "")

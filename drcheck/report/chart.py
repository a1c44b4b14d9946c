"""How was a drill's time spent? A waterfall of its phases, as an SVG without scripts or links."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

from drcheck.policy import human
from drcheck.verdict import Phase

_ROW, _LEFT, _WIDTH, _RIGHT = 26, 230, 560, 90
_MEASURED, _DECLARED = "#2f6fab", "#b9c4d0"


def phases_svg(phases: Sequence[Phase]) -> str:
    """One bar per phase, in order, on one time axis; declared phases are pale and dashed."""
    zero = min(phase.started for phase in phases)
    spans = [((phase.started - zero).total_seconds(), phase.seconds) for phase in phases]
    scale = _WIDTH / max(1e-9, *(start + seconds for start, seconds in spans))
    rows = [
        _bar(number, phase, _LEFT + start * scale, max(1.0, seconds * scale))
        for number, (phase, (start, seconds)) in enumerate(zip(phases, spans, strict=True))
    ]
    width, height = _LEFT + _WIDTH + _RIGHT, _ROW * (len(phases) + 1)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        ' font-family="sans-serif" font-size="13" role="img">'
        f'<title>Phases of the drill</title><rect width="{width}" height="{height}" fill="#ffffff"/>'
        f"{''.join(rows)}</svg>"
    )


def _bar(number: int, phase: Phase, x: float, width: float) -> str:
    y = _ROW * number + _ROW // 2
    fill = _DECLARED if phase.declared else _MEASURED
    dashed = ' stroke="#5b6b7b" stroke-dasharray="4 3"' if phase.declared else ""
    name = escape(phase.name if len(phase.name) <= 32 else phase.name[:31] + "…")
    return (
        f'<text x="{_LEFT - 10}" y="{y + 14}" text-anchor="end">{name}</text>'
        f'<rect x="{x:.1f}" y="{y + 2}" width="{width:.1f}" height="{_ROW - 8}" rx="2" fill="{fill}"{dashed}/>'
        f'<text x="{x + width + 6:.1f}" y="{y + 14}" fill="#333333">{escape(human(phase.seconds))}</text>'
    )

"""How does a run say that it is a selection, so that nobody takes it for the whole?"""

from drcheck.verdict import Run

FIGURES = {"left_out_checks": "checks", "left_out_subjects": "subjects", "left_out": "judgements"}
"""What counts what was left out; the rest of a selection is what somebody asked for."""


def said(run: Run) -> str:
    """The run's verdict, and that it is one of a selection: ``PASSED of a selection``."""
    return f"{run.verdict} of a selection" if run.selection else run.verdict.value


def narrowed(run: Run) -> str:
    """What was asked for and how much that leaves out; empty for a run of everything.

    ``app=payments; left out: 3 checks, 40 subjects, 260 judgements``.
    """
    asked = ", ".join(f"{name}={value}" for name, value in run.selection.items() if name not in FIGURES)
    counted = ", ".join(_counted(run.selection[name], what) for name, what in FIGURES.items() if name in run.selection)
    return "; ".join(part for part in (asked, f"left out: {counted}" if counted else "") if part)


def _counted(figure: str, what: str) -> str:
    return f"{figure} {what.removesuffix('s') if figure == '1' else what}"

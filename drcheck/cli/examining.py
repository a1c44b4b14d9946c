"""The command that says what is missing before the first run."""

import json
import os
import time
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import typer
from msgspec import to_builtins

from drcheck.doctor import State, Symptom
from drcheck.doctor.examine import examine
from drcheck.drill.timing.clock import now
from drcheck.estate import load


def examine_estate(estate: Path, *, every: bool, as_json: bool = False) -> int:
    """Print what is missing at each endpoint and what grants it; 1 when something is.

    Raises:
        EstateError: the estate file is wrong.
    """
    found = examine(load(estate, os.environ), now=now, monotonic=time.monotonic)
    if as_json:
        typer.echo(json.dumps({"schema": 1, "requirements": to_builtins(found)}, indent=1))
    else:
        for line in lines(found, every=every):
            typer.echo(line)
    return int(any(symptom.state is State.MISSING for symptom in found))


def lines(symptoms: Sequence[Symptom], *, every: bool) -> Iterator[str]:
    """The report; without ``every``, what is in order is only counted."""
    for endpoint, group in groupby(symptoms, key=lambda symptom: symptom.endpoint):
        listed = list(group)
        worst = [symptom for symptom in listed if symptom.state is not State.OK]
        yield f"{endpoint}: {'' if worst else 'good: '}{len(listed) - len(worst)} of {len(listed)} requirements are met"
        for symptom in listed if every else worst:
            yield f"  {symptom.state:8} {symptom.topic:11} {symptom.what}"
            if symptom.remedy:
                yield f"  {'':8} {'remedy:':11} {symptom.remedy}"
    missing = sum(symptom.state is State.MISSING for symptom in symptoms)
    yield f"{missing} missing" if missing else "Nothing is missing."

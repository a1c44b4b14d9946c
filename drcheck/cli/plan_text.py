"""How is a drill's plan written down for a person, who has to say yes or no to it?"""

from collections.abc import Iterator
from textwrap import wrap

from msgspec import structs

from drcheck.drill.planned import DrillPlan
from drcheck.drill.planning.announcement import Call, Stage
from drcheck.drill.planning.estimate import Estimate, work_seconds
from drcheck.permissions.needed import calls_of, needed
from drcheck.policy import human

WIDTH = 110
TITLES = {
    "judge": "Judged first, before anything is written",
    "lease": "Journal opened here; lease; judged again under it",
    "inventory": "What is there before",
    "canary": "Proven from inside, before anything is started",
    "meanwhile": "Beside all that, from another thread",
    "inventory during": "What is there while the copies run, when all is green",
    "clean up": "Clean-up, whatever came before",
    "release": "What is there after; lease given back; journal closed",
}


def lines(plan: DrillPlan) -> Iterator[str]:
    """The plan, line by line."""
    short = Short(plan)
    yield f"Drill {plan.name}: {plan.kind}" + (f" of {plan.subject.name} [{plan.subject.key}]" if plan.subject else "")
    yield from _head(plan, short)
    yield from _verdict(plan)
    yield from _times(plan)
    number = 0
    for stage in plan.stages:
        yield ""
        yield f"{_title(stage)}{' (in any order)' if stage.together else ''}"
        for call in stage.calls:
            number += 1
            yield from _call(number, call, short)
    if plan.stages:
        yield from _end(plan)


class Short:
    """ARM ids that stand in every path, by a name in braces that the plan's head explains."""

    def __init__(self, plan: DrillPlan) -> None:
        targets = {target for stage in plan.stages for call in stage.calls for target in call.look}
        self.names: dict[str, str] = {}
        for role, word in (("vault", "vault"), ("azure", "subscription")):
            found = sorted(target.endpoint for target in targets if target.role == role)
            for number, endpoint in enumerate(found, start=1):
                self.names[endpoint] = f"{{{word}}}" if len(found) == 1 else f"{{{word} {number}}}"

    def __call__(self, path: str) -> str:
        """A path as the plan writes it."""
        for endpoint, name in self.names.items():
            if path.lower().startswith(endpoint):
                return name + path[len(endpoint) :]
        return path


def _head(plan: DrillPlan, short: Short) -> Iterator[str]:
    if plan.file:
        yield f"  file           {plan.file}, SHA-256 {plan.sha256}"
    yield f"  into           {plan.network}"
    yield from _scenario(plan)
    yield f"  authorisation  {plan.authorisation}"
    yield f"  executor       {plan.executor}"
    yield from (f"  {role:14} {name}" for role, name in structs.asdict(plan.people).items() if name)
    yield from _scope(plan)
    yield f"  judged         {plan.at:%Y-%m-%d %H:%M:%S} UTC, by what was read at {plan.as_of:%Y-%m-%d %H:%M:%S} UTC"
    yield from (f"  {name:14} {endpoint}" for endpoint, name in short.names.items())


def _scenario(plan: DrillPlan) -> Iterator[str]:
    """What it pretends has happened, or that nobody has said."""
    declared, through = plan.scenario, f"; goes through {', '.join(plan.scenarios)}" if plan.scenarios else ""
    if declared is None:
        yield f"  scenario       not declared{through}"
        return
    yield f"  scenario       {declared.type}, severity {declared.severity or 'not declared'}{through}"
    yield from (f"  challenges     {one}" for one in declared.assumptions)
    yield from (f"  third party    {one}" for one in declared.third_parties)


def _scope(plan: DrillPlan) -> Iterator[str]:
    limits, most = plan.limits, plan.limits.machines
    allowed = "no limit" if most is None else f"allowed: {most}"
    at_once = f"at most {limits.parallel} at once, {limits.per_host} on a host, {limits.per_vault} in a vault"
    yield f"  brings up      {plan.machines} machines ({allowed}); {at_once}"
    targets = [f"{name} {human(seconds)}" for name, seconds in _targets(plan) if seconds is not None]
    impact = plan.business_impact
    basis = f", by {' '.join(filter(None, (impact.reference, impact.version)))}" if impact else ""
    yield f"  targets        {', '.join(targets) or 'none'}{basis}"
    yield from (f"  leaves out     {what}: {why}" for what, why in plan.out_of_scope)


def _targets(plan: DrillPlan) -> tuple[tuple[str, int | None], ...]:
    return ("RTO", plan.rto_seconds), ("RPO", plan.rpo_seconds)


def _verdict(plan: DrillPlan) -> Iterator[str]:
    if not plan.refused:
        yield "  now            nothing stands against it"
        return
    yield "  now            REFUSED; nothing would be started:"
    for reason in plan.refused:
        yield from _wrapped(reason, "    - ")


def _times(plan: DrillPlan) -> Iterator[str]:
    if plan.ends is None:
        return
    ready = human(round(work_seconds(plan.estimates, plan.limits.parallel)) + plan.decision_seconds)
    decided = f", {human(plan.decision_seconds)} for the decision" if plan.decision_seconds else ""
    yield f"  recovers in    about {ready}, declared times included{decided}"
    yield f"  over           at {plan.ends:%Y-%m-%d %H:%M} UTC if it began now, the time for the clean-up included"
    for one in plan.estimates:
        yield f"    {_where(one)}: {human(round(one.seconds))} ({one.basis})"
    if plan.deadline is not None:
        yield f"  ended at       {plan.deadline:%Y-%m-%d %H:%M:%S} UTC, whatever it has come to, and cleaned up"
    yield from (f"  by hand        {step}" for step in plan.by_hand)


def _where(one: Estimate) -> str:
    return ", ".join(part for part in (one.group and f"group {one.group}", one.part, one.stage) if part)


def _title(stage: Stage) -> str:
    if stage.name in TITLES and not stage.group:
        return TITLES[stage.name]
    where = f"Group {stage.group}, {stage.part}: " if stage.group else ""
    declared = f", {human(stage.declared_seconds)} as declared" if stage.declared_seconds else ""
    return f"{where}{stage.name}{declared}"


def _call(number: int, call: Call, short: Short) -> Iterator[str]:
    often = "" if call.often == "once" else f", {call.often}"
    condition = f", only if {call.only_if}" if call.only_if else ""
    yield from _wrapped(f"{call.does}{often}{condition}", f"{number:4}. ", "      ")
    if call.journal:
        yield f"        announced in the journal: {call.journal}"
    if call.verb:
        yield f"        WinRM {call.on}: {call.verb}"
        yield from (f"          {cmdlet}" for cmdlet in calls_of(call.verb))
    if call.method:
        where = call.on if call.on.startswith("https://") else short(call.path)
        version = f"?api-version={call.api_version}" if call.api_version else f" {call.path}"
        yield f"        {call.method} {where}{version}"
    for name, value in call.given.items():
        first, *more = short(value).splitlines() or [""]
        yield f"        {name} = {first}"
        yield from (f"          {line}" for line in more)
    yield from _look(call, short)
    yield from _rights(call)


def _look(call: Call, short: Short) -> Iterator[str]:
    what = ", ".join(call.kinds) or "all that discovery reads there"
    yield from (f"        reads {target.role} {short(target.endpoint)}: {what}" for target in call.look)


def _rights(call: Call) -> Iterator[str]:
    if call.look and not call.kinds:
        yield "        needs what every reading run needs there: drcheck permissions --run read"
        return
    rights = needed(call)
    if rights:
        yield from _wrapped(f"needs {'; '.join(rights)}", "        ", "          ")


def _end(plan: DrillPlan) -> Iterator[str]:
    yield ""
    yield "What ends it before"
    for rule, what in plan.aborts:
        yield from _wrapped(f"{rule}: {what}", "  - ")
    yield ""
    yield from _wrapped(f"It would prove: {plan.proves}", "")
    yield from _wrapped(f"It would not prove: {plan.does_not_prove}", "")


def _wrapped(text: str, first: str, rest: str = "") -> list[str]:
    later = rest or " " * len(first)
    return wrap(text, WIDTH, initial_indent=first, subsequent_indent=later, break_long_words=False) or [first]

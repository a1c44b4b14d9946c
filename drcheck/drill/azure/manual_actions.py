"""What happens when a recovery plan stops and waits for a person? The person is asked, or the declared time counts."""

from msgspec import structs

from drcheck.drill import Context
from drcheck.drill.azure.far_side import Azure
from drcheck.drill.azure.probes import Probes
from drcheck.drill.confirming import carry_out
from drcheck.drill.journal import Journal
from drcheck.drill.rehearsed.people import manual_steps
from drcheck.drill.timing.timeline import Timeline
from drcheck.estate import DrillSpec, HumanStep
from drcheck.transport.arm_job import Job, Task

MANUAL = "WaitingForManualAction"


class ManualActions:
    """The manual actions of one test failover.

    Args:
        spec: the drill; says who confirms, and lists under ``human`` how long an action takes. Where it lists nothing,
            the recovery sequence tells.
        azure: the far side.
        context: what the drill works with.
        probes: are looked after while a person is waited for.
    """

    def __init__(self, spec: DrillSpec, azure: Azure, context: Context, probes: Probes) -> None:
        self._spec = spec
        self._azure = azure
        self._context = structs.replace(context, wait=self._wait)
        self._really_wait = context.wait
        self._probes = probes
        self._done: set[str] = set()

    def have_done(self, job: Job) -> bool:
        """Does the job wait, as far as it tells, at an action that was already confirmed? Then it goes on by itself."""
        task = job.manual_action
        return task is not None and task.task_id in self._done

    def carry_out(self, job: Job, journal: Journal, timeline: Timeline) -> None:
        """Have the action that a job waits at carried out, and let the job go on.

        Somebody may resume the job in the portal meanwhile: that is an answer too.
        """
        task, step = job.manual_action, self._step(job.manual_action)
        if not carry_out(step, journal, timeline, self._context, lambda: self._resumed(job, task)):
            with timeline.phase(f"manual action {step.name}, confirmed by drcheck"):
                self._azure.resume(job.name)
        elif not self._resumed(job, task):
            self._azure.resume(job.name)
        if task is not None and task.task_id:
            self._done.add(task.task_id)

    def _wait(self, seconds: float) -> None:
        self._probes.look()
        self._really_wait(min(seconds, self._probes.pause()))

    def _resumed(self, job: Job, task: Task | None) -> str:
        now = self._azure.job(job.name)
        same = now.manual_action is not None and task is not None and now.manual_action.task_id == task.task_id
        return "" if now.waits_for == MANUAL and (same or task is None) else "somebody in the portal"

    def _step(self, task: Task | None) -> HumanStep:
        """The action as a step of people: what is declared about it, by its name."""
        name = (task and ((task.custom_details and task.custom_details.name) or task.name)) or "manual action"
        confirm = self._spec.manual_actions == "confirm"
        known = next((one for one in self._known() if one.name.lower() == name.lower()), None)
        step = known or HumanStep(name=name, owner="", seconds=0)
        return structs.replace(step, confirm=confirm or step.confirm)

    def _known(self) -> tuple[HumanStep, ...]:
        return self._spec.human or manual_steps(self._context.topology)

"""What is run: the set-up steps in their order, and the long-running programs."""

import sys
from collections.abc import Callable, Iterator, Mapping

from launch.plan import Plan, bracketed
from launch.steps import Step

MANAGE = "manage.py"
# As modules: the scripts beside the interpreter name their old place when the project was moved.
CELERY = (sys.executable, "-m", "celery", "--app", "portal")
SERVED = (
    *("--worker-class", "portal.webworker.Worker", "--threads", "8", "--no-control-socket"),
    # An assertion may stand in a header, and a thousand frames in an address: there is no more.
    *("--limit-request-field_size", "32768", "--limit-request-line", "8190"),
)
OURS = ("archive/**/*.py", "onboarding/**/*.py", "portal/**/*.py")
MIGRATIONS = ("*/migrations/**/*.py", "requirements.txt")
STATIC = ("static/**/*", "*/static/**/*", "requirements.txt")


def set_up_steps(plan: Plan, database: str, *, external: bool) -> Iterator[Step]:
    """`database` tells one from another; what an external one holds is never presumed."""
    yield Step(
        name="translations",
        says="compiling translations",
        arguments=("-m", "launch.translations"),
        remedy="Mend the catalogue that it names.",
        inputs=("locale/*/LC_MESSAGES/*.po", "locale/*/LC_MESSAGES/*.mo"),
    )
    yield _migrate(database, external=external) if plan.brings_up_to_date else CHECK_DATABASE
    yield Step(
        name="set_up_vault",
        says="setting up the vault",
        arguments=(MANAGE, "set_up_vault"),
        remedy="Mount the file system that holds the vault, and start again.",
        inputs=(),
        outputs=tuple(plan.data / f"vault/{each}.vault" for each in ("", "production/", "test/")),
        also=database,
    )
    if "web" in plan.programs:
        yield Step(
            name="collectstatic",
            says="collecting static files",
            arguments=(MANAGE, "collectstatic", "--noinput", "--verbosity", "0"),
            remedy="Is the disk full, or a file missing that a style sheet names?",
            inputs=STATIC,
            outputs=(plan.data / "static/staticfiles.json",),
        )
    yield _load_demo(plan, database, external=external) if plan.demo else CHECK_NO_DEMO


def _load_demo(plan: Plan, database: str, *, external: bool) -> Step:
    return Step(
        name="load_demo",
        says="loading the demo data",
        arguments=(MANAGE, "load_demo"),
        remedy="An own, empty folder (--data) begins afresh; --no-demo does without.",
        inputs=None if external else (*OURS, "requirements.txt"),
        outputs=(plan.data / "secrets/demo.json",),
        also=database,
    )


def _migrate(database: str, *, external: bool) -> Step:
    return Step(
        name="migrate",
        says="bringing the database up to date",
        arguments=(MANAGE, "migrate", "--database", "owner", "--noinput", "--skip-checks"),
        remedy="The database is as it was before the migration that failed.",
        inputs=None if external else MIGRATIONS,
        also=database,
    )


CHECK_NO_DEMO = Step(
    name="check_no_demo",
    says="checking that no demo account exists",
    arguments=(MANAGE, "check_no_demo"),
    remedy="Give a folder (--data) or a database that was never used in demo mode.",
)
CHECK_DATABASE = Step(
    name="check_database",
    says="checking that the database is up to date",
    arguments=(MANAGE, "migrate", "--check", "--skip-checks"),
    remedy="Start the machine that has DATABASE_OWNER_URL first, with this version: it alone "
    "brings the database up to date.",
)


def web(plan: Plan) -> list[str]:
    return [
        *(sys.executable, "-m", "gunicorn", "portal.wsgi"),
        *("--bind", f"{bracketed(plan.web_host)}:{plan.web_port}"),
        # Loaded once, before the workers are forked: half the work, and memory that they share.
        *("--preload", "--workers", "2", "--timeout", "60", "--graceful-timeout", "3"),
        *("--logger-class", "portal.weblog.Lines"),
        *SERVED,
    ]


def dicom(plan: Plan) -> list[str]:
    return [sys.executable, MANAGE, "listen_dicom"]


def hl7(plan: Plan) -> list[str]:
    return [sys.executable, MANAGE, "listen_hl7"]


def worker(plan: Plan) -> list[str]:
    """Registration, sealing, sweeping: nothing that waits for another system."""
    return _celery_worker("worker", "--queues", "celery", "--concurrency", "2")


def caller(plan: Plan) -> list[str]:
    """Confirmations and reports to customers' systems, and mails: threads, because they wait for
    others.
    """
    return _celery_worker("caller", "--queues", "calls", "--pool", "threads", "--concurrency", "8")


def _celery_worker(name: str, *options: str) -> list[str]:
    return [
        *(*CELERY, "--quiet", "worker", "--hostname", f"{name}@%h", "--loglevel", "WARNING"),
        *("--without-gossip", "--without-mingle", *options),
    ]


def beat(plan: Plan) -> list[str]:
    return [*CELERY, "--quiet", "beat", "--loglevel", "WARNING", "--pidfile="]


def stand_in_pdr(port: int) -> list[str]:
    """In demo mode the Patient Data Repository is ours."""
    return [sys.executable, MANAGE, "stand_in_pdr", "--port", str(port)]


PROGRAMS: Mapping[str, Callable[[Plan], list[str]]] = {
    "web": web,
    "dicom": dicom,
    "hl7": hl7,
    "worker": worker,
    "caller": caller,
    "beat": beat,
}
FIRST_SCREEN = (sys.executable, MANAGE, "simulate", "--first-screen")

"""The Celery application. Tasks are an edge: they live in `archive.tasks` and carry row ids
only.
"""

import os

from celery import Celery
from celery.signals import setup_logging, worker_process_shutdown

from archive import logs, tracing
from archive.config import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

config = settings()
# The clock sends tasks by their names and needs none of what they do: it loads a sixth of it.
is_clock = config.process == "beat"
# Else Celery has Django check itself at each start, for which all pages are loaded: `./test` does.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")
app = Celery("kuva", fixups=() if is_clock else None)
app.conf.update(
    broker_url=config.broker_url,
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "visibility_timeout": 3600,
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
    },
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    task_serializer="json",
    accept_content=["json"],
    timezone="UTC",
    imports=[] if is_clock else ["archive.tasks", "onboarding.tasks"],
    # Celery's own closing, before and after each task, would make a database connection for each.
    # Tasks begin with Django's, which keeps those that are young and answer.
    CELERY_DB_REUSE_MAX=1 << 62,
    beat_schedule_filename=str(config.data_dir / "beat-schedule"),
    beat_schedule={
        "sweep": {"task": "archive.sweep", "schedule": 1.0, "options": {"expires": 5}},
        "caller": {
            "task": "archive.caller",
            "schedule": 3.0,
            "options": {"expires": 5, "queue": "calls"},
        },
        "seal": {"task": "archive.seal", "schedule": 1.0, "options": {"expires": 5}},
        "landed": {"task": "archive.give_files", "schedule": 5.0, "options": {"expires": 4}},
        "doubts": {"task": "archive.doubts", "schedule": 300.0, "options": {"expires": 60}},
        "messages": {"task": "archive.messages", "schedule": 3600.0, "options": {"expires": 600}},
        "case_mails": {
            "task": "archive.case_mails",
            "schedule": 60.0,
            "options": {"expires": 50, "queue": "calls"},
        },
        "alarms": {"task": "archive.alarms", "schedule": 60.0, "options": {"expires": 50}},
        "alarm_mails": {
            "task": "archive.alarm_mails",
            "schedule": 60.0,
            "options": {"expires": 50, "queue": "calls"},
        },
        "end_due": {"task": "onboarding.end_due", "schedule": 60.0, "options": {"expires": 50}},
        "rollouts": {
            "task": "onboarding.observe_rollouts",
            "schedule": 5.0,
            "options": {"expires": 4},
        },
        "audit": {
            "task": "archive.audit",
            "schedule": 5.0,
            "options": {"expires": 5, "queue": "calls"},
        },
        "review": {"task": "archive.review", "schedule": 5.0, "options": {"expires": 5}},
        "anchor": {
            "task": "archive.anchor",
            "schedule": 600.0,
            "options": {"expires": 500, "queue": "calls"},
        },
        "spent": {
            "task": "archive.forget_messages",
            "schedule": 600.0,
            "options": {"expires": 500},
        },
        "authorisations": {
            "task": "archive.authorisations",
            "schedule": 300.0,
            "options": {"expires": 240},
        },
        "verify": {"task": "archive.verify", "schedule": 5.0, "options": {"expires": 4}},
        "reconcile": {"task": "archive.reconcile", "schedule": 2.0, "options": {"expires": 2}},
        "storage": {"task": "archive.watch_storage", "schedule": 60.0, "options": {"expires": 50}},
        "retention": {"task": "archive.retention", "schedule": 600.0, "options": {"expires": 500}},
        "volumes": {"task": "archive.volumes", "schedule": 300.0, "options": {"expires": 240}},
        "certificates": {
            "task": "onboarding.watch_certificates",
            "schedule": 3600.0,
            "options": {"expires": 600},
        },
        "sessions": {
            "task": "onboarding.forget_sessions",
            "schedule": 3600.0,
            "options": {"expires": 600},
        },
        "partitions": {"task": "archive.partitions", "schedule": 86_400.0},
    },
)


def _set_up_logs(**given: object) -> None:
    """Celery's way to leave the log lines to the application."""
    logs.set_up()


def _end_traces(**given: object) -> None:
    """Celery ends its processes without Python's own end."""
    tracing.end()


setup_logging.connect(_set_up_logs)
worker_process_shutdown.connect(_end_traces)

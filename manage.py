#!/usr/bin/env python
"""The operator's commands; `manage.py help` lists them."""

import gc
import os
import sys

from django.core.management import execute_from_command_line
from django.db import DatabaseError

from archive import reaching
from archive.config import ConfigError

NEXT = (
    "start the system with ./run (DATA_DIR is its folder), or mend DATABASE_URL, or what "
    "deploy/database.sql gives its role"
)

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    if sys.argv[1:2] == ["migrate"]:
        # Django renders 1,500 historical models on the way from nothing, and many thousands on the
        # way from an old version; to look for garbage after every 700 objects takes its time.
        gc.set_threshold(200_000)
    try:
        execute_from_command_line(sys.argv)
    except ConfigError as error:
        sys.exit(f"{error}")
    except DatabaseError as error:
        if not (refusal := reaching.refusal(error)):
            raise
        sys.exit(f"{refusal}: {NEXT}")

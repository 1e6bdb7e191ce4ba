"""The web server's way in."""

import gc
import os

# What is loaded stays: to look for garbage meanwhile would take a quarter of the time.
gc.disable()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import get_resolver  # noqa: E402

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
application = get_wsgi_application()
# All views are loaded before the first request comes, which would else wait for them.
get_resolver().url_patterns  # noqa: B018
# The workers are forks of this process: what nobody touches they share.
gc.freeze()
gc.enable()

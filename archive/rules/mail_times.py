"""When a person is told by mail: quiet hours that may go over midnight, and the hour of a digest.
All hours are local.
"""

from datetime import datetime, timedelta


def is_quiet(hour: int, quiet_from: int, quiet_until: int) -> bool:
    """From the one hour until the other; equal hours mean that none are quiet."""
    if quiet_from <= quiet_until:
        return quiet_from <= hour < quiet_until
    return hour >= quiet_from or hour < quiet_until


def digest_is_due(local: datetime, hour: int, told_until: datetime) -> bool:
    """Whether the newest digest hour that has struck came after the last mail. Of the hour that
    comes twice in autumn the first one counts.
    """
    struck = local.replace(hour=hour, minute=0, second=0, microsecond=0, fold=0)
    if struck > local:
        struck -= timedelta(days=1)
    return told_until < struck

"""What ends a start: the message says what is wrong and what to do about it."""


class LaunchError(Exception):
    """The system cannot be started, or cannot go on."""


class StopRequested(Exception):
    """A signal asked us to end; raised only where the supervisor waits."""

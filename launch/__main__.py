"""`./run`: read what is asked for, start, watch, stop."""

import contextlib
import os
import sys

from launch import plan
from launch.attention import Attention
from launch.errors import LaunchError, StopRequested
from launch.system import System


def say(line: str) -> None:
    with contextlib.suppress(OSError):  # nobody reads any more: that ends no archive
        print(line, flush=True)


def main() -> int:
    os.umask(0o077)
    try:
        asked = plan.read(sys.argv[1:], os.environ)
    except LaunchError as error:
        say(f"Cannot start: {error}")
        return 2
    system = System(asked, Attention(), say)
    code = 0
    try:
        system.start()
        system.watch()
    except StopRequested:
        say("• ending")
    except LaunchError as error:
        say(f"Cannot start: {error}")
        code = 1
    except OSError as error:  # a disk that is full or not to be written
        say(f"Cannot go on: {error.filename or 'the system'}: {error.strerror or error}")
        code = 1
    finally:
        system.stop()
    return code


if __name__ == "__main__":
    sys.exit(main())

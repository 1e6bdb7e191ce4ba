"""Compile locale/: `python -m launch.translations`. (A bare machine has no msgfmt.)"""

import os
import sys
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

from launch.plan import ROOT


def compile_catalogue(source: Path) -> None:
    with source.open("rb") as file:
        catalogue = read_po(file, locale=source.parent.parent.name, abort_invalid=True)
    for message, wrong in catalogue.check():
        # A lost placeholder would break the page that shows the text.
        raise ValueError(f"line {message.lineno}: {wrong[0]}")
    target = source.with_suffix(".mo")
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    # Somebody may be reading the old one: replaced as a whole.
    with temporary.open("wb") as file:
        write_mo(file, catalogue)
    temporary.chmod(0o644)
    temporary.rename(target)


def main() -> int:
    for source in sorted(ROOT.glob("locale/*/LC_MESSAGES/*.po")):
        try:
            compile_catalogue(source)
        except (PoFileError, ValueError) as error:
            print(f"{source.relative_to(ROOT)}: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The web client: curl, the same for every server, in a process of its own."""

import subprocess
import time

from bench.corpus import Folder
from bench.dcmtk import PATIENCE, ClientFailed
from bench.servers import Web

ANY_SYNTAX = 'multipart/related; type="application/dicom"; transfer-syntax=*'


def retrieve(web: Web, study: Folder) -> float:
    """WADO-RS of all objects as they are stored, thrown away; seconds. Raises ClientFailed."""
    wanted = sum(each.stat().st_size for each in study.path.iterdir())
    command = ["curl", "--silent", "--show-error", "--fail", "--config", "-"]
    asked = [f'url = "{web.root}/studies/{study.study_uid}"', "output = /dev/null"]
    asked += [f"header = {_quoted(f'Accept: {ANY_SYNTAX}')}", 'write-out = "%{size_download}"']
    if web.user:
        asked.append(f"user = {_quoted(f'{web.user}:{web.password}')}")
    began = time.monotonic()
    done = subprocess.run(
        command,
        input="\n".join(asked),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    seconds = time.monotonic() - began
    if done.returncode or int(done.stdout) < wanted * 0.9:
        raise ClientFailed(f"{web.root}: {done.stdout} bytes of {wanted}. {done.stderr.strip()}")
    return seconds


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

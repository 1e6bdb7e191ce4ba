"""The vault in object storage that speaks S3; a request is answered when the object is durable."""

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime
from importlib import import_module
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import Any, BinaryIO

from botocore.exceptions import BotoCoreError, ClientError

from archive.config import settings
from archive.errors import StorageGone
from archive.stores.files import Room
from archive.stores.keys import Looking, Naming, Standing, head_of, unseen, untold

MISSING = ("404", "NoSuchKey", "NotFound")
THERE = ("412", "PreconditionFailed")
UNDECIDED = ("ConditionalRequestConflict",)  # another puts it in this moment
TRIES = 4
PART = 64 << 20  # larger objects go up in parts
PARTS_AT_ONCE = 4
TIMEOUT = 20
COMPARED = 1 << 20  # bytes at once


class ObjectStore:
    name = "s3"

    def __init__(self) -> None:
        self.bucket = settings().s3_bucket
        self.prefix = settings().s3_prefix
        self._clients: dict[int, Any] = {}

    @property
    def client(self) -> Any:
        """One a process: connections do not survive a fork."""
        known = self._clients.get(os.getpid())
        if known is None:
            known = self._clients[os.getpid()] = _connected()
        return known

    def has(self, key: str) -> bool:
        with _told():
            try:
                self.client.head_object(Bucket=self.bucket, Key=self._name(key))
            except ClientError as error:
                if _is_missing(error):
                    return False
                raise
            return True

    def size(self, key: str) -> int:
        """Raises FileNotFoundError, StorageGone."""
        with _told():
            try:
                answer = self.client.head_object(Bucket=self.bucket, Key=self._name(key))
            except ClientError as error:
                if _is_missing(error):
                    raise FileNotFoundError(key) from None
                raise
            return int(answer["ContentLength"])

    def put(
        self,
        key: str,
        parts: Sequence[bytes | bytearray],
        spilled: Path | None,
        standing: Standing = untold,
    ) -> None:
        """The service checks what arrived against its SHA-256. Raises StorageGone."""
        self._put(key, parts, spilled)
        standing(False)  # durable as well

    def _put(self, key: str, parts: Sequence[bytes | bytearray], spilled: Path | None) -> None:
        extra = {"ChecksumAlgorithm": "SHA256"}
        with _told():
            if spilled is None:
                self._put_whole(key, b"".join(parts), extra)
                return
            if not self._has_alike(key, spilled):
                self._put_large(key, spilled, extra)
        spilled.unlink(missing_ok=True)

    def _put_large(self, key: str, spilled: Path, extra: dict[str, str]) -> None:
        """As `_put_whole`."""
        if spilled.stat().st_size > PART:
            self._put_in_parts(key, spilled, extra)
            return
        with spilled.open("rb") as body:
            if self._put_new(key, body, extra) or self._has_alike(key, spilled):
                return
            body.seek(0)
            self.client.put_object(Bucket=self.bucket, Key=self._name(key), Body=body, **extra)

    def _put_in_parts(self, key: str, spilled: Path, extra: dict[str, str]) -> None:
        """No part is left of what did not go up, or was there."""
        place = {"Bucket": self.bucket, "Key": self._name(key)}
        begun = self.client.create_multipart_upload(**place, **extra)
        upload = {**place, "UploadId": begun["UploadId"]}
        is_whole = False
        try:
            listed = self._send_parts(upload, spilled, extra)
            is_whole = self._put_together(upload, listed, IfNoneMatch="*")
            if not is_whole and not self._has_alike(key, spilled):
                is_whole = self._put_together(upload, listed)
        finally:
            if not is_whole:
                with suppress(BotoCoreError, ClientError):
                    self.client.abort_multipart_upload(**upload)

    def _send_parts(
        self, upload: dict[str, str], spilled: Path, extra: dict[str, str]
    ) -> list[dict[str, Any]]:
        piece_of = import_module("s3transfer.utils").ReadFileChunk.from_filename
        size = spilled.stat().st_size

        def send(number: int) -> dict[str, Any]:
            with piece_of(str(spilled), (number - 1) * PART, PART) as body:
                told = self.client.upload_part(**upload, PartNumber=number, Body=body, **extra)
            said = {name: told[name] for name in ("ETag", "ChecksumSHA256") if name in told}
            return {"PartNumber": number, **said}

        with ThreadPoolExecutor(PARTS_AT_ONCE) as threads:
            return list(threads.map(send, range(1, -(-size // PART) + 1)))

    def _put_together(self, upload: dict[str, str], parts: list[Any], **condition: str) -> bool:
        """Whether nothing stood there, or it was replaced."""
        try:
            self.client.complete_multipart_upload(
                **upload, MultipartUpload={"Parts": parts}, **condition
            )
        except ClientError as error:
            if _code(error) not in THERE:
                raise
            return False
        return True

    def _has_alike(self, key: str, spilled: Path) -> bool:
        """Whether the same object stands there: it stays as it came first."""
        head = head_of(key)
        try:
            there = self.open(key)
        except FileNotFoundError:
            return False
        with there, spilled.open("rb") as ours:
            there.read(head)
            ours.seek(head)
            while piece := ours.read(COMPARED):
                if there.read(len(piece)) != piece:
                    return False
            return not there.read(1)

    def _put_whole(self, key: str, body: bytes, extra: dict[str, str]) -> None:
        """An object that is there already stays as it came first, with what its head says; one
        that is damaged is replaced.
        """
        if self._put_new(key, body, extra):
            return
        head = head_of(key)
        with self.open(key) as there:
            if there.read()[head:] == body[head:]:
                return
        self.client.put_object(Bucket=self.bucket, Key=self._name(key), Body=body, **extra)

    def _put_new(
        self, key: str, body: bytes | BinaryIO, extra: dict[str, str], tries: int = TRIES
    ) -> bool:
        """Unless something stands there; whether it was put."""
        place = {"Bucket": self.bucket, "Key": self._name(key)}
        try:
            self.client.put_object(**place, Body=body, IfNoneMatch="*", **extra)
        except ClientError as error:
            if _code(error) in THERE:
                return False
            if _code(error) not in UNDECIDED or tries == 1:
                raise
        else:
            return True
        if not isinstance(body, bytes):
            body.seek(0)
        return self._put_new(key, body, extra, tries - 1)

    def note(self, key: str, text: str) -> None:
        with _told():
            self.client.put_object(Bucket=self.bucket, Key=self._name(key), Body=text.encode())

    def write_head(self, key: str, head: bytes) -> bool:
        """The service keeps digests of whole files itself."""
        return False

    def sync(self, key: str) -> None:
        """What is there is durable."""
        if not self.has(key):
            raise FileNotFoundError(key)

    def open(self, key: str, length: int | None = None) -> BinaryIO:
        """Raises FileNotFoundError, StorageGone."""
        extra = {"Range": f"bytes=0-{length - 1}"} if length else {}
        with _told():
            try:
                answer = self.client.get_object(Bucket=self.bucket, Key=self._name(key), **extra)
            except ClientError as error:
                if _is_missing(error):
                    raise FileNotFoundError(key) from None
                raise
            return BufferedReader(_Body(answer["Body"]))

    def move(self, key: str, to: str) -> bool:
        with _told():
            try:
                self.client.copy(
                    {"Bucket": self.bucket, "Key": self._name(key)}, self.bucket, self._name(to)
                )
            except ClientError as error:
                if _is_missing(error):
                    return False
                raise
            self.client.delete_object(Bucket=self.bucket, Key=self._name(key))
            return True

    def remove(self, key: str) -> None:
        with _told():
            self.client.delete_object(Bucket=self.bucket, Key=self._name(key))

    def landed(self, environment: str) -> int:
        return 0

    def each_landed(self, environment: str) -> Iterator[tuple[str, bytes]]:
        return iter(())

    def give_files(
        self, environment: str, key_for: Naming, quiet_seconds: float, before: Looking = unseen
    ) -> int:
        return 0

    def keys(self, prefix: str, after: str = "") -> Iterator[tuple[str, datetime]]:
        behind = {"StartAfter": self._name(after)} if after else {}
        with _told():
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=self._name(prefix) + "/", **behind
            )
            for page in pages:
                for entry in page.get("Contents", ()):
                    yield entry["Key"].removeprefix(self.prefix), entry["LastModified"]

    def rooms(self, environments: Iterable[str]) -> list[Room]:
        return []

    def _name(self, key: str) -> str:
        return self.prefix + key


def _connected() -> Any:
    # Imported when there is object storage: 25 MB that a receiver does not carry otherwise.
    boto3, config = import_module("boto3"), import_module("botocore.config")
    return boto3.client(
        "s3",
        endpoint_url=settings().s3_endpoint or None,
        region_name=settings().s3_region,
        aws_access_key_id=settings().s3_access_key or None,
        aws_secret_access_key=settings().s3_secret_key or None,
        config=config.Config(
            connect_timeout=TIMEOUT,
            read_timeout=TIMEOUT,
            retries={"max_attempts": 3, "mode": "standard"},
            s3={"addressing_style": settings().s3_addressing},
            # Who reads knows the digest. Judged here as well, damage would be a service that is
            # away: tried again for ever, and never told of.
            response_checksum_validation="when_required",
        ),
    )


class _Body(RawIOBase):
    """An answer that is read as it comes, so that no object need fit into memory."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with _told():
            part = self._body.read(len(buffer))
        buffer[: len(part)] = part
        return len(part)

    def close(self) -> None:
        self._body.close()
        super().close()


@contextmanager
def _told() -> Iterator[None]:
    """A service that is away or refuses is a failure that passes: senders try again."""
    try:
        yield
    except Exception as error:
        # What a transfer of parts raises is of boto3, which is imported late: see _connected.
        theirs = (BotoCoreError, ClientError, import_module("boto3.exceptions").Boto3Error)
        if not isinstance(error, theirs):
            raise
        raise StorageGone(facts={"raised": type(error).__name__}) from None


def _is_missing(error: ClientError) -> bool:
    return _code(error) in MISSING


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code"))

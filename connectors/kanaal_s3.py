"""A channel to an S3-compatible store: an object appears whole, and the manifest last.

There is no rename in S3 and none is needed: an upload that is cut off, in parts or not, leaves no object. Each object
is sent with its SHA-256, which the store checks. What stands there need not be sent again when a later object fails,
so a line that fails one call in three still gets a delivery of ten objects through.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from boto3.exceptions import S3UploadFailedError
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from connectors.kanaal import Gevonden, Storing, leesbaar
from schemas.fout import KetenFout

WACHT = 30
_DEEL = 16 << 20  # bytes of a part of a large object
_REFUSED = {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "NoSuchBucket", "AllAccessDisabled"}
_ABSENT = {"NoSuchKey", "404"}


@dataclass(frozen=True)
class S3Kanaal:
    """A bucket, with what stands before the names of objects in it."""

    adres: str
    emmer: str
    regio: str
    sleutel_id: str = field(repr=False)
    geheim: str = field(repr=False)
    voorvoegsel: str = ""
    _staat_er: set[tuple[str, str, int, int]] = field(default_factory=set, repr=False, compare=False)

    @property
    def _transfer(self) -> TransferConfig:
        return TransferConfig(multipart_threshold=_DEEL, multipart_chunksize=_DEEL, max_concurrency=2)

    @cached_property
    def _client(self) -> Any:
        # How often to try is decided by who uses a channel, and entered; so not here as well.
        config = Config(
            connect_timeout=WACHT,
            read_timeout=WACHT,
            retries={"total_max_attempts": 1},
            s3={"addressing_style": "path"},
        )
        return boto3.client(
            "s3",
            endpoint_url=self.adres,
            region_name=self.regio,
            aws_access_key_id=self.sleutel_id,
            aws_secret_access_key=self.geheim,
            config=config,
        )

    def lever(self, bestanden: Sequence[Path], plaats: str) -> None:
        """Uploads the files in their order; when it is tried again not those that stand there since the last time."""
        with self._vertaald():
            for bestand in bestanden:
                made = bestand.stat()
                done = (self._naam(plaats, bestand.name), str(bestand), made.st_mtime_ns, made.st_size)
                if done in self._staat_er:
                    continue
                self._client.upload_file(
                    str(bestand),
                    self.emmer,
                    self._naam(plaats, bestand.name),
                    ExtraArgs={"ChecksumAlgorithm": "SHA256"},
                    Config=self._transfer,
                )
                self._staat_er.add(done)
            self._staat_er.clear()

    def haal(self, plaats: str, naam: str) -> bytes | None:
        """The content of an object."""
        with self._vertaald():
            try:
                found = self._client.get_object(Bucket=self.emmer, Key=self._naam(plaats, naam))
                return bytes(found["Body"].read())
            except ClientError as fout:
                if _code(fout) in _ABSENT:
                    return None
                raise

    def lijst(self, plaats: str) -> list[Gevonden]:
        """The objects whose names begin with a place."""
        with self._vertaald():
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self.emmer, Prefix=self._naam(plaats, "")
            )
            found = [
                Gevonden(
                    each["Key"].removeprefix(self._naam(plaats, "")),
                    each["Size"],
                    int(each["LastModified"].timestamp()),
                )
                for page in pages
                for each in page.get("Contents", [])
            ]
        return sorted((each for each in found if leesbaar(each.naam)), key=lambda each: each.naam)

    def ontvang(self, plaats: str, namen: Mapping[str, Path]) -> None:
        """Fetches objects, a large one in parts."""
        with self._vertaald():
            for naam, doel in namen.items():
                self._client.download_file(self.emmer, self._naam(plaats, naam), str(doel), Config=self._transfer)

    def verwijder(self, plaats: str, namen: Sequence[str]) -> None:
        """Removes objects; the store does not mind when one is gone."""
        with self._vertaald():
            for naam in namen:
                self._client.delete_object(Bucket=self.emmer, Key=self._naam(plaats, naam))

    def _naam(self, plaats: str, naam: str) -> str:
        return f"{self.voorvoegsel}{plaats}/{naam}"

    @contextmanager
    def _vertaald(self) -> Iterator[None]:
        try:
            yield
        except (ClientError, S3UploadFailedError) as fout:
            # An upload that failed says so in a text around the error of the store.
            code = _code(fout) if isinstance(fout, ClientError) else next((c for c in _REFUSED if c in str(fout)), "")
            if code in _REFUSED:
                raise KetenFout("U-TOEGANG", f"{self.emmer}: {code}") from None
            raise Storing(code or type(fout).__name__) from None
        except (BotoCoreError, OSError) as fout:
            raise Storing(type(fout).__name__) from None


def _code(fout: ClientError) -> str:
    return str(fout.response.get("Error", {}).get("Code", ""))

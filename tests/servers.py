"""Servers on this machine for tests of channels: OpenSSH, and an S3-compatible store in a process of its own."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from connectors.kanaal_s3 import S3Kanaal
from connectors.kanaal_sftp import SftpKanaal

SSHD = next((path for path in ("/usr/sbin/sshd", shutil.which("sshd")) if path and Path(path).exists()), None)
ID, GEHEIM = "keten-id", "heel-geheim-woord-123"


def vrije_poort() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def wacht_op(poort: int, process: subprocess.Popen[bytes]) -> None:
    """Until something listens, for at most half a minute."""
    for _ in range(300):
        assert process.poll() is None, "de server is niet gestart"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", poort), 1):
            return
        time.sleep(0.1)
    raise AssertionError("de server antwoordt niet")


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(10)


def schrijf_paar(pad: Path) -> str:
    """Writes a private key; returns the public one as ssh writes it."""
    sleutel = Ed25519PrivateKey.generate()
    pad.write_bytes(sleutel.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    pad.chmod(0o600)
    return sleutel.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


@contextmanager
def sftp_server(folder: Path) -> Iterator[SftpKanaal]:
    """OpenSSH on the loopback address, that serves a folder to one key."""
    if SSHD is None:
        pytest.skip("openssh-server ontbreekt; CI installeert het")
    poort = vrije_poort()
    host = schrijf_paar(folder / "host")
    (folder / "mag").write_text(schrijf_paar(folder / "wij") + "\n")
    (folder / "mag").chmod(0o600)
    (folder / "inbox").mkdir()
    config = f"""
Port {poort}
ListenAddress 127.0.0.1
HostKey {folder}/host
AuthorizedKeysFile {folder}/mag
PasswordAuthentication no
KbdInteractiveAuthentication no
StrictModes no
UsePAM no
PidFile none
Subsystem sftp internal-sftp -d {folder}/inbox
"""
    (folder / "sshd_config").write_text(config)
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([SSHD, "-D", "-e", "-f", folder / "sshd_config"], stderr=log)
    try:
        wacht_op(poort, process)
        gebruiker = pwd.getpwuid(os.getuid()).pw_name
        yield SftpKanaal("127.0.0.1", poort, gebruiker, host, folder / "wij", f"{folder}/inbox")
    finally:
        stop(process)


@contextmanager
def s3_server() -> Iterator[S3Kanaal]:
    """An S3-compatible store in its own process, with one bucket."""
    poort = vrije_poort()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(poort)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        wacht_op(poort, process)
        kanaal = S3Kanaal(f"http://127.0.0.1:{poort}", "emmer", "eu-west-1", ID, GEHEIM, "van-ons/")
        client(kanaal).create_bucket(Bucket="emmer", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        yield kanaal
    finally:
        stop(process)


def client(kanaal: S3Kanaal) -> Any:
    """A client of our own, to look with."""
    return boto3.client("s3", endpoint_url=kanaal.adres, region_name=kanaal.regio, aws_access_key_id=ID,
                        aws_secret_access_key=GEHEIM, config=Config(s3={"addressing_style": "path"}))  # fmt: skip


@contextmanager
def aangekoppeld(kanaal: S3Kanaal, voorvoegsel: str, folder: Path, geheimen: Path) -> Iterator[None]:
    """Part of the bucket of a store as a folder, by s3fs, which writes a file to the store as it is closed."""
    if shutil.which("s3fs") is None or not Path("/dev/fuse").exists():
        pytest.skip("s3fs of /dev/fuse ontbreekt; CI installeert s3fs")
    client(kanaal).put_object(Bucket=kanaal.emmer, Key=f"{voorvoegsel}/", Body=b"")
    folder.mkdir()
    (geheimen / "wachtwoord").write_text(f"{ID}:{GEHEIM}")
    (geheimen / "wachtwoord").chmod(0o600)
    options = (f"url={kanaal.adres}", f"endpoint={kanaal.regio}", f"passwd_file={geheimen}/wachtwoord")
    words = [word for option in (*options, "use_path_request_style") for word in ("-o", option)]
    source = f"{kanaal.emmer}:/{voorvoegsel}"
    subprocess.run(["s3fs", source, str(folder), *words], check=True, env={"PATH": os.environ["PATH"]})
    try:
        yield
    finally:
        subprocess.run(["fusermount", "-u", str(folder)], check=True)

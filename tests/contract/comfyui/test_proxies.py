"""A server behind a proxy: below a path, with a header of its own, over TLS."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ai_video.comfyui.address import ServerAddress
from ai_video.comfyui.client import ComfyClient, Finished
from ai_video.comfyui.events import Event, Executed
from ai_video.comfyui.fake_server import FakeOptions, serving
from ai_video.errors import ConfigurationFailure

from .conftest import QUICK, plain_picture


async def make_one(address: ServerAddress, unique: str, folder: Path) -> None:
    """A picture made, told of on the socket, and fetched."""
    heard = list[Event]()
    async with ComfyClient(address, timing=QUICK) as client:
        prompt_id = uuid4()
        await client.submit(prompt_id, plain_picture(unique))
        outcome = await client.wait(prompt_id, hear=heard.append)
        assert isinstance(outcome, Finished)
        got = await client.files.download(outcome.outputs.files[0], folder / f"{unique}.png")
    assert got.size > 0
    assert any(isinstance(event, Executed) for event in heard)


async def test_path_and_header_of_a_proxy(tmp_path: Path, unique: str) -> None:
    options = FakeOptions(prefix="/comfy", required_header=("Authorization", "Bearer key"))
    with serving(options) as fake:
        assert fake.url.endswith("/comfy")
        headers = {"Authorization": "Bearer key"}
        await make_one(ServerAddress(fake.url + "/", headers=headers), unique, tmp_path)
        async with ComfyClient(ServerAddress(fake.url), timing=QUICK) as client:
            with pytest.raises(ConfigurationFailure, match="comfyui_denied"):
                await client.submit(uuid4(), plain_picture(unique))
        assert len(fake.posted()) == 2


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(certificate, key) that only those trust who were given the certificate."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    cert_path, key_path = folder / "cert.pem", folder / "key.pem"
    cert_path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return cert_path, key_path


@contextlib.asynccontextmanager
async def over_tls(port: int, certificate: tuple[Path, Path]) -> AsyncIterator[str]:
    """The address of a proxy that speaks TLS and passes on to a port."""

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(copy(reader, inner_writer), copy(inner_reader, writer))

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await asyncio.sleep(0.05)


async def test_tls_is_trusted_as_the_address_says(
    certificate: tuple[Path, Path], tmp_path: Path, unique: str
) -> None:
    with serving(FakeOptions(seconds_per_job=0.05)) as fake:
        port = int(fake.url.rpartition(":")[2])
        async with over_tls(port, certificate) as url:
            plain = ServerAddress(url)
            async with ComfyClient(plain, timing=QUICK) as client:
                with pytest.raises(ConfigurationFailure, match="comfyui_tls"):
                    await client.system_stats()
            await make_one(replace(plain, ca_file=certificate[0]), unique, tmp_path)
            await make_one(replace(plain, verify_tls=False), unique[::-1], tmp_path)

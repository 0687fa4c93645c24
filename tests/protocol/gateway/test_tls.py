"""The same over TLS, served by the listener itself."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import websockets
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.protocol.gateway.harness import RecordingEndpoint, Server


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture(scope="module")
def server(certificate: Path) -> Iterator[Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Server(RecordingEndpoint(), tls=context) as running:
        yield running


@pytest.fixture
def trust(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


async def test_messages_come_back_and_the_door_knows_that_it_is_secure(server: Server, trust: ssl.SSLContext) -> None:
    async with websockets.connect(f"wss://127.0.0.1:{server.port}/ws", ssl=trust, max_size=None) as client:
        for message in ("hello", "x" * 100_000, b"y" * (3 << 20)):
            await client.send(message)
            assert await client.recv() == message
    assert client.close_code == 1000
    assert isinstance(server.endpoint, RecordingEndpoint)
    assert server.endpoint.sockets[0].handshake.secure


async def test_refusals_and_broken_frames_are_answered(server: Server, trust: ssl.SSLContext) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        await websockets.connect(f"wss://127.0.0.1:{server.port}/nowhere", ssl=trust)
    assert refused.value.response.status_code == 404
    async with websockets.connect(f"wss://127.0.0.1:{server.port}/ws", ssl=trust) as client:
        client.transport.write(b"\x83\x80\x00\x00\x00\x00")
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await client.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1002

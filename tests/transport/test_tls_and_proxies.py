"""Certificates and proxies, for API calls and for token grants alike."""

import base64
import contextlib
import socket
import ssl
import threading

import pytest

from domo_async.errors import ConfigurationError, ConnectionFailedError
from domo_async.transport.connection import ConnectionOptions
from domo_async.transport.origin import Origin

OK = (200, b'{"fine": true}')


@pytest.fixture
def anyio_backend(carrier):
    return carrier.backend


def pump(source, target):
    try:
        while data := source.recv(1 << 16):
            target.sendall(data)
    except OSError:
        pass
    finally:
        for sock in (source, target):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


def proxying(seen, *, refuse=False):
    """A proxy that forwards requests for http and opens tunnels for https."""

    def script(peer):
        method, target, headers = peer.read_head()
        seen.append((method, target, headers))
        if refuse:
            peer.send(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return
        if method == "CONNECT":
            host, _, port = target.rpartition(":")
            upstream = socket.create_connection(("127.0.0.1", int(port)))
            peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            host, _, path = target.removeprefix("http://").partition("/")
            upstream = socket.create_connection(("127.0.0.1", int(host.rpartition(":")[2])))
            headers["connection"] = "close"
            lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            upstream.sendall(f"{method} /{path} HTTP/1.1\r\n{lines}\r\n".encode())
        with upstream:
            back = threading.Thread(target=pump, args=(upstream, peer.sock), daemon=True)
            back.start()
            pump(peer.sock, upstream)
            back.join(5)

    return script


@pytest.mark.anyio
async def test_an_authority_of_ones_own_is_trusted_for_grants_and_calls(wire, carrier, tls):
    server = wire.serve(wire.answering(OK), ssl_context=tls.server_context())
    for verify in (tls.authority, ssl.create_default_context(cafile=tls.authority), False):
        async with wire.client(server, carrier.transport, verify=verify) as domo:
            assert (await domo.request("GET", "/v1/things")).body == OK[1]
    assert server.grants == 3


@pytest.mark.anyio
async def test_an_unknown_authority_is_a_failed_connection_with_a_hint(wire, carrier, tls):
    server = wire.serve(wire.answering(OK), ssl_context=tls.server_context())
    async with wire.client(server, carrier.transport, retries=0, grant_deadline=0.2) as domo:
        with pytest.raises(ConnectionFailedError, match="verify=") as caught:
            await domo.request("GET", "/v1/things")
        assert caught.value.operation == "oauth.token"
    assert server.requests == []


@pytest.mark.anyio
async def test_an_unknown_authority_at_the_api_itself_gets_the_same_hint(wire, carrier, tls):
    server = wire.serve(wire.answering(OK), ssl_context=tls.server_context())
    async with wire.client(server, carrier.transport, verify=tls.authority, retries=0) as domo:
        domo._session.engine._connection = ConnectionOptions()  # the grants keep what they were given
        with pytest.raises(ConnectionFailedError, match="verify=") as caught:
            await domo.request("GET", "/v1/things")
        assert caught.value.operation == "request"
    assert (server.grants, server.calls) == (1, [])


@pytest.mark.anyio
async def test_a_client_certificate_is_shown_for_grants_and_calls(wire, carrier, tls):
    server = wire.serve(wire.answering(OK), ssl_context=tls.server_context(client_certificates=True))
    async with wire.client(server, carrier.transport, verify=tls.authority, cert=tls.client) as domo:
        assert (await domo.request("GET", "/v1/things")).body == OK[1]
    assert server.grants == 1


@pytest.mark.anyio
@pytest.mark.parametrize("secured", [True, False], ids=["https", "http"])
@pytest.mark.parametrize("how", ["argument", "environment", "argument with a password"])
async def test_a_proxy_carries_grants_and_calls(wire, carrier, tls, secured, how, monkeypatch):
    seen = []
    proxy = wire.serve(proxying(seen))
    server = wire.serve(wire.answering(OK), ssl_context=tls.server_context() if secured else None)
    options = {"verify": tls.authority}
    if how == "environment":
        monkeypatch.setenv("HTTPS_PROXY" if secured else "HTTP_PROXY", proxy.url)
    elif how == "argument":
        options["proxy"] = proxy.url
    else:
        options["proxy"] = proxy.url.replace("http://", "http://me:pass@")
    async with wire.client(server, carrier.transport, **options) as domo:
        for _ in range(2):
            assert (await domo.request("GET", "/v1/things")).body == OK[1]
    assert (server.grants, len(server.calls)) == (1, 2)
    assert len(seen) >= 2
    assert {method for method, _, _ in seen} == ({"CONNECT"} if secured else {"GET"})
    if how == "argument with a password":
        expected = "Basic " + base64.b64encode(b"me:pass").decode()
        assert {headers.get("proxy-authorization") for _, _, headers in seen} == {expected}
    if secured:
        assert all("authorization" not in headers for _, _, headers in seen)


@pytest.mark.anyio
async def test_a_proxy_that_refuses_is_a_failed_connection(wire, carrier, tls):
    proxy = wire.serve(proxying([], refuse=True))
    server = wire.serve(wire.answering(OK), ssl_context=tls.server_context())
    async with wire.client(
        server, carrier.transport, verify=tls.authority, proxy=proxy.url, retries=0, grant_deadline=0.2
    ) as domo:
        with pytest.raises(ConnectionFailedError, match="proxy"):
            await domo.request("GET", "/v1/things")
    assert server.requests == []


@pytest.mark.anyio
@pytest.mark.parametrize("no_proxy", ["127.0.0.1", "*"])
async def test_no_proxy_and_trust_env_are_kept_to(wire, carrier, no_proxy, monkeypatch):
    server = wire.serve(wire.answering(OK))
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{wire.free_port()}")
    async with wire.client(server, carrier.transport, trust_env=False) as domo:
        await domo.request("GET", "/v1/things")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    async with wire.client(server, carrier.transport) as domo:
        await domo.request("GET", "/v1/things")


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
        ({"HTTPS_PROXY": "p:1"}, "http://p:1"),
        ({"HTTP_PROXY": "http://p:1"}, None),
        ({"ALL_PROXY": "http://p:1"}, "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "domo.com"}, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "api.domo.com:443"}, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "other.com"}, "http://p:1"),
    ],
)
def test_which_proxy_the_environment_names(variables, expected, monkeypatch):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert ConnectionOptions().proxy_for(Origin.parse("https://api.domo.com")) == expected
    assert ConnectionOptions(trust_env=False).proxy_for(Origin.parse("https://api.domo.com")) is None


@pytest.mark.parametrize("proxy", ["p:1", "me:pass-word@p:1", "http://", "socks9://p:1", "http://p:port", "", 5])
def test_a_proxy_that_is_none_is_refused_without_its_password(proxy):
    with pytest.raises(ConfigurationError, match=r"^proxy: .*http://proxy") as caught:
        ConnectionOptions(proxy=proxy).proxy_for(Origin.parse("https://api.domo.com"))
    assert "pass-word" not in str(caught.value)


def test_a_proxy_of_the_environment_that_is_none_is_refused(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "socks9://p:1")
    with pytest.raises(ConfigurationError, match="environment"):
        ConnectionOptions().proxy_for(Origin.parse("https://api.domo.com"))


def test_a_socks_proxy_needs_a_package(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match="socksio"):
        ConnectionOptions(proxy="socks5://p:1").proxy_for(Origin.parse("https://api.domo.com"))


@pytest.mark.parametrize(
    "options", [{"verify": "/nowhere/ca.pem"}, {"cert": "/nowhere/client.pem"}, {"cert": ("/no/a.pem", "/no/b.pem")}]
)
def test_certificates_that_cannot_be_read_are_named(options):
    with pytest.raises(ConfigurationError):
        ConnectionOptions(**options).ssl_context()


def test_a_certificate_file_of_the_environment_that_cannot_be_read_is_named(monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/ca.pem")
    with pytest.raises(ConfigurationError, match="SSL_CERT_FILE"):
        ConnectionOptions().ssl_context()

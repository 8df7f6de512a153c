"""What arrives on a socket and is no request, or not a whole one: the server answers or hangs up, and goes on."""

from __future__ import annotations

import socket
import tracemalloc

import httpx
import pytest

REQUEST = b"GET /v1/datasets HTTP/1.1\r\n"
POST = b"POST /v1/groups HTTP/1.1\r\n"


@pytest.fixture
def talk(shared_emulator, shared_client):
    """Sends bytes, with the token in the place of TOKEN, and returns all that comes back."""
    address = httpx.URL(shared_emulator.url)
    token = shared_client.headers["authorization"].encode()

    def send(*pieces: bytes) -> bytes:
        with socket.create_connection((address.host, address.port), timeout=20) as connection:
            answer = b""
            try:
                for piece in pieces:
                    connection.sendall(piece.replace(b"TOKEN", b"Host: x\r\nAuthorization: " + token))
                connection.shutdown(socket.SHUT_WR)
                while received := connection.recv(1 << 16):
                    answer += received
            except OSError:
                pass  # it has hung up, which is an answer too
            return answer

    yield send
    assert httpx.get(f"{shared_emulator.url}/_emulator/stats").status_code == 200


@pytest.mark.parametrize(
    "head",
    [
        b"\x16\x03\x01\x02\x00garbage\r\n\r\n",
        b"GET /v1/\xff\xfe HTTP/1.1\r\nTOKEN\r\n\r\n",
        b"GET /v1/\x00 HTTP/1.1\r\nTOKEN\r\n\r\n",
        b"GET /v1/a b HTTP/1.1\r\nTOKEN\r\n\r\n",
        b"GET ? HTTP/1.1\r\nTOKEN\r\n\r\n",
        b"GET /v1/% HTTP/1.1\r\nTOKEN\r\n\r\n",
        b"GET /v1/datasets?limit=%zz%ff%00 HTTP/1.1\r\nTOKEN\r\n\r\n",
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nTOKEN\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nTOKEN\r\n\r\n",
        b"CONNECT x:80 HTTP/1.1\r\nTOKEN\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        REQUEST + b"TOKEN\r\nX: a\x00b\r\n\r\n",
        REQUEST + b"TOKEN\r\nX\xff: b\r\n\r\n",
        POST + b"TOKEN\r\nContent-Length: -1\r\n\r\n",
        POST + b"TOKEN\r\nContent-Length: 99999999999999999999\r\n\r\n",
        POST + b"TOKEN\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + b"TOKEN\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
        POST + b"TOKEN\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        POST + b"TOKEN\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        POST + b"TOKEN\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\n",
        POST + b"TOKEN\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"X: a\r\n" * 9_999 + b"\r\n",
        POST + b"TOKEN\r\nContent-Type: \xff\xfe\r\nContent-Encoding: br\r\nContent-Length: 1\r\n\r\nx",
    ],
    ids=lambda head: repr(head[:60]),
)
def test_what_is_no_request_is_refused(talk, head):
    answer = talk(head)

    assert answer.startswith(b"HTTP/1.1 4"), answer


@pytest.mark.parametrize(
    "head",
    [
        REQUEST + b"TOKEN\r\nUser-Agent: \xff\xfe\r\n\r\n",
        REQUEST + b"TOKEN\r\nX: " + b"a" * 500_000 + b"\r\n\r\n",
        REQUEST + b"TOKEN\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
        b"GET http://elsewhere.example/v1/datasets#there HTTP/1.1\r\nTOKEN\r\n\r\n",
        b"GET /v1/datasets HTTP/1.0\r\nTOKEN\r\n\r\n",
        POST + b'TOKEN\r\nExpect: 100-continue\r\nContent-Length: 12\r\n\r\n{"name":"x"}',
        POST + b"TOKEN\r\nTransfer-Encoding: chunked\r\n\r\nc;" + b"x" * 9_999 + b'\r\n{"name":"x"}\r\n0\r\n\r\n',
        (REQUEST + b"TOKEN\r\n\r\n") * 20,
    ],
    ids=lambda head: repr(head[:60]),
)
def test_what_is_only_odd_is_answered(talk, head):
    answer = talk(head)

    assert b"HTTP/1.1 20" in answer
    assert b"HTTP/1.1 5" not in answer


@pytest.mark.parametrize(
    "cut",
    [
        b"PUT /v1/datas",
        b"PUT {path}/data HTTP/1.1\r\nTOK",
        b"PUT {path}/data HTTP/1.1\r\nTOKEN\r\nContent-Length: 50\r\n\r\nN102,1\n",
        b"PUT {path}/data HTTP/1.1\r\nTOKEN\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nN102,1\n\r\n",
        b"PUT {path}/data HTTP/1.1\r\nTOKEN\r\nTransfer-Encoding: chunked\r\n\r\n50\r\nN102,1\n",
    ],
    ids=lambda cut: repr(cut[-24:]),
)
def test_a_request_that_is_cut_off_changes_nothing(talk, shared_client, create, cut):
    path = create(shared_client, ("STRING", "tail"), ("LONG", "n"))
    shared_client.put(f"{path}/data", content=b"N101,1\n")
    answer = talk(cut.replace(b"{path}", path.encode()))

    assert answer == b""
    assert shared_client.get(f"{path}/data").text == "N101,1\n"


@pytest.mark.parametrize(
    "endless", [b"a" * 65_536, b"X: a\r\n" * 10_000], ids=["one header without end", "headers without end"]
)
def test_a_head_that_does_not_end_is_refused(talk, endless):
    """Long before it has cost much memory."""
    tracemalloc.start()
    try:
        answer = talk(REQUEST + b"X: ", *[endless] * 1_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert not answer or answer.startswith(b"HTTP/1.1 400")
    assert peak < 30_000_000

"""Whose connections they are: what the caller brings along is used, and never closed by the client."""

import httpx
import pytest

from domo_async import AsyncDomo
from domo_async.errors import ClientClosedError, ConfigurationError

pytestmark = pytest.mark.anyio

OK = (200, b'{"fine": true}')


@pytest.fixture
def anyio_backend(carrier):
    return carrier.backend


class Recording(httpx.AsyncBaseTransport):
    """Records where tokens go; the network is one function."""

    def __init__(self):
        self.requests = []
        self.closed = 0

    async def handle_async_request(self, request):
        self.requests.append(request)
        if request.url.path == "/oauth/token":
            return httpx.Response(200, json={"access_token": "t", "expires_in": 3599})
        return httpx.Response(200, json={"fine": True})

    async def aclose(self):
        self.closed += 1


async def test_a_transport_of_the_caller_is_used_for_grants_and_calls_and_not_closed(carrier):
    transport = Recording()
    async with AsyncDomo("id", "secret", transport=transport) as domo:
        await domo.request("GET", "/v1/things")
    assert [request.url.path for request in transport.requests] == ["/oauth/token", "/v1/things"]
    assert {request.url.host for request in transport.requests} == {"api.domo.com"}
    assert transport.closed == 0


async def test_a_client_of_the_caller_is_used_and_not_closed(wire, carrier):
    server = wire.serve(wire.answering(OK))
    async with httpx.AsyncClient(headers={"X-Mine": "yes"}, trust_env=False) as own:
        async with wire.client(server, http_client=own) as domo:
            assert (await domo.request("GET", "/v1/things")).body == OK[1]
        with pytest.raises(ClientClosedError):
            await domo.request("GET", "/v1/things")
        assert not own.is_closed
        assert (await own.get(f"{server.url}/mine")).status_code == 200
    assert [call.headers.get("x-mine") for call in server.calls] == ["yes", "yes"]
    assert "authorization" not in server.calls[-1].headers


async def test_a_client_that_its_owner_closed_is_an_error_with_a_name(wire, carrier):
    server = wire.serve(wire.answering(OK))
    own = httpx.AsyncClient(trust_env=False)
    domo = wire.client(server, http_client=own)
    await own.aclose()
    with pytest.raises(ClientClosedError):
        await domo.request("GET", "/v1/things")
    await domo.aclose()


async def test_a_hook_of_the_caller_that_reads_answers_does_no_harm(wire, carrier):
    async def read(response):
        await response.aread()

    server = wire.serve(wire.answering(OK, (400, b'{"message": "no"}')))
    async with httpx.AsyncClient(event_hooks={"response": [read]}, trust_env=False) as own:
        async with wire.client(server, http_client=own) as domo:
            assert (await domo.request("GET", "/v1/things")).body == OK[1]
            with pytest.raises(Exception, match="no"):
                await domo.request("GET", "/v1/things")


async def test_an_unknown_transport_is_refused(wire, carrier):
    server = wire.serve(wire.answering(OK))
    async with wire.client(server, "carrier pigeon") as domo:
        with pytest.raises(ConfigurationError, match="carrier pigeon"):
            await domo.request("GET", "/v1/things")

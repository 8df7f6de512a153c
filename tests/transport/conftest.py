"""The same server on a wire as the tests of the call loop use."""

import importlib.util
import ssl
import sys
from pathlib import Path

import pytest
import trustme

_NAME = "domo_async_wire_fixtures"
if _NAME not in sys.modules:
    _spec = importlib.util.spec_from_file_location(_NAME, Path(__file__).parents[1] / "http" / "conftest.py")
    assert _spec is not None
    assert _spec.loader is not None
    _module = importlib.util.module_from_spec(_spec)
    sys.modules[_NAME] = _module
    _spec.loader.exec_module(_module)

carrier = sys.modules[_NAME].carrier
wire = sys.modules[_NAME].wire


@pytest.fixture(scope="session")
def tls(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))

    class Tls:
        @staticmethod
        def server_context(*, client_certificates=False):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert("localhost").configure_cert(context)
            if client_certificates:
                authority.configure_trust(context)
                context.verify_mode = ssl.CERT_REQUIRED
            return context

        authority = str(folder / "ca.pem")
        client = str(folder / "client.pem")

    authority.issue_cert("somebody@example.org").private_key_and_cert_chain_pem.write_to_path(
        str(folder / "client.pem")
    )
    return Tls

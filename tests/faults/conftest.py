"""The same server on a wire as the tests of the call loop use."""

import importlib.util
import sys
from pathlib import Path

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

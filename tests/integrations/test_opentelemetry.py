"""The spans and metrics of a client, as an exporter gets them."""

import subprocess
import sys

import anyio
import httpx
import pytest

pytest.importorskip("opentelemetry.sdk")
pa = pytest.importorskip("pyarrow")

from opentelemetry import baggage, context, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from domo_async import AsyncDomo, errors
from domo_async.emulator import Emulator
from domo_async.integrations.opentelemetry import OpenTelemetry

ROWS = 20_000
TABLE = pa.table({"n": range(ROWS), "text": ["x" * 50] * ROWS})
pytestmark = pytest.mark.anyio


class Telemetry:
    """What an application sets up, with exporters that keep everything."""

    def __init__(self):
        self._spans = InMemorySpanExporter()
        self.tracers = TracerProvider()
        self.tracers.add_span_processor(SimpleSpanProcessor(self._spans))
        self._reader = InMemoryMetricReader()
        self.meters = MeterProvider([self._reader])

    def observer(self, **options):
        return OpenTelemetry(tracer_provider=self.tracers, meter_provider=self.meters, **options)

    @property
    def spans(self):
        return list(self._spans.get_finished_spans())

    def named(self, name):
        return [span for span in self.spans if span.name == name]

    def one(self, name):
        [span] = self.named(name)
        return span

    def below(self, parent):
        return [span for span in self.spans if span.parent and span.parent.span_id == parent.context.span_id]

    def points(self, name):
        """Attributes and value of each point of a metric; for a histogram the value is how many there were."""
        data = self._reader.get_metrics_data()
        found = [
            (dict(point.attributes), getattr(point, "count", None) or getattr(point, "value", 0))
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]
        return sorted(found, key=repr)

    def total(self, name, **labels):
        return sum(
            value
            for attributes, value in self.points(name)
            if all(attributes.get(key.replace("__", ".")) == label for key, label in labels.items())
        )

    def received(self, operation):
        return self.total("domo.client.io", domo__operation__name=operation, network__io__direction="receive")

    def everything(self):
        """All that was written, as text."""
        words = [span.to_json() for span in self.spans]
        data = self._reader.get_metrics_data()
        return "\n".join([*words, data.to_json() if data else ""])


@pytest.fixture
def telemetry():
    return Telemetry()


@pytest.fixture(autouse=True)
def no_context_is_lost(caplog):
    """OpenTelemetry says so in the log when a context is left in another task than it was entered in."""
    yield
    assert not [record for record in caplog.records if record.name.startswith("opentelemetry")]
    assert "The observer" not in caplog.text


@pytest.fixture(scope="module")
def shared_emulator():
    with Emulator(datasets={"Sales": TABLE, "Small": TABLE.slice(0, 10)}, seed=1) as emulator:
        yield emulator


@pytest.fixture
def emulator(shared_emulator):
    yield shared_emulator
    shared_emulator.faults.clear()


@pytest.fixture
def sales(emulator):
    return emulator.dataset_ids["Sales"]


@pytest.fixture
async def domo(emulator, telemetry):
    async with AsyncDomo(**emulator.connection, observer=telemetry.observer(), concurrency=4) as domo:
        yield domo


def events(span, name):
    return [dict(event.attributes) for event in span.events if event.name == name]


class TestCalls:
    async def test_an_operation_has_a_span_and_each_request_one_below_it(self, domo, telemetry, sales, emulator):
        with telemetry.tracers.get_tracer("test").start_as_current_span("handler") as handler:
            await domo.datasets.get(sales)
        operation = telemetry.one("domo datasets.get")
        assert operation.parent.span_id == handler.get_span_context().span_id
        assert (operation.kind, operation.status.status_code) == (SpanKind.INTERNAL, StatusCode.UNSET)
        port = httpx.URL(emulator.url).port
        assert operation.attributes == {
            "domo.operation.name": "datasets.get",
            "server.address": "127.0.0.1",
            "server.port": port,
        }
        grant, request = sorted(telemetry.below(operation), key=lambda span: span.start_time)
        assert grant.name == "domo oauth.token"
        assert [span.name for span in telemetry.below(grant)] == ["GET /oauth/token"]
        assert (request.name, request.kind) == ("GET /v1/datasets/{dataset_id}", SpanKind.CLIENT)
        attributes = dict(request.attributes)
        assert attributes.pop("http.response.body.size") > 100
        assert attributes == {
            "http.request.method": "GET",
            "server.address": "127.0.0.1",
            "server.port": port,
            "url.full": f"{emulator.url}/v1/datasets/{sales}",
            "url.template": "/v1/datasets/{dataset_id}",
            "http.response.status_code": 200,
            "network.protocol.version": "1.1",
        }
        assert operation.instrumentation_scope.name == "domo_async"

    async def test_its_numbers(self, domo, telemetry, sales):
        await domo.token()
        for _ in range(3):
            await domo.datasets.get(sales)
        assert telemetry.total("domo.client.operation.duration", domo__operation__name="datasets.get") == 3
        assert telemetry.total("http.client.request.duration", http__response__status_code=200) == 4
        assert telemetry.points("domo.client.grants") == [({}, 1)]
        assert telemetry.received("datasets.get") == sum(
            span.attributes["http.response.body.size"] for span in telemetry.named("GET /v1/datasets/{dataset_id}")
        )
        for name in ("domo.client.active_operations", "http.client.active_requests"):
            assert {value for _, value in telemetry.points(name)} == {0}

    async def test_attempts_that_failed_can_be_read_off(self, domo, telemetry, sales, emulator):
        emulator.faults.add("status", status=503, path="/v1/datasets/*", times=1, retry_after=0.01)
        emulator.faults.add("reset", path="/v1/datasets/*", times=1)
        await domo.datasets.get(sales)
        operation = telemetry.one("domo datasets.get")
        assert operation.status.status_code is StatusCode.UNSET
        refused, broken, good = telemetry.named("GET /v1/datasets/{dataset_id}")
        assert [span.attributes.get("error.type") for span in (refused, broken, good)] == [
            "503",
            "domo_async.errors.ConnectionLostError",
            None,
        ]
        assert [span.attributes.get("http.request.resend_count") for span in (refused, broken, good)] == [None, 1, 2]
        assert [span.status.status_code for span in (refused, broken, good)] == [
            StatusCode.ERROR, StatusCode.ERROR, StatusCode.UNSET,
        ]  # fmt: skip
        retries = events(operation, "domo.retry")
        assert [event["error.type"] for event in retries] == [
            "domo_async.errors.ServerError",
            "domo_async.errors.ConnectionLostError",
        ]
        assert retries[0]["domo.retry.delay"] >= 0.01
        assert "retry" in [event["domo.wait.reason"] for event in events(operation, "domo.wait")]
        assert telemetry.total("domo.client.retries", domo__operation__name="datasets.get") == 2
        assert telemetry.total("domo.client.wait.duration", domo__wait__reason="retry") >= 1

    async def test_an_error_is_told_by_its_kind(self, domo, telemetry):
        with pytest.raises(errors.NotFoundError) as caught:
            await domo.datasets.get("nothing")
        operation = telemetry.one("domo datasets.get")
        assert operation.attributes["error.type"] == "domo_async.errors.NotFoundError"
        assert operation.attributes["domo.toe"] == caught.value.toe
        assert (operation.status.status_code, operation.status.description) == (StatusCode.ERROR, None)
        [(labels, _)] = [
            point
            for point in telemetry.points("domo.client.operation.duration")
            if point[0]["domo.operation.name"] == "datasets.get"
        ]
        assert labels["error.type"] == "domo_async.errors.NotFoundError"

    async def test_waiting_for_a_slot_is_an_event_and_a_number(self, telemetry, emulator, sales):
        async with AsyncDomo(**emulator.connection, observer=telemetry.observer(), concurrency=1) as domo:
            await domo.token()
            emulator.faults.add("delay", path="/v1/datasets/*", seconds=0.1)
            async with anyio.create_task_group() as group:
                group.start_soon(domo.datasets.get, sales)
                group.start_soon(domo.datasets.get, sales)
        [slot] = [
            event
            for span in telemetry.named("domo datasets.get")
            for event in events(span, "domo.wait")
            if event["domo.wait.reason"] == "slot"
        ]
        assert slot["domo.wait.duration"] >= 0.05
        assert telemetry.total("domo.client.wait.duration", domo__wait__reason="slot") == 1

    async def test_cancellation_ends_the_spans_and_is_no_failure(self, domo, telemetry, sales, emulator):
        await domo.token()
        emulator.faults.add("delay", path="/v1/datasets/*", seconds=30)
        with anyio.move_on_after(0.2):
            await domo.datasets.get(sales)
        for name in ("domo datasets.get", "GET /v1/datasets/{dataset_id}"):
            span = telemetry.one(name)
            assert (span.attributes["error.type"], span.status.status_code) == ("cancelled", StatusCode.UNSET)
        assert {value for _, value in telemetry.points("domo.client.active_operations")} == {0}
        assert not trace.get_current_span().get_span_context().is_valid

    async def test_the_span_is_current_while_the_request_is_made(self, telemetry):
        def answer(request):
            seen.append(trace.get_current_span().name)
            if request.url.path == "/oauth/token":
                return httpx.Response(200, json={"access_token": "t", "token_type": "bearer", "expires_in": 3599})
            return httpx.Response(200, json=[])

        seen = []
        keys = {"client_id": "a", "client_secret": "b"}
        async with AsyncDomo(**keys, transport=httpx.MockTransport(answer), observer=telemetry.observer()) as domo:
            await domo.datasets.list(limit=1)
        assert seen == ["domo oauth.token", "domo datasets.list"]
        assert not trace.get_current_span().get_span_context().is_valid

    async def test_methods_and_paths_that_nobody_knows_make_no_names(self, telemetry):
        keys = {"client_id": "a", "client_secret": "b"}
        answer = {"access_token": "t", "token_type": "bearer", "expires_in": 3599}
        transport = httpx.MockTransport(lambda _: httpx.Response(200, json=answer))
        async with AsyncDomo(**keys, transport=transport, observer=telemetry.observer()) as domo:
            await domo.request("GET", "/v1/things/4711", query={"q": "hidden"})
            await domo.request("FROB", "/v1/things/4711")
        known, unknown = telemetry.named("GET")[0], telemetry.one("HTTP")
        assert known.attributes["url.full"] == "https://api.domo.com/v1/things/4711"
        assert unknown.attributes["http.request.method"] == "_OTHER"
        assert unknown.attributes["http.request.method_original"] == "FROB"
        assert not [span for span in telemetry.spans if "4711" in span.name]


class TestExports:
    async def test_the_span_stays_open_until_the_body_was_read(self, domo, telemetry, sales, emulator):
        emulator.faults.add("reset_after", path="*/data", bytes=300_000, times=1)
        tracer = telemetry.tracers.get_tracer("test")
        length = 0
        async with domo.datasets.export(sales) as body:
            with tracer.start_as_current_span("mine"):
                async for chunk in body:
                    assert not telemetry.named("domo datasets.export")
                    length += len(chunk)
        operation, mine = telemetry.one("domo datasets.export"), telemetry.one("mine")
        assert mine.parent is None  # what the reader does is his
        assert operation.end_time >= mine.end_time
        broken, good = telemetry.named("GET /v1/datasets/{dataset_id}/data")
        assert {span.parent.span_id for span in (broken, good)} == {operation.context.span_id}
        assert broken.attributes["error.type"] == "domo_async.errors.ConnectionLostError"
        assert good.attributes["http.response.body.size"] == length
        assert telemetry.received("datasets.export") == length + broken.attributes["http.response.body.size"]

    async def test_a_reader_that_is_cancelled_ends_it(self, domo, telemetry, sales, emulator):
        emulator.faults.add("stall", path="*/data", bytes=300_000)
        with anyio.move_on_after(0.5):
            async with domo.datasets.export(sales) as body:
                async for _ in body:
                    pass
        assert telemetry.one("domo datasets.export").attributes["error.type"] == "cancelled"
        assert {value for _, value in telemetry.points("http.client.active_requests")} == {0}


class TestPropagation:
    @pytest.fixture
    def seen(self):
        return {}

    @pytest.fixture
    def transport(self, seen):
        def answer(request):
            seen[request.url.path] = {
                name: request.headers[name] for name in ("traceparent", "baggage") if name in request.headers
            }
            return httpx.Response(200, json={"access_token": "t", "token_type": "bearer", "expires_in": 3599})

        return httpx.MockTransport(answer)

    @pytest.mark.parametrize("propagate", [False, True])
    async def test_only_if_asked_for(self, telemetry, transport, seen, propagate):
        token = context.attach(baggage.set_baggage("customer", "secret"))
        try:
            async with AsyncDomo(
                client_id="a", client_secret="b", transport=transport, observer=telemetry.observer(propagate=propagate)
            ) as domo:
                await domo.request("GET", "/v1/things")
        finally:
            context.detach(token)
        assert seen.keys() == {"/oauth/token", "/v1/things"}
        if not propagate:
            assert seen == {"/oauth/token": {}, "/v1/things": {}}
            return
        request = telemetry.one("GET")
        ids = f"{request.context.trace_id:032x}-{request.context.span_id:016x}"
        assert seen["/v1/things"].keys() == {"traceparent"}
        assert seen["/v1/things"]["traceparent"].startswith(f"00-{ids}-")
        assert seen["/oauth/token"].keys() == {"traceparent"}

    async def test_never_to_another_place(self, telemetry, transport, seen):
        """A sign-in goes to an instance, which is not the API."""
        async with AsyncDomo(
            client_id="a", client_secret="b", transport=transport, observer=telemetry.observer(propagate=True)
        ) as domo:
            with pytest.raises(errors.DomoError):
                await domo.clients.sign_in("acme", email="a@b.example", password="hunter2")
        assert list(seen.values()) == [{}]
        assert telemetry.below(telemetry.one("domo clients.sign_in"))[0].attributes["server.address"] == "acme.domo.com"
        assert "hunter2" not in telemetry.everything()


class TestPulls:
    async def test_a_pull_has_a_span_and_each_dataset_one_below_it(self, domo, telemetry, emulator, tmp_path):
        emulator.faults.add("truncate", path="*/data", bytes=10, times=1)
        report = await domo.pull(emulator.dataset_ids.values(), to=tmp_path / "lake")
        report.raise_for_failures()
        job = telemetry.one("domo pull")
        datasets = telemetry.named("domo pull dataset")
        assert {span.attributes["domo.dataset.name"]: span.attributes["domo.pull.rows"] for span in datasets} == {
            "Sales": ROWS,
            "Small": 10,
        }
        assert {span.attributes["domo.dataset.id"] for span in datasets} == set(emulator.dataset_ids.values())
        assert {span.parent.span_id for span in datasets} == {job.context.span_id}
        for span in datasets:
            # The rows are asked for below the DataSet that they belong to.
            exports = [below for below in telemetry.below(span) if below.name == "domo datasets.export"]
            assert exports
            for request in telemetry.below(exports[0]):
                assert span.attributes["domo.dataset.id"] in request.attributes["url.full"]
            assert {event.name for event in span.events} >= {"domo.pull.first_byte", "domo.pull.last_byte"}
            assert span.attributes["domo.pull.received"] > 0
            assert span.attributes["domo.pull.action"] == "new"
        assert job.attributes["domo.pull.datasets"] == 2
        assert job.attributes["domo.pull.rows"] == ROWS + 10
        assert job.attributes["domo.pull.failed"] == 0
        assert {span.context.trace_id for span in telemetry.spans} == {job.context.trace_id}

        assert telemetry.points("domo.pull.rows") == [({"domo.pull.action": "new"}, ROWS + 10)]
        assert telemetry.total("domo.pull.dataset.duration", domo__pull__action="new") == 2
        assert telemetry.total("domo.pull.duration") == 1
        assert telemetry.points("domo.pull.active_datasets") == [({}, 0)]

        again = Telemetry()
        async with AsyncDomo(**emulator.connection, observer=again.observer()) as other:
            await other.pull(emulator.dataset_ids.values(), to=tmp_path / "lake")
        assert again.named("domo pull dataset") == []
        assert again.one("domo pull").attributes["domo.pull.unchanged"] == 2
        assert again.total("domo.pull.dataset.duration", domo__pull__action="unchanged") == 2

    async def test_a_dataset_that_fails_says_so(self, domo, telemetry, sales, emulator, tmp_path):
        emulator.faults.add("status", status=500, path=f"/v1/datasets/{sales}/data")
        patient = domo.with_options(retries=0)
        report = await patient.pull([sales, "nothing"], to=tmp_path / "lake", retries=1, patience=0)
        assert len(report.failed) == 2
        spans = {span.attributes["domo.dataset.id"]: span for span in telemetry.named("domo pull dataset")}
        assert spans[sales].attributes["error.type"] == "domo_async.errors.ServerError"
        assert spans[sales].attributes["domo.pull.retries"] == 1
        assert len(events(spans[sales], "domo.retry")) == 1
        assert spans["nothing"].attributes["error.type"] == "domo_async.errors.NotFoundError"
        assert {span.status.status_code for span in spans.values()} == {StatusCode.ERROR}
        assert telemetry.one("domo pull").attributes["domo.pull.failed"] == 2
        assert telemetry.total("domo.pull.retries", error__type="domo_async.errors.ServerError") == 1

    async def test_a_job_that_is_cancelled_leaves_no_span_open(self, domo, telemetry, sales, emulator, tmp_path):
        emulator.faults.add("stall", path="*/data", bytes=300_000)
        with anyio.move_on_after(1.0):
            await domo.pull([sales], to=tmp_path / "lake")
        for name in ("domo pull", "domo pull dataset", "domo datasets.export"):
            span = telemetry.one(name)
            assert (span.attributes["error.type"], span.status.status_code) == ("cancelled", StatusCode.UNSET)
        assert telemetry.points("domo.pull.active_datasets") == [({}, 0)]
        assert not trace.get_current_span().get_span_context().is_valid


class TestPushes:
    @pytest.fixture
    def files(self, tmp_path):
        folder = tmp_path / "out"
        folder.mkdir()
        for name in ("first", "second"):
            (folder / f"{name}.csv").write_text("n,text\n1,a\n2,b\n")
        return folder

    async def test_a_push_has_a_span_and_each_dataset_one_below_it(self, telemetry, files, emulator):
        async with AsyncDomo(**emulator.connection, observer=telemetry.observer()) as domo:
            (await domo.push(files)).raise_for_failures()
        job, datasets = telemetry.one("domo push"), telemetry.named("domo push dataset")
        assert {span.attributes["domo.dataset.name"] for span in datasets} == {"first", "second"}
        assert {span.parent.span_id for span in datasets} == {job.context.span_id}
        for span in datasets:
            assert span.attributes["domo.push.rows"] == 2
            assert span.attributes["domo.dataset.id"]
            # What writes its rows stands below it.
            assert "domo streams.commit" in {below.name for below in telemetry.below(span)}
        assert {span.context.trace_id for span in telemetry.spans} == {job.context.trace_id}
        assert telemetry.total("domo.push.rows") == 4
        assert telemetry.total("domo.push.dataset.duration") == 2
        assert telemetry.points("domo.push.active_datasets") == [({}, 0)]

    async def test_a_dataset_that_fails_says_so(self, telemetry, files, emulator):
        emulator.faults.add("status", status=403, path="*/part/*")
        async with AsyncDomo(**emulator.connection, observer=telemetry.observer(), retries=0) as domo:
            report = await domo.push(files / "first.csv", name="failing {name}", retries=0, patience=0)
        assert len(report.failed) == 1
        span = telemetry.one("domo push dataset")
        assert span.status.status_code is StatusCode.ERROR
        assert span.attributes["error.type"] == "domo_async.errors.PermissionDeniedError"
        assert telemetry.one("domo push").attributes["domo.push.failed"] == 1


async def test_nothing_secret_is_written(telemetry, emulator, sales):
    """Neither credentials, nor tokens, nor the text of queries, also not within the words of an error."""
    connection = emulator.connection
    async with AsyncDomo(**connection, observer=telemetry.observer()) as domo:
        token = (await domo.token()).access_token.get_secret_value()
        with pytest.raises(errors.QueryError):
            await domo.datasets.query(sales, "SELECT hunter2 FROM nowhere")
        await domo.datasets.list(name_like="hunter2", limit=1)
    written = telemetry.everything()
    assert "domo datasets.query" in written
    assert "hunter2" not in written
    assert token not in written
    assert connection["client_secret"] not in written


async def test_the_providers_of_the_application_are_used_by_default(emulator, sales):
    async with AsyncDomo(**emulator.connection, observer=OpenTelemetry()) as domo:
        assert (await domo.datasets.get(sales)).id == sales


def test_nothing_is_imported_unless_asked_for():
    program = (
        "import sys, domo_async.client, domo_async.integrations.opentelemetry\n"
        "print([name for name in sys.modules if name.split('.')[0] == 'opentelemetry'])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    for name in [name for name in sys.modules if name.startswith("domo_async.integrations.opentelemetry.")]:
        monkeypatch.delitem(sys.modules, name)
    import domo_async.integrations.opentelemetry as integration

    with pytest.raises(errors.MissingExtraError, match=r"domo-async\[opentelemetry\]"):
        _ = integration.OpenTelemetry

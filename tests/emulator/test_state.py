"""An emulator that lives in a file: what survives a restart, a kill, a full disk, and which files are refused."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import anyio
import duckdb
import httpx
import pyarrow as pa
import pytest

from domo_async.emulator import Emulator
from domo_async.errors import InvalidArgumentError, TargetError

ROWS = pa.table(
    {
        "name": ["a", "", None, 'ü"\n'],
        "n": [1, 2, None, -(2**62)],
        "price": pa.array(["1.5", None, "2.25", "0"]).cast(pa.decimal128(20, 2)),
    }
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "local.domo"


def described(client, dataset_id):
    """What the API shows of everything, by path."""
    paths = ["/v1/audit?limit=1000", "/v1/account-types", "/v1/projects/me", f"/api/query/v1/export/{dataset_id}"]
    paths += [f"/v1/{family}?limit=50" for family in ("users", "groups", "pages", "accounts", "cards", "projects")]
    paths += [
        f"/v1/datasets/{each['id']}{part}" for each in client.get("/v1/datasets").json() for part in ("", "/data")
    ]
    paths += ["/v1/datasets", "/v1/streams?fields=all", f"/v1/datasets/{dataset_id}/policies"]
    for stream in client.get("/v1/streams").json():
        paths.append(f"/v1/streams/{stream['id']}/executions")
    for group in client.get("/v1/groups").json():
        paths += [f"/v1/groups/{group['id']}", f"/v1/groups/{group['id']}/users"]
    for page in client.get("/v1/pages").json():
        paths += [f"/v1/pages/{page['id']}", f"/v1/pages/{page['id']}/collections"]
    for project in client.get("/v1/projects").json():
        paths += [f"/v1/projects/{project['id']}/lists", f"/v1/projects/{project['id']}/tasks"]
    answers = {path: client.get(path) for path in paths}
    assert {answer.status_code for answer in answers.values()} == {200}
    return {path: answer.text for path, answer in answers.items()}


def fill(client, dataset_id):
    """Make some of everything; returns the path of an execution that is still open, and that of an attached file."""

    def made(method, path, body=None, **more):
        response = client.request(method, path, json=body, **more)
        assert response.status_code < 300, (path, response.text)
        return response.json() if response.content else None

    user = made("POST", "/v1/users", {"name": "Ada", "email": "ada@x.example", "role": "Privileged"})["id"]
    gone = made("POST", "/v1/users", {"name": "Bo", "email": "bo@x.example", "role": "Privileged"})["id"]
    group = made("POST", "/v1/groups", {"name": "Crew"})["id"]
    made("PUT", f"/v1/groups/{group}/users/{user}")
    made("DELETE", f"/v1/users/{gone}")
    page = made("POST", "/v1/pages", {"name": "Tides", "cardIds": [7]})["id"]
    made("POST", f"/v1/pages/{page}/collections", {"title": "High", "cardIds": [7]})
    made("POST", "/v1/pages", {"name": "Below", "parentId": page})
    account = {"name": "store", "type": {"id": "sftp", "properties": {"host": "h", "username": "u", "password": "p"}}}
    made("POST", f"/v1/accounts/{made('POST', '/v1/accounts', account)['id']}/shares", {"user": {"id": user}})
    schema = {"columns": [{"type": "LONG", "name": "n"}, {"type": "STRING", "name": "t"}]}
    dataset = made("POST", "/v1/datasets", {"name": "Made", "schema": schema})["id"]
    made("PUT", f"/v1/datasets/{dataset}", {"pdpEnabled": True, "description": "d"})
    condition = {"column": "n", "operator": "GREATER_THAN", "values": ["1"], "not": True}
    policy = {"name": "few", "filters": [condition], "users": [user], "groups": [group], "virtualUsers": ["v"]}
    made("POST", f"/v1/datasets/{dataset}/policies", policy)
    made("POST", f"/v1/datasets/{dataset_id}/policies", {**policy, "name": "last"})
    client.put(f"/v1/datasets/{dataset}/data", content='1,x\n,""\n').raise_for_status()
    client.put(f"/v1/datasets/{dataset}/data?updateMethod=APPEND", content="3,y\n").raise_for_status()
    simple = made("POST", "/v1/json", {"name": "Simple"})["id"]
    made("PUT", f"/v1/json/{simple}/data", [{"a": 1, "b": None}])
    made("PUT", f"/v1/datasets/{simple}", {"schema": {"columns": [{"type": "STRING", "name": "a"}]}})
    doomed = made("POST", "/v1/datasets", {"name": "Doomed", "schema": schema})["id"]
    made("DELETE", f"/v1/datasets/{doomed}")
    body = {"dataSet": {"name": "Streamed", "schema": schema}, "updateMethod": "UPSERT", "keyColumnNames": ["n"]}
    stream = f"/v1/streams/{made('POST', '/v1/streams', body)['id']}/executions"
    for part in ("1,a\n2,b\n", "2,c\n"):
        execution = f"{stream}/{made('POST', stream)['id']}"
        client.put(f"{execution}/part/1", content=part).raise_for_status()
        made("PUT", f"{execution}/commit")
    execution = f"{stream}/{made('POST', stream)['id']}"
    client.put(f"{execution}/part/1", content='2,"d ""e"""\n').raise_for_status()
    client.put(f"{execution}/part/2", content="5,f\n").raise_for_status()
    made("POST", f"/api/query/v1/export/{dataset_id}")
    made("GET", "/v1/projects/me")
    project = made("POST", "/v1/projects", {"name": "P", "members": [user], "public": True})["id"]
    home = made("GET", f"/v1/projects/{project}/lists")[0]["id"]
    task = f"/v1/projects/{project}/lists/{home}/tasks"
    task = f"{task}/{made('POST', task, {'taskName': 'T', 'tags': ['t']})['id']}"
    file = made("POST", f"{task}/attachments", files={"file": ("f.bin", bytes(range(256)))})["id"]
    return execution, f"{task}/attachments/{file}"


def test_everything_is_as_it_was(path, open_client):
    """A restart shows in nothing that the API tells, and what was begun can be finished."""
    with Emulator(state=path, datasets={"Flights": ROWS}) as emulator:
        connection, dataset_id = emulator.connection, emulator.dataset_ids["Flights"]
        emulator.indexing_time = 0.0
        emulator.people.add_user("Eve", "eve@x.example", password="of the evening")
        robot = emulator.add_client(scopes=["user"], user_id=412, name="Robot", role="Participant")
        emulator.disable_client(robot.client_id)
        with open_client(emulator) as client:
            execution, file = fill(client, dataset_id)
            before = described(client, dataset_id)
            used = max(int(each["id"]) for each in client.get("/v1/pages").json())
            client.delete(f"/v1/pages/{client.post('/v1/pages', json={'name': 'gone'}).json()['id']}")
            before["/v1/audit?limit=1000"] = client.get("/v1/audit?limit=1000").text
        clients, table = emulator.clients.all(), emulator.table("Flights")
    with Emulator(state=path) as emulator:
        assert emulator.connection == connection | {"api_url": emulator.url}
        assert emulator.clients.all() == clients
        assert [client.client_secret for client in emulator.clients.all()] == [each.client_secret for each in clients]
        assert emulator.table("Flights").equals(table)
        assert emulator.accounts.properties(1)["password"] == "p"
        assert emulator.people.sign_in("eve@x.example", "of the evening", "emulator.domo.com") is not None
        with open_client(emulator) as client:
            assert described(client, dataset_id) == before
            assert client.get(file).content == bytes(range(256))
            assert client.post("/v1/pages", json={"name": "new"}).json()["id"] > used + 1
            assert client.put(f"{execution}/commit").status_code == 200
            streamed = emulator.dataset_ids["Streamed"]
            assert client.get(f"/v1/datasets/{streamed}/data").text == '1,a\n2,"d ""e"""\n5,f\n'


def test_tokens_end_with_the_process(path, open_client):
    """A client has to ask for a new one, as it would after an hour."""
    with Emulator(state=path) as emulator:
        with open_client(emulator) as client:
            token = client.headers["authorization"]
    with Emulator(state=path) as emulator:
        refused = httpx.get(f"{emulator.url}/v1/datasets", headers={"authorization": token})
        assert refused.status_code == 401
        assert refused.json()["error"] == "invalid_token"


def test_what_is_there_counts(path, tmp_path, open_client):
    """DataSets that are given again are left alone, and a client changes only where it is told to."""
    (tmp_path / "Stock.csv").write_text("n\n1\n")
    with Emulator(state=path, datasets={"Flights": ROWS}, data=tmp_path, client_id="me", scopes=["data"]) as emulator:
        with open_client(emulator) as client:
            client.put(f"/v1/datasets/{emulator.dataset_ids['Stock']}/data", content="7\n8\n").raise_for_status()
        secret = emulator.connection["client_secret"]
    with Emulator(state=path, datasets={"Flights": ROWS, "New": ROWS}, data=tmp_path, client_id="me") as emulator:
        assert emulator.table("Stock").to_pydict() == {"n": [7, 8]}
        assert len(emulator.dataset_ids) == 3
        assert emulator.connection["client_secret"] == secret
        assert emulator.clients.get("me").scopes == ("data",)
    with Emulator(state=path, client_id="me", client_secret="s", scopes=["user"]) as emulator:
        assert emulator.connection["client_secret"] == "s"
        assert emulator.clients.get("me").scopes == ("user",)
    with Emulator(state=path, client_id="you") as emulator:
        assert [client.client_id for client in emulator.clients.all()] == ["me", "you"]
        emulator.remove_client("you")
    with Emulator(state=path) as emulator:
        assert emulator.connection["client_id"] not in {"me", "you"}


def test_python_changes_are_saved_on_request(path):
    """Books that are changed directly are saved with `save`; what has failed halfway is not."""
    emulator = Emulator(state=path)
    with pytest.raises(InvalidArgumentError):
        emulator.add_dataset("Bad", pa.table({"n": [[1]]}))
    emulator.people.add_group("Saved", creator_id=27)
    emulator.save()
    emulator.close()
    emulator.close()
    with Emulator(state=path) as emulator:
        assert [group["name"] for group in emulator.people.current_groups()] == ["Default", "Saved"]
        assert emulator.dataset_ids == {}


@pytest.mark.anyio
async def test_the_application_saves_on_any_loop(path, anyio_backend):
    """Called in-process, on asyncio and on trio, a write is safe when it is answered; a crowd of them too."""
    statuses = []

    async def crowd():
        emulator = Emulator(state=path, client_id="me", client_secret="secret")
        transport = httpx.ASGITransport(emulator.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://domo") as client:
            granted = await client.get("/oauth/token?grant_type=client_credentials", auth=("me", "secret"))
            client.headers["authorization"] = f"bearer {granted.json()['access_token']}"

            async def create(number):
                statuses.append((await client.post("/v1/groups", json={"name": f"g{number}"})).status_code)

            async with anyio.create_task_group() as tasks:
                for number in range(50):
                    tasks.start_soon(create, number)

    await crowd()
    assert statuses == [201] * 50
    gc.collect()  # nothing was closed in good order: the file is let go of with the object
    with Emulator(state=path) as emulator:
        assert len(emulator.people.current_groups()) == 51


# Processes that are killed, or have no room

_SERVE = """
import json, sys
from domo_async.emulator import serve
{before}
emulator = serve(port=0, state=sys.argv[1])
{after}
print(json.dumps(emulator.connection), flush=True)
emulator.serve_forever()
"""


@contextmanager
def process(path, before="", after=""):
    """An emulator in a process of its own: the process, and what a client needs."""
    code = _SERVE.format(before=before, after=after)
    command = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as served:
        try:
            yield served, json.loads(served.stdout.readline())
        finally:
            served.kill()


def client_of(connection):
    auth = (connection["client_id"], connection["client_secret"])
    answer = httpx.get(f"{connection['api_url']}/oauth/token?grant_type=client_credentials", auth=auth)
    headers = {"authorization": f"bearer {answer.json()['access_token']}"}
    return httpx.Client(base_url=connection["api_url"], headers=headers, timeout=20)


def test_a_kill_loses_nothing_that_was_answered(path):
    """Writers of all kinds are at work when the process is killed. What was answered is there, and nothing is torn."""
    with process(path) as (served, connection), client_of(connection) as client, ThreadPoolExecutor(4) as pool:
        schema = {"columns": [{"type": "LONG", "name": "n"}]}
        paths = [
            f"/v1/datasets/{client.post('/v1/datasets', json={'name': name, 'schema': schema}).json()['id']}"
            for name in ("appended", "replaced", "streamed")
        ]
        stream = client.post("/v1/streams", json={"dataSet": {"name": "s", "schema": schema}, "updateMethod": "APPEND"})
        executions = f"/v1/streams/{stream.json()['id']}/executions"

        def append(number):
            client.put(f"{paths[0]}/data?updateMethod=APPEND", content=f"{number}\n").raise_for_status()

        def replace(number):
            client.put(f"{paths[1]}/data", content=f"{number}\n" * 3).raise_for_status()

        def run(number):
            execution = f"{executions}/{client.post(executions).raise_for_status().json()['id']}"
            client.put(f"{execution}/part/1", content=f"{number}\n").raise_for_status()
            client.put(f"{execution}/commit").raise_for_status()

        def create(number):
            client.post("/v1/groups", json={"name": str(number)}).raise_for_status()

        def repeat(write):
            number = 0
            try:
                while True:
                    number += 1
                    write(number)
                    if write is run and number == 8:
                        served.kill()
            except httpx.TransportError:
                return number - 1

        answered = {write: pool.submit(repeat, write) for write in (append, replace, run, create)}
        answered = {write.__name__: future.result() for write, future in answered.items()}
    assert answered["run"] >= 8
    with Emulator(state=path) as emulator:
        appended = emulator.table("appended").column("n").to_pylist()
        assert appended in [list(range(1, answered["append"] + more + 1)) for more in (0, 1)]
        replaced = emulator.table("replaced").column("n").to_pylist()
        assert replaced in [[answered["replace"] + more] * 3 for more in (0, 1) if answered["replace"] + more] + [[]]
        streamed = emulator.table("s").column("n").to_pylist()
        assert streamed in [list(range(1, answered["run"] + more + 1)) for more in (0, 1)]
        [entry] = emulator._instance.streams.current()
        done = [execution for execution in entry.executions.values() if not execution.open]
        assert len(done) == len(streamed)
        groups = [group["name"] for group in emulator.people.current_groups()]
        assert groups in [["Default", *map(str, range(1, answered["create"] + more + 1))] for more in (0, 1)]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
def test_a_full_disk_is_said_and_survived(path):
    """A write that cannot be saved is answered with 500; what was saved before is there."""
    before = (
        "import signal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"  # the kernel's way to say that a file may not grow
    )
    after = (
        "import os, resource\n"
        "size = max(os.path.getsize(name) for name in (sys.argv[1], sys.argv[1] + '.wal') if os.path.exists(name))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (size + 40_000, -1))\n"
    )
    with process(path, before, after) as (_, connection), client_of(connection) as client:
        answers = [client.post("/v1/pages", json={"name": "x" * 5_000}) for _ in range(20)]
    saved = [answer.status_code for answer in answers].index(500)
    assert saved > 0
    assert {answer.status_code for answer in answers[saved:]} == {500}
    assert f"The state file {path} cannot be written" in answers[saved].json()["message"]
    with Emulator(state=path) as emulator:
        pages = emulator._instance.pages.pages.all()
        assert [page["id"] for page in pages][:saved] == [answer.json()["id"] for answer in answers[:saved]]


# Files that cannot be used


def test_one_emulator_at_a_time(path):
    """Neither this process nor another one gets a state file that is in use, under whatever name."""
    with process(path):
        with pytest.raises(TargetError, match="in use by another process"):
            Emulator(state=path)
    with Emulator(state=path):
        with pytest.raises(TargetError, match="in use by another emulator"):
            Emulator(state=path.name)  # tests run in their own folder
    Emulator(state=path).close()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no database at all" * 1000, "cannot be opened: .*not a valid DuckDB database"),
        (["CREATE TABLE mine (n INTEGER)"], "no state of an emulator"),
        (["CREATE SCHEMA state", "CREATE TABLE state.about (format INTEGER)"], "no state of an emulator"),
        (
            ["CREATE SCHEMA state", "CREATE TABLE state.about (format INTEGER)", "INSERT INTO state.about VALUES (99)"],
            "format 99 of another version",
        ),
    ],
)
def test_a_file_that_is_something_else_is_refused_and_left_alone(path, content, message):
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        with duckdb.connect(path) as database:
            for statement in content:
                database.execute(statement)
    before = path.read_bytes()
    with pytest.raises(TargetError, match=message):
        Emulator(state=path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE state.documents SET body = '{' WHERE shelf = 'datasets'",
        "UPDATE state.documents SET body = '{}' WHERE shelf = 'datasets'",
        "UPDATE state.documents SET body = '[]' WHERE shelf = 'clients'",
        "UPDATE state.documents SET shelf = 'moods' WHERE shelf = 'groups'",
        "DELETE FROM state.documents WHERE shelf = 'datasets'",
        "DELETE FROM stored.rows_2",
        "DROP TABLE stored.rows_2",
        "DROP TABLE state.documents",
        "UPDATE state.contents SET body = 'no Arrow'::BLOB",
        "DELETE FROM state.contents",
    ],
)
def test_a_damaged_file_is_refused(path, damage, open_client):
    with Emulator(state=path, datasets={"Flights": ROWS}) as emulator, open_client(emulator) as client:
        schema = {"columns": [{"type": "LONG", "name": "n"}]}
        stream = client.post("/v1/streams", json={"dataSet": {"name": "s", "schema": schema}}).json()["id"]
        execution = client.post(f"/v1/streams/{stream}/executions").json()["id"]
        part = f"/v1/streams/{stream}/executions/{execution}/part/1"
        assert client.put(part, content="1\n").status_code == 200
    with duckdb.connect(path) as database:
        database.execute(damage)
    with pytest.raises(TargetError, match=r"is damaged|cannot be read"):
        Emulator(state=path)
    with duckdb.connect(path) as database:  # nobody holds it
        database.execute("SELECT * FROM state.about")


def test_places_that_hold_no_file(tmp_path):
    """A folder, or a folder that is missing, is one sentence; an empty file is a fine beginning."""
    for place in (tmp_path, tmp_path / "missing" / "state"):
        with pytest.raises(TargetError, match="cannot be opened"):
            Emulator(state=place)
    (tmp_path / "empty").touch()
    Emulator(state=tmp_path / "empty").close()
    assert (tmp_path / "empty").stat().st_size


def test_what_nobody_knows_of_goes_at_the_next_start(path):
    """Rows that were written just before a kill, without the documents that name them, do not come back."""
    with Emulator(state=path, datasets={"Flights": ROWS}) as emulator:
        size = emulator.table("Flights").num_rows
    with duckdb.connect(path) as database:
        database.execute("CREATE TABLE stored.rows_77 AS SELECT 1 AS c0")
        database.execute("INSERT INTO stored.rows_2 SELECT * FROM stored.rows_2")
    with Emulator(state=path) as emulator:
        assert emulator.table("Flights").equals(emulator.table("Flights"))
        assert emulator.table("Flights").num_rows == size
        assert emulator.table("Flights").column("name").to_pylist() == ROWS.column("name").to_pylist()
        emulator.add_dataset("More", ROWS)
    with duckdb.connect(path) as database:
        tables = database.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'stored'")
        assert len(tables.fetchall()) == 2


@pytest.mark.parametrize("table", ["documents", "state.documents", "rows_2", "stored.rows_2"])
def test_no_query_reaches_the_file(path, open_client, query, table):
    """The file holds secrets: SQL reaches the rows of its own DataSet only, even by a name that it defines itself."""
    with Emulator(state=path, datasets={"Flights": ROWS}) as emulator, open_client(emulator) as client:
        dataset = f"/v1/datasets/{emulator.dataset_ids['Flights']}"
        name = table.rpartition(".")[2]
        inner = f"(WITH {name} AS (SELECT 1 AS a) SELECT a FROM {name}) q"
        for sql in (f"SELECT * FROM {table}", f"SELECT * FROM {inner}, {table}"):
            response = query(client, dataset, sql)
            assert response.status_code == 400, response.text


def test_small_changes_are_changes(path, open_client):
    """What Python takes for equal is told apart, and an id that was given once is never given again."""
    with Emulator(state=path, datasets={"Flights": ROWS}) as emulator, open_client(emulator) as client:
        page = client.post("/v1/pages", json={"name": "p"}).json()["id"]
        policies = f"/v1/datasets/{emulator.dataset_ids['Flights']}/policies"
        policy = client.post(policies, json={"name": "few", "filters": []}).json()["id"]
        emulator._instance.pages.pages.get(page)["locked"] = 0
        assert client.delete(f"{policies}/{policy}").status_code == 204
    with Emulator(state=path) as emulator, open_client(emulator) as client:
        assert emulator._instance.pages.pages.get(page)["locked"] is not False
        assert client.post(policies, json={"name": "few", "filters": []}).json()["id"] > policy

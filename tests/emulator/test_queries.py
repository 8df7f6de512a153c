from __future__ import annotations

import datetime as dt
import subprocess
import sys
from decimal import Decimal

import pyarrow as pa
import pytest


@pytest.fixture(scope="module")
def sales(shared_emulator):
    table = pa.table(
        {
            "Region": ["north", "south", "north", None],
            "Net Sales": pa.array([Decimal("1.10"), Decimal("2.25"), None, Decimal("12345678901234567890.55")]),
            "count": [1, 2, 3, 2**53 + 1],
            "ratio": [0.1, 1e300, None, float("inf")],
            "day": [dt.date(2020, 1, 1), None, dt.date(2020, 1, 3), dt.date(2020, 1, 4)],
            "at": pa.array([1_584_643_742_000_000, None, 1_500_000, 0], pa.timestamp("us")),
        }
    )
    return f"/v1/datasets/{shared_emulator.add_dataset('Sales', table)}"


def test_answer_has_the_documented_fields(shared_client, query, sales):
    """A query answers columns, metadata and rows in one document."""
    document = query(
        shared_client, sales, "SELECT `Region`, SUM(`count`) AS n FROM table WHERE `count` < 9 GROUP BY 1"
    ).json()
    assert document["datasource"] == sales.rsplit("/", 1)[1]
    assert document["columns"] == ["Region", "n"]
    assert sorted(document["rows"]) == [["north", 4], ["south", 2]]
    assert (document["numRows"], document["numColumns"], document["fromcache"]) == (2, 2, False)
    text, number = document["metadata"]
    assert text == {
        "type": "STRING",
        "dataSourceId": document["datasource"],
        "maxLength": -1,
        "minLength": -1,
        "periodIndex": 0,
    }
    assert number["type"] == "LONG"
    assert number["aggregated"] is True


def test_values_keep_their_types(shared_client, query, sales):
    """Numbers stay exact numbers, times have no zone, nulls and infinities are null."""
    response = query(shared_client, sales, "SELECT * FROM table")
    document = response.json()
    kinds = [column["type"] for column in document["metadata"]]
    assert kinds == ["STRING", "DECIMAL", "LONG", "DOUBLE", "DATE", "DATETIME"]
    assert document["rows"][0] == ["north", 1.1, 1, 0.1, "2020-01-01", "2020-03-19T18:49:02"]
    assert document["rows"][1][3:] == [1e300, None, None]
    assert document["rows"][3][2:4] == [2**53 + 1, None]
    assert "12345678901234567890.55" in response.text


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT COUNT(*) FROM table", [[4]]),
        ("SELECT COUNT(*) FROM table;", [[4]]),
        ("select t.`Region` from table t where t.`count` = 2", [["south"]]),
        ("SELECT table.`count` FROM `table` WHERE `Region` = \"south\"", [[2]]),
        ("SELECT region FROM TABLE WHERE Region LIKE 's%'", [["south"]]),
        ("SELECT `count` FROM table ORDER BY `count` LIMIT 1, 2", [[2], [3]]),
        ("SELECT 'x' FROM table WHERE `count`=1 UNION ALL SELECT 'table' FROM table", [["x"], *[["table"]] * 4]),
        ("WITH q AS (SELECT `count` c FROM table) SELECT MAX(c) FROM q WHERE c < 9", [[3]]),
        ("SELECT IFNULL(`Region`, 'none') FROM table WHERE `Region` IS NULL", [["none"]]),
        ("SELECT DATE_FORMAT(`day`, '%Y-%m') FROM table WHERE `count` = 1", [["2020-01"]]),
        ("SELECT `count` > 1 FROM table WHERE `count` < 3 ORDER BY `count`", [[0], [1]]),
        ("SELECT a.`count` FROM table a JOIN table b ON a.`count` = b.`count` WHERE b.`Region` = 'south'", [[2]]),
        ("SELECT `Net Sales` * 2 FROM table WHERE `count` = 1", [[2.2]]),
        ("SELECT `count` FROM table WHERE `count` > 100000000", [[2**53 + 1]]),
        ("SELECT `count` FROM table WHERE 1 = 0", []),
    ],
)  # fmt: skip
def test_dialect_is_mysql_with_one_table(shared_client, query, sales, sql, rows):
    """Backticks, double-quoted text and MySQL's functions work; the table is called `table`."""
    response = query(shared_client, sales, sql)
    assert response.status_code == 200, response.text
    assert response.json()["rows"] == rows


def test_computed_columns_are_called_what_they_are(shared_client, query, sales):
    """A column without an alias is named after its expression."""
    assert query(shared_client, sales, "SELECT COUNT(*), 1 AS one FROM table").json()["columns"] == ["COUNT(*)", "one"]


def test_unknown_column_is_refused_in_plain_text(shared_client, query, sales):
    """A column that is not there is a 400 with text, not JSON."""
    response = query(shared_client, sales, "SELECT nope FROM table")
    assert response.status_code == 400
    assert response.headers["content-type"].startswith("text/plain")
    assert response.text == "There was a problem executing the SQL query: Invalid column(s) referenced"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM tablz",
        "SELEC * FROM table",
        "SELECT",
        "",
        "DROP TABLE table",
        "INSERT INTO table VALUES (1)",
        "SELECT 1 FROM table; SELECT 2 FROM table",
        "SELECT * FROM read_csv('/etc/hosts')",
        "SELECT * FROM information_schema.tables",
        "SELECT 'open FROM table",
    ],
)
def test_what_is_no_select_over_table_cannot_be_parsed(shared_client, query, sales, sql):
    """Anything else, other tables and files included, is a 400 that repeats the SQL."""
    response = query(shared_client, sales, sql)
    assert response.status_code == 400
    assert "Error processing query request: Unable to parse SQL: " in response.text
    assert response.text.endswith(sql)


def test_sql_cannot_reach_files(shared_client, query, sales):
    """Functions that read files are refused too."""
    response = query(shared_client, sales, "SELECT content FROM table, read_text('/etc/hosts')")
    assert response.status_code == 400


@pytest.mark.parametrize("body", [{"sql": {"a": 1}}, {"sql": 7}, {}, ["SELECT 1"], "SELECT 1"])
def test_sql_must_be_text(shared_client, sales, body):
    """A body that is not `{"sql": text}` is a 400 in Java's words."""
    path = sales.replace("/v1/datasets/", "/v1/datasets/query/execute/")
    response = shared_client.post(path, json=body)
    assert response.status_code == 400
    assert response.json()["message"] == "Cannot deserialize instance of java.lang.String out of START_OBJECT token"


def test_error_while_running_is_plain_text(shared_client, query, sales):
    """What fails on the rows themselves is a 400 as well."""
    response = query(shared_client, sales, "SELECT CAST(`Region` AS SIGNED) FROM table")
    assert response.status_code == 400
    assert response.text.startswith("There was a problem executing the SQL query: ")


def test_unknown_dataset_is_not_found(shared_client):
    """A query needs a DataSet that exists."""
    response = shared_client.post("/v1/datasets/query/execute/none", json={"sql": "SELECT 1"})
    assert response.status_code == 404


def test_large_results_are_complete(shared_emulator, shared_client, query):
    """A result of many chunks is one valid document."""
    dataset_id = shared_emulator.add_dataset("Large", pa.table({"n": range(20_000), "t": ['a"\n'] * 20_000}))
    document = query(shared_client, f"/v1/datasets/{dataset_id}", "SELECT n, t FROM table ORDER BY n").json()
    assert [row[0] for row in document["rows"]] == list(range(20_000))
    assert document["rows"][7][1] == 'a"\n'
    assert document["numRows"] == 20_000


def test_the_first_queries_may_come_together():
    """Nothing of the grammar is loaded by the first query: another thread would find it half built."""
    program = (
        "import sys\n"
        "from domo_async.emulator.rows.dialect import translate\n"
        "before = set(sys.modules)\n"
        "translate('SELECT a, COUNT(*) FROM table GROUP BY a ORDER BY 1 LIMIT 2', 'SELECT c0 AS \"a\" FROM rows_1')\n"
        "print(sorted(name for name in set(sys.modules) - before if name.startswith('sqlglot')))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

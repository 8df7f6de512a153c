"""One of everything: what strangers find in the emulator when they ask for the ids that a description names."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pyarrow as pa

from domo_async.emulator import Emulator

__all__ = ["inhabit", "token_for"]

_COMPONENT = {
    **{key: [] for key in ("columns", "groupBy", "orderBy", "filters")},
    **dict.fromkeys(("distinct", "fiscal", "projection", "limit", "offset")),
}
_CHART = {"title": "Tails", "chartType": "badge_table", "chartBody": _COMPONENT, "summaryNumber": _COMPONENT}


def token_for(emulator: Emulator) -> str:
    """An access token with all scopes."""
    connection = emulator.connection
    response = httpx.get(
        f"{emulator.url}/oauth/token",
        params={"grant_type": "client_credentials"},
        auth=(connection["client_id"], connection["client_secret"]),
    )
    return response.json()["access_token"]


def inhabit(emulator: Emulator, token: str) -> dict[str, str]:
    """Make one of everything that a path can name.

    Returns:
        Ids by ``path.`` and the names that they have in paths.
    """
    with httpx.Client(base_url=emulator.url, headers={"authorization": f"bearer {token}"}) as client:

        def make(path: str, **document: object) -> dict[str, object]:
            response = client.post(path, json=document)
            assert response.is_success, response.text
            return response.json()

        dataset_id = emulator.add_dataset("Flights", pa.table({"tail": ["N101", "", None], "delay": [1, 2, None]}))
        landings = {"name": "Landings", "schema": {"columns": [{"type": "STRING", "name": "tail"}]}}
        stream = make("/v1/streams", dataSet=landings, updateMethod="APPEND")
        page = make("/v1/pages", name="Airport")
        user_id = make("/v1/users", name="Ines", email=f"{uuid4()}@x.example", role="Admin")["id"]
        group_id = make("/v1/groups", name="Crew")["id"]
        client.put(f"/v1/groups/{group_id}/users/{user_id}")
        project_id = make("/v1/projects", name="Runway", members=[], public=True)["id"]
        lists = f"/v1/projects/{project_id}/lists"
        list_id = client.get(lists).json()[0]["id"]
        task_id = make(f"{lists}/{list_id}/tasks", taskName="Sweep")["id"]
        files = f"{lists}/{list_id}/tasks/{task_id}/attachments"
        ids = {
            "dataset_id": dataset_id,
            "policy_id": make(f"/v1/datasets/{dataset_id}/policies", name="Mine", filters=[])["id"],
            "stream_id": stream["id"],
            "execution_id": make(f"/v1/streams/{stream['id']}/executions")["id"],
            "user_id": user_id,
            "group_id": group_id,
            "page_id": page["id"],
            "collection_id": make(f"/v1/pages/{page['id']}/collections", title="Daily")["id"],
            "account_id": make("/v1/accounts", name="Store", type={"id": "x"})["id"],
            "type_id": "acme-db",
            "card_urn": make("/v1/cards/chart", dataSetId=dataset_id, **_CHART)["urn"],
            "project_id": project_id,
            "list_id": list_id,
            "task_id": task_id,
            "attachment_id": client.post(files, files={"file": ("a.txt", b"b")}).json()["id"],
        }
    return {f"path.{name}": str(value) for name, value in ids.items()}

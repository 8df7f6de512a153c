"""A web service over Domo: a listing, a query, and exports that stream through it.

pip install 'domo-async[fastapi]' uvicorn
DOMO_TOKEN_STORE=~/.cache/domo-service uvicorn service:app --workers 2 --timeout-graceful-shutdown 10
"""

from typing import Annotated

from fastapi import FastAPI, Query
from pydantic import BaseModel

from domo_async import AsyncDomo
from domo_async.errors import NotFoundError
from domo_async.integrations.fastapi import (
    DomoDep,
    domo_lifespan,
    install_error_handlers,
    readiness_check,
    stream_csv,
)


class Summary(BaseModel):
    id: str
    name: str | None
    rows: int | None


class Share(BaseModel):
    carrier: str | None
    rows: int


# Credentials and the token store come from DOMO_* variables. The deadline is below the time-out of the proxy in front.
app = FastAPI(lifespan=domo_lifespan(lambda: AsyncDomo(scopes=["data"], timeout=10, deadline=25)))
install_error_handlers(app, statuses={NotFoundError: 404})
app.add_api_route("/ready", readiness_check(), include_in_schema=False)


@app.get("/datasets")
async def datasets(domo: DomoDep, limit: Annotated[int, Query(ge=1, le=50)] = 20) -> list[Summary]:
    found = await domo.datasets.list(limit=limit)
    return [Summary(id=dataset.id, name=dataset.name, rows=dataset.rows) for dataset in found]


@app.get("/datasets/{dataset_id}/carriers")
async def carriers(domo: DomoDep, dataset_id: str) -> list[Share]:
    result = await domo.datasets.query(dataset_id, "SELECT carrier, COUNT(*) FROM table GROUP BY carrier")
    return [Share(carrier=carrier, rows=rows) for carrier, rows in result.rows]


@app.get("/datasets/{dataset_id}.csv")
async def export(domo: DomoDep, dataset_id: str):
    return stream_csv(domo, dataset_id, filename=f"{dataset_id}.csv")

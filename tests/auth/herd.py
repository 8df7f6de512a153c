"""A program that forks workers which share a token store, and passes orders on to them. Run by the fixture `herd`."""

from __future__ import annotations

import json
import os
import sys
import time
from functools import partial

import anyio
import httpx

from domo_async import DomoAuth
from domo_async.auth.lifetime import Token

setup = json.loads(sys.argv[1])


async def carry_out(order: str, auth: DomoAuth) -> dict:
    started = time.monotonic()
    error = None
    status = None
    try:
        if order == "call":
            options = {"timeout": 60, "trust_env": False, "verify": False}
            async with httpx.AsyncClient(auth=auth, base_url=auth.api_url, **options) as client:
                status = (await client.get("/v1/datasets")).status_code
        elif order == "age":
            # As if an hour had almost gone by: the token is near its end, and still good.
            token: Token = await auth.tokens.get()
            token.stale_at = auth.tokens._clock() - 1
        elif order == "token":
            await auth.token()
    except Exception as problem:
        error = f"{type(problem).__name__}: {problem}"
    token = auth.tokens._token
    return {
        "grants": auth.grants,
        "status": status,
        "error": error,
        "token": token.granted.access_token.get_secret_value()[-12:] if token else None,
        "expires_in": token.granted.expires_in if token else None,
        "seconds": time.monotonic() - started,
    }


async def work(orders: int, answers: int, auth: DomoAuth) -> None:
    with os.fdopen(orders) as lines:
        while line := await anyio.to_thread.run_sync(lines.readline):
            answer = await carry_out(line.strip(), auth)
            os.write(answers, (json.dumps(answer) + "\n").encode())


def main() -> None:
    options = {"token_store": setup["store"], "deadline": setup.get("deadline", 30.0)}
    auth = DomoAuth(setup["client_id"], setup["client_secret"], api_url=setup["api_url"], **options)
    outboxes, pids = [], []
    for _ in range(setup["workers"]):
        inbox, outbox = os.pipe()
        pid = os.fork()
        if pid == 0:
            for descriptor in outboxes:
                os.close(descriptor)
            os.close(outbox)
            anyio.run(partial(work, inbox, 1, auth), backend=setup["backend"])
            os._exit(0)
        os.close(inbox)
        outboxes.append(outbox)
        pids.append(pid)
    os.write(1, (json.dumps({"pids": pids}) + "\n").encode())
    for line in sys.stdin:
        order = json.loads(line)
        for worker in order["workers"]:
            os.write(outboxes[worker], (order["order"] + "\n").encode())


main()

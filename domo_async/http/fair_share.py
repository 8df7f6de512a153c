"""Turns on connections that several clients share: none of them can keep the others waiting by asking for much."""

from __future__ import annotations

from collections import OrderedDict

import anyio

__all__ = ["FairShare"]


class FairShare:
    """As many turns at once as there are connections, handed out to the clients in rotation.

    A client that has a thousand requests waiting and one that has a single one are served in turn, so that the single
    one waits for a round of the clients and not for a thousand requests. Within a client the order is that of asking.

    A waiter that is cancelled leaves the queue; if its turn had just come, the turn goes to the next.

    Belongs to one event loop.

    Args:
        connections: How many turns there are.
    """

    def __init__(self, connections: int) -> None:
        self.connections = connections
        self.taken: int = 0
        self._queues: OrderedDict[object, OrderedDict[anyio.Event, None]] = OrderedDict()

    def waiting(self, client: object) -> int:
        """How many requests of a client wait for a turn."""
        return len(self._queues.get(client, ()))

    async def take(self, client: object) -> None:
        """Take a turn, waiting for one if need be.

        Args:
            client: Whose turn it is to be.
        """
        if self.taken < self.connections and not self._queues:
            self.taken += 1
            return
        turn = anyio.Event()
        queue = self._queues.setdefault(client, OrderedDict())
        queue[turn] = None
        try:
            await turn.wait()
        except BaseException:
            if turn.is_set():
                self.give_back()
            else:
                del queue[turn]
                if not queue:
                    del self._queues[client]
            raise

    def give_back(self) -> None:
        """Give a turn back; it goes to the client that has waited longest since it had one."""
        self.taken -= 1
        while self._queues and self.taken < self.connections:
            client, queue = self._queues.popitem(last=False)
            turn, _ = queue.popitem(last=False)
            if queue:
                self._queues[client] = queue
            self.taken += 1
            turn.set()

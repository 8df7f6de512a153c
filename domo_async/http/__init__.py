"""Moving one request: transports, the call loop, limits, paging."""

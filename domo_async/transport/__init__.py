"""The way to the network: origins, TLS and proxies, which transport runs, and how its failures are named."""

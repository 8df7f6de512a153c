"""Asyncio-native Python SDK for Domo."""

"""Webhooks on a real bus, through a real edge, to real HTTP receivers."""

"""`mesh schemas`: the documents in `schemas/generated`, made from the tables, compared or written.

AsyncAPI for the bus and the socket, OpenAPI for HTTP (the edge makes its own), and TypeScript types from both.
"""

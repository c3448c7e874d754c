"""The Greenlight and Core Lightning wire messages this mesh needs so far, with the names and numbers of the real ones.

Guarantees: only what is listed in the four .proto files, nothing else, and generated files that equal what
`python -m proto.generate` makes of them. Touches nothing of ours. Never import it beside the official client wheel:
both register the same message names, and protobuf allows them once per process.
"""

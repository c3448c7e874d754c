"""One folder per process. A service imports `bus`, `schemas`, `proto` and its own files, never another service."""

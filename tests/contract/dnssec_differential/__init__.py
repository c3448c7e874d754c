"""The walker against an independent validator, over hundreds of good and damaged zones: see `test_differential`."""

"""The tests: they mirror the package; see README for the one command that runs them."""

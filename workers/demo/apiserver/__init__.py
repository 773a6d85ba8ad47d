"""A Kubernetes API server on loopback, driven by data tables, for the demo fleet and for tests."""

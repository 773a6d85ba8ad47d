"""A simulated fleet: Kubernetes API servers on loopback, and its story."""

"""Real servers for tests, each a child of the test process."""

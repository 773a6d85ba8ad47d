"""The tamper-evident record: canonical leaves, their chain, and its verification."""

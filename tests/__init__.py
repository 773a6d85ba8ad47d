"""Every level of tests; see CONTRIBUTING.md."""

"""Who may change what, and when: policy, freezes, break-glass, pace."""

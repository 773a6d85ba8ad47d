"""The chat port and one folder or module per chat system."""

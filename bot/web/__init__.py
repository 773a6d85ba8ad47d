"""HTTP routes of the chat process."""

"""Steps of the schema, in order of their numbers; a shipped one never changes."""

"""Language models, which only ever fill in the same typed slots as the grammar: one file a provider."""

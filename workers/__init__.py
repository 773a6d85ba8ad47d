"""The processes that hold cluster credentials: plan, preview, execute, record; they read no chat."""

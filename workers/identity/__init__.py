"""Which person an account is, and their second factor."""

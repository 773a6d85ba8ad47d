"""Values that look like secrets and must never leave the clusters unredacted; tests search every output for them."""

PASSWORD = "hunter2-canary"  # noqa: S105  planted on purpose
BEARER = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.Y2FuYXJ5LXNpZ25hdHVyZS1ub3QtcmVhbA"
API_KEY = "sk_test_canary_4eC39HqLyjWDarjtT1zdp7dc"
SECRET = "canary-9f2d1c7e-fake-value-of-a-secret"  # noqa: S105  in every Secret object of the fleet

# All of them, for tests.
CANARIES = (PASSWORD, BEARER, API_KEY, SECRET)

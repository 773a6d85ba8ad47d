"""Two hundred values that look like secrets, each in a shape that secrets have in logs, variables and messages."""

import random
import string

SHAPES = (
    "password={}",
    "DB_PASSWORD: {}",
    '{{"api_key": "{}"}}',
    "token='{}'",
    "--password {} --verbose",
    "--client-secret={}",
    "Authorization: Bearer {}",
    "Cookie: session={}; theme=dark",
    "postgres://app:{}@db.payments.svc:5432/orders",
    "https://api.example.com/v1?access_token={}&page=1",
    '{{"name":"DB_PASSWORD","value":"{}"}}',
    "- name: DB_PASSWORD\n  value: {}",
    "curl -u admin:{} https://internal.example.com/",
    "mysql -h db -p{}",
    'panic: dial tcp: \\"password\\":\\"{}\\"',
    "ghp_{}",
    "xoxb-{}",
    "sk_live_{}",
    "hvs.{}",
    "eyJhbGciOiJIUzI1NiJ9.{}.c2lnbmF0dXJl",
)
EACH = 10


def planted(seed: int = 13) -> list[tuple[str, str]]:
    """The value, and the text around it; the same on every run, no value twice."""
    chance = random.Random(seed)
    letters = string.ascii_letters + string.digits
    found = []
    for shape in SHAPES:
        for _ in range(EACH):
            value = "Zq" + "".join(chance.choices(letters, k=30))
            found.append((value, shape.format(value)))
    return found

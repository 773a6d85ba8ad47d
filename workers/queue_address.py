"""Which queue servers may be used: local ones, and others only over TLS with a password. Pure.

Redis is never an authority here, but whoever reaches an open one can keep bells from ringing and learn ids.
"""

from ipaddress import ip_address
from urllib.parse import SplitResult, parse_qs, urlsplit

# Parts of a URL's query by which redis-py would not look at the server's certificate; each with what it must be.
CHECKED = {"ssl_cert_reqs": "required", "ssl_check_hostname": "true"}


def why_open(url: str) -> str:
    """Why processes must not start with this queue; empty when they may. Gives no part of the URL but its host."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port_is_valid = parts.port != 0
    except ValueError:
        return "it is not an address"
    if parts.scheme == "unix":
        return ""
    if parts.scheme not in ("redis", "rediss") or not host or not port_is_valid:
        return "it must be unix://, redis:// or rediss:// with a host"
    problem = "" if _is_loopback(host) else _why_unlocked(parts)
    return problem and f"'{host}' is another machine and {problem}"


def _why_unlocked(parts: SplitResult) -> str:
    if parts.scheme != "rediss":
        return "redis:// is not encrypted"
    if not parts.password:
        return "the address has no password"
    for name, values in parse_qs(parts.query, keep_blank_values=True).items():
        if any(value.lower() != CHECKED.get(name, value.lower()) for value in values):
            return f"{name} would leave its certificate unchecked"
    return ""


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

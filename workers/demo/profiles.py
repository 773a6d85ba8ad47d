"""What each application of the fleet needs and exposes; one row per application, the rest is derived."""

from dataclasses import dataclass

from workers.demo.identity import Json


@dataclass(frozen=True)
class Profile:
    """Requests are cpu in millicores and memory in MiB; the cpu limit is 4 times, the memory limit 2 times that."""

    port: int = 8080
    cpu: int = 100
    memory: int = 128
    probe: str = "/healthz"  # "" = a TCP probe
    env: tuple[tuple[str, str], ...] = ()
    secret_env: tuple[tuple[str, str, str], ...] = ()  # variable, secret, key
    config: tuple[str, str] | None = None  # config map, where it is mounted
    data: str = ""  # where a stateful set's claim is mounted


PROFILES: dict[str, Profile] = {
    "payment-api": Profile(
        8080,
        250,
        256,
        "/healthz",
        (("LOG_LEVEL", "info"), ("QUEUE_NAME", "payments"), ("HTTP_TIMEOUT_SECONDS", "5")),
        (
            ("DATABASE_PASSWORD", "payment-db-credentials", "password"),
            ("STRIPE_API_KEY", "stripe-api-key", "api-key"),
        ),
    ),
    "payment-worker": Profile(
        9090,
        200,
        256,
        "/ready",
        (("LOG_LEVEL", "info"), ("CONFIG_FILE", "/etc/payment/config.yaml"), ("CONCURRENCY", "8")),
        (("DATABASE_PASSWORD", "payment-db-credentials", "password"),),
        ("payment-config", "/etc/payment"),
    ),
    "checkout-web": Profile(
        3000, 150, 192, "/healthz", (("NODE_ENV", "production"), ("CART_URL", "http://checkout-cart"))
    ),
    "checkout-cart": Profile(8080, 150, 192, "/healthz", (("REDIS_ADDR", "redis.platform:6379"),)),
    "inventory": Profile(8080, 100, 192, "/healthz", (("CACHE_TTL_SECONDS", "30"),)),
    "search-api": Profile(
        9200, 300, 512, "/_health", (("INDEX", "products-v4"),), (), ("search-config", "/etc/search")
    ),
    "search-indexer": Profile(9201, 200, 512, "/_health", (("INDEX", "products-v4"), ("BATCH_SIZE", "500"))),
    "auth-gateway": Profile(8443, 200, 256, "/healthz", (("ISSUER", "https://auth.example.com"),)),
    "notification-service": Profile(8080, 50, 128, "/healthz", (("SMTP_HOST", "smtp.example.com"),)),
    "frontend": Profile(8080, 50, 64, "/"),
    "web": Profile(8080, 100, 128, "/healthz", (("BACKEND", "http://frontend"),)),
    "coredns": Profile(53, 100, 70, "/health"),
    "postgres": Profile(
        5432, 500, 1024, "", (("PGDATA", "/var/lib/postgresql/data/pgdata"),), data="/var/lib/postgresql/data"
    ),
    "redis": Profile(6379, 100, 256, "", data="/data"),
    "kafka": Profile(9092, 500, 1024, "", (("KAFKA_HEAP_OPTS", "-Xmx768m"),), data="/var/lib/kafka/data"),
    "node-agent": Profile(9100, 50, 64, "/metrics"),
    "fluent-bit": Profile(2020, 50, 64, "/api/v1/health"),
    "nightly-report": Profile(8080, 100, 128, ""),
}
SIDECARS: dict[str, Profile] = {
    "sidecar": Profile(15001, 50, 64, "/healthz"),
    "envoy": Profile(9901, 100, 128, "/ready"),
    "metrics": Profile(9187, 20, 32, "/"),
}


def profile(application: str, container: str) -> Profile:
    """The needs of one container: a side car has its own, any other container has its application's."""
    return SIDECARS.get(container) or PROFILES.get(application, Profile())


def container(application: str, name: str, image: str, *, probes: bool = True) -> Json:
    """The container part of a pod template, with the defaults that an API server would have filled in."""
    needs = profile(application, name)
    check: Json = {"httpGet": {"path": needs.probe, "port": needs.port, "scheme": "HTTP"}}
    if not needs.probe:
        check = {"tcpSocket": {"port": needs.port}}
    timing = {"periodSeconds": 10, "timeoutSeconds": 2, "successThreshold": 1, "failureThreshold": 3}
    env: list[Json] = [{"name": key, "value": value} for key, value in needs.env]
    env += [
        {"name": key, "valueFrom": {"secretKeyRef": {"name": secret, "key": item}}}
        for key, secret, item in needs.secret_env
    ]
    made: Json = {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "ports": [{"name": "main", "containerPort": needs.port, "protocol": "TCP"}],
        "resources": {
            "requests": {"cpu": f"{needs.cpu}m", "memory": f"{needs.memory}Mi"},
            "limits": {"cpu": f"{needs.cpu * 4}m", "memory": f"{needs.memory * 2}Mi"},
        },
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
    }
    if env:
        made["env"] = env
    mounts: list[Json] = []
    if needs.config:
        mounts.append({"name": "config", "mountPath": needs.config[1], "readOnly": True})
    if needs.data:
        mounts.append({"name": "data", "mountPath": needs.data})
    if mounts:
        made["volumeMounts"] = mounts
    if probes:
        made["readinessProbe"] = {**check, **timing, "initialDelaySeconds": 1}
        made["livenessProbe"] = {**check, **timing, "initialDelaySeconds": 10}
    else:
        del made["ports"]
    return made


def volumes(application: str) -> list[Json]:
    """The volumes that the application's containers mount."""
    config = PROFILES.get(application, Profile()).config
    return [{"name": "config", "configMap": {"name": config[0], "defaultMode": 420}}] if config else []

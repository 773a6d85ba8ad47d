"""What each application writes to its log: start-up lines, everyday lines, and the last words of the bad release."""

from dataclasses import dataclass

from workers.demo.canaries import API_KEY, BEARER, PASSWORD
from workers.demo.incident import ERROR


@dataclass(frozen=True)
class Voice:
    """Lines may use {version}, {ms}, {id}, {n}, {path}; `paths` is what {path} is picked from."""

    startup: tuple[str, ...]
    everyday: tuple[str, ...]
    trouble: tuple[str, ...] = ()  # warnings, now and then
    leaks: tuple[str, ...] = ()  # lines that look like secrets, rarely
    paths: tuple[str, ...] = ("/",)
    every_seconds: int = 5


GO_START = (
    'level=info msg="starting" version={version}',
    'level=info msg="configuration loaded" file=/etc/config/config.yaml',
    'level=info msg="listening" addr=:8080',
)
HTTP = ('level=info msg="request" method=GET path={path} status=200 duration_ms={ms} trace={id}',)
SLOW = ('level=warn msg="slow request" path={path} duration_ms=1{ms} trace={id}',)

VOICES: dict[str, Voice] = {
    "payment-api": Voice(
        (*GO_START, 'level=info msg="connected" to=postgres.payments:5432 pool=20'),
        (
            'level=info msg="request" method=POST path={path} status=201 duration_ms={ms} trace={id}',
            'level=info msg="request" method=GET path={path}/{id} status=200 duration_ms={ms} trace={id}',
            'level=info msg="charge accepted" charge=ch_{id} amount_cents={n}99',
        ),
        (*SLOW, 'level=warn msg="card declined" charge=ch_{id} code=insufficient_funds'),
        (
            f'level=debug msg="outgoing request" to=psp.example.com header="Authorization: Bearer {BEARER}"',
            f'level=debug msg="stripe client" api_key={API_KEY}',
        ),
        ("/v1/charges", "/v1/refunds", "/v1/payouts"),
    ),
    "payment-worker": Voice(
        (
            'level=info msg="starting payment-worker" version={version}',
            'level=info msg="configuration loaded" file=/etc/payment/config.yaml',
            f'level=info msg="connecting" dsn="host=postgres.payments user=payments password={PASSWORD}"',
            'level=info msg="consuming" queue=payments brokers=kafka.platform:9092 concurrency=8',
        ),
        (
            'level=info msg="job done" job={id} kind=settle duration_ms={ms}',
            'level=info msg="job done" job={id} kind=payout duration_ms={ms}',
            'level=info msg="batch committed" offset=1{n}04 size={n}',
        ),
        ('level=warn msg="job retried" job={id} attempt=2 cause="psp timeout"',),
        (f'level=debug msg="reconnect" dsn="host=postgres.payments user=payments password={PASSWORD}"',),
    ),
    "checkout-web": Voice(
        ("info  - ready on 0.0.0.0:3000, checkout-web {version}",),
        ("GET {path} 200 {ms}ms", "GET {path} 304 4ms", "POST {path} 200 {ms}ms"),
        ("warn  - slow render of {path}: 1{ms}ms",),
        (),
        ("/cart", "/checkout", "/checkout/address", "/checkout/pay"),
        3,
    ),
    "checkout-cart": Voice(GO_START, HTTP, SLOW, (), ("/v1/carts", "/v1/carts/items")),
    "inventory": Voice(GO_START, HTTP, SLOW, (), ("/v1/stock", "/v1/reservations")),
    "search-api": Voice(GO_START, HTTP, SLOW, (), ("/search", "/suggest", "/_health"), 3),
    "search-indexer": Voice(
        GO_START,
        ('level=info msg="indexed" index=products-v4 documents={n} duration_ms={ms}',),
        SLOW,
        (),
        ("/_bulk",),
        9,
    ),
    "auth-gateway": Voice(
        GO_START,
        ('level=info msg="token issued" client=web-{n} duration_ms={ms} trace={id}', *HTTP),
        ('level=warn msg="login refused" user=u{n} reason=bad_password',),
        (f'level=debug msg="upstream" header="Authorization: Bearer {BEARER}"',),
        ("/oauth/token", "/oauth/introspect", "/userinfo"),
    ),
    "notification-service": Voice(
        GO_START, ('level=info msg="mail sent" template=receipt duration_ms={ms} id={id}',), (), (), ("/",), 11
    ),
    "frontend": Voice(
        ("nginx/1.29.3 (frontend {version}) started",),
        ('10.244.1.{n} - - "GET {path} HTTP/1.1" 200 {ms}12 "-" "Mozilla/5.0"',),
        ('10.244.1.{n} - - "GET /favicon.png HTTP/1.1" 404 153 "-" "Mozilla/5.0"',),
        (),
        ("/", "/products", "/static/app.js"),
        3,
    ),
    "web": Voice(GO_START, HTTP, SLOW, (), ("/", "/products", "/account")),
    "coredns": Voice(
        (".:53", "[INFO] plugin/reload: Running configuration SHA512 = {id}", "CoreDNS-{version} linux/amd64"),
        ("[INFO] 10.244.2.{n}:41{n} - A IN kafka.platform.svc.cluster.local. udp 54 NOERROR qr,aa,rd 106 0.0{ms}s",),
        every_seconds=17,
    ),
    "postgres": Voice(
        ("LOG:  starting PostgreSQL {version}", "LOG:  database system is ready to accept connections"),
        ("LOG:  checkpoint complete: wrote {n} buffers; write={ms} ms",),
        ('LOG:  duration: 1{ms}.402 ms  statement: SELECT * FROM charges WHERE id = "{id}"',),
        every_seconds=29,
    ),
    "redis": Voice(
        ("* Redis version={version}", "* Ready to accept connections tcp"), ("* {n} changes saved",), every_seconds=31
    ),
    "kafka": Voice(
        ("INFO Kafka version: {version}", "INFO [KafkaServer id=1] started"),
        ("INFO [Log partition=payments-{n}] Rolled new log segment at offset {n}0{n}",),
        every_seconds=23,
    ),
    "fluent-bit": Voice(
        ("[ info] [fluent bit] version={version}",), ("[ info] [output:es:es.0] {n} records flushed",), every_seconds=13
    ),
    "node-agent": Voice(GO_START, ('level=info msg="scrape" targets={n} duration_ms={ms}',), every_seconds=15),
    "nightly-report": Voice(
        (
            'level=info msg="report started" version={version}',
            'level=info msg="report written" rows={n}00 duration_ms={ms}',
        ),
        (),
    ),
}
SIDECARS: dict[str, Voice] = {
    "sidecar": Voice(
        ("[info] mtls-proxy {version}: certificate loaded",),
        ("[info] connection accepted peer=spiffe://fleet/{n} in {ms}ms",),
        every_seconds=19,
    ),
    "envoy": Voice(
        ("[info] initializing epoch 0 (envoy {version})",),
        ("[info] cds: add {n} cluster(s), remove 0",),
        every_seconds=37,
    ),
    "metrics": Voice(
        ('level=info msg="Listening on :9187" version={version}',),
        ('level=info msg="scrape" ms={ms}',),
        every_seconds=30,
    ),
}
PLAIN = Voice(GO_START, HTTP, SLOW)

# The bad release starts like the good one and then finds that its configuration is not enough.
LAST_WORDS = (
    'level=info msg="starting payment-worker" version={version}',
    'level=info msg="configuration loaded" file=/etc/payment/config.yaml',
    f'level=info msg="connecting" dsn="host=postgres.payments user=payments password={PASSWORD}"',
    'level=error msg="invalid configuration" file=/etc/payment/config.yaml key=queue.url',
    ERROR,
    "",
    "goroutine 1 [running]:",
    "main.mustString(...)",
    "\t/src/cmd/payment-worker/config.go:87",
    "main.main()",
    "\t/src/cmd/payment-worker/main.go:41 +0x1d4",
)


def voice(application: str, container: str) -> Voice:
    return SIDECARS.get(container) or VOICES.get(application, PLAIN)

"""What the charts decide, seen in what they render."""

import json
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from tests.charts.mutations import pod_spec
from tests.charts.profiles import PROFILES, VALUES, rendered
from tests.support.helm import HelmError, Manifest, find, manifests, prepared_chart, run, template

WORKLOADS = ("Deployment", "StatefulSet", "Job", "CronJob", "Pod")
API = ("Deployment", "vitrine-analytics-api")
LOGGER = ("Deployment", "vitrine-click-logger")
PRODUCER = ("StatefulSet", "vitrine-event-producer")
DRIVER = ("Deployment", "vitrine-stream-processor-driver")
POLLER = ("StatefulSet", "vitrine-inventory-poller")
DIGEST = "sha256:" + "a" * 64


def _image(*settings: str) -> str:
    image: str = _container(find(rendered("default", *settings), *API))["image"]
    return image


def _container(workload: Manifest) -> dict[str, Any]:
    container: dict[str, Any] = pod_spec(workload)["containers"][0]
    return container


def _pod_labels(workload: Manifest) -> dict[str, str]:
    found: dict[str, str] = workload["spec"]["template"]["metadata"]["labels"]
    return found


def _config(name: str, *settings: str) -> dict[str, str]:
    data: dict[str, str] = find(rendered("default", *settings), "ConfigMap", f"vitrine-{name}")[
        "data"
    ]
    return data


def _kinds(*settings: str) -> set[str]:
    return {item["kind"] for item in rendered("default", *settings)}


@pytest.mark.parametrize(
    ("settings", "image"),
    [
        pytest.param((), "vitrine/analytics-api:0.1.0", id="the chart's version"),
        pytest.param(("analytics-api.image.tag=v9",), "vitrine/analytics-api:v9", id="a tag"),
        pytest.param(
            ("analytics-api.image.tag=v9", f"analytics-api.image.digest={DIGEST}"),
            f"vitrine/analytics-api@{DIGEST}",
            id="a digest wins over a tag",
        ),
        pytest.param(
            ("global.imageRegistry=registry.example/shop/",),
            "registry.example/shop/vitrine/analytics-api:0.1.0",
            id="a registry for all",
        ),
    ],
)
def test_the_image(settings: tuple[str, ...], image: str) -> None:
    assert _image(*settings) == image


@pytest.mark.parametrize(
    ("settings", "key", "value"),
    [
        pytest.param((), "LOG_LEVEL", "INFO", id="nobody says: the default for all"),
        pytest.param(
            ("global.config.logLevel=",), "LOG_LEVEL", None, id="left to the program's default"
        ),
        pytest.param((), "RETRY_MAX_SECONDS", "5", id="nobody says: the chart's default"),
        pytest.param(("global.config.logLevel=DEBUG",), "LOG_LEVEL", "DEBUG", id="for all"),
        pytest.param(
            ("global.config.logLevel=DEBUG", "analytics-api.config.logLevel=ERROR"),
            "LOG_LEVEL",
            "ERROR",
            id="the chart's own wins",
        ),
        pytest.param(
            ("global.config.warehouseSsl=false",), "WAREHOUSE_SSL", "false", id="false is said"
        ),
        pytest.param(
            ("global.config.awsRegion=sa-east-1",), "AWS_REGION", "sa-east-1", id="MSK's region"
        ),
        pytest.param(("analytics-api.config.listenPort=80",), "LISTEN_PORT", "80", id="a number"),
        pytest.param(
            ("global.otlpEndpoint=http://otel:4318",),
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "http://otel:4318",
            id="telemetry",
        ),
    ],
)
def test_the_environment(settings: tuple[str, ...], key: str, value: str | None) -> None:
    assert _config("analytics-api", *settings).get(key) == value


def test_a_large_number_keeps_its_digits() -> None:
    assert _config("event-producer")["SPOOL_MAX_BYTES"] == "268435456"


def test_a_template_in_config_is_rendered() -> None:
    config = _config("shop-simulator", "shop-simulator.enabled=true")
    assert config["EVENT_PRODUCER_URL"] == "http://vitrine-event-producer:8001"


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        pytest.param("global.config.kafkaBootstrapServers=", "kafkaBootstrapServers", id="Kafka"),
        pytest.param("global.config.warehouseHost=", "warehouseHost", id="the warehouse"),
        pytest.param("global.config.stagingUrl=", "stagingUrl", id="staging"),
        pytest.param("stream-processor.config.checkpointUrl=", "checkpointUrl", id="checkpoint"),
        pytest.param(
            "global.secrets.warehousePassword.existingSecret=",
            "global.secrets.warehousePassword.existingSecret",
            id="a password",
        ),
        pytest.param("analytics-api.config.lisenPort=1", "lisenPort", id="a mistyped setting"),
        pytest.param("analytics-api.replica=1", "replica", id="a mistyped key"),
        pytest.param("analytics_api.replicas=1", "analytics_api", id="a mistyped chart"),
        pytest.param("global.imageregistry=x", "imageregistry", id="a mistyped global"),
        pytest.param("stream-processor.runner=yarn", "runner", id="no such runner"),
        pytest.param("analytics-api.image.digest=abc", "digest", id="no digest"),
    ],
)
def test_an_install_that_cannot_work_fails_and_says_what(setting: str, named: str) -> None:
    with pytest.raises(HelmError, match=named):
        template(VALUES["default"], settings=(setting,))


def test_an_upgrade_takes_no_replica_away() -> None:
    strategy = find(rendered("default"), *API)["spec"]["strategy"]
    assert strategy["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}


@pytest.mark.parametrize(
    ("chart", "kind", "field", "chosen"),
    [
        ("click-logger", "Deployment", "strategy", "Recreate"),
        ("event-producer", "StatefulSet", "updateStrategy", "OnDelete"),
    ],
)
def test_an_update_of_another_type_is_not_told_how_to_roll(
    chart: str, kind: str, field: str, chosen: str
) -> None:
    own = f"{chart}.updateStrategy"
    objects = rendered("default", f"{own}.type={chosen}", f"{own}.rollingUpdate.maxUnavailable=1")
    assert find(objects, kind, f"vitrine-{chart}")["spec"][field] == {"type": chosen}


def test_the_spool_comes_back_with_its_pod() -> None:
    producer = find(rendered("default"), *PRODUCER)
    (claim,) = producer["spec"]["volumeClaimTemplates"]
    mounts = {m["name"]: m["mountPath"] for m in _container(producer)["volumeMounts"]}
    spool = _config("event-producer")["SPOOL_PATH"]
    assert spool.startswith(mounts[claim["metadata"]["name"]] + "/")
    assert producer["spec"]["persistentVolumeClaimRetentionPolicy"] == {
        "whenDeleted": "Retain",
        "whenScaled": "Retain",
    }


def _claims(*settings: str) -> list[str]:
    poller = find(rendered("default", *settings), *POLLER)
    volumes = {volume["name"] for volume in pod_spec(poller)["volumes"]}
    claims = [claim["metadata"]["name"] for claim in poller["spec"].get("volumeClaimTemplates", [])]
    (mount,) = (m for m in _container(poller)["volumeMounts"] if m["name"] == "state")
    assert _config("inventory-poller")["STATE_PATH"].startswith(mount["mountPath"] + "/")
    assert ("state" in volumes) == (claims == [])
    return claims


def test_what_the_poller_knows_comes_back_with_its_pod_unless_it_may_be_lost() -> None:
    assert _claims() == ["state"]
    assert _claims("inventory-poller.persistence.enabled=false") == []


def test_stock_apis_are_a_list_that_may_hold_templates() -> None:
    assert _config("inventory-poller")["STOCK_APIS"] == "[]"
    told = find(rendered("kind"), "ConfigMap", "vitrine-inventory-poller")["data"]["STOCK_APIS"]
    assert [(each["id"], each["url"]) for each in json.loads(told)] == [
        ("cd-sudeste", "http://vitrine-shop-simulator:8020/armazens/cd-sudeste"),
        ("cd-nordeste", "http://vitrine-shop-simulator:8020/armazens/cd-nordeste"),
    ]


def test_stock_apis_are_reached_on_public_addresses_alone() -> None:
    rules = _policy("default", "vitrine-inventory-poller")["egress"]
    blocks = {
        ip_network(peer["ipBlock"]["cidr"]): [ip_network(e) for e in peer["ipBlock"]["except"]]
        for rule in rules
        for peer in rule.get("to", [])
        if "ipBlock" in peer
    }

    def allows(address: str) -> bool:
        found = ip_address(address)
        return any(
            found.version == block.version
            and found in block
            and not any(found in network for network in but)
            for block, but in blocks.items()
        )

    assert allows("8.8.8.8")
    assert allows("2606:4700::1111")
    private = ("10.0.0.1", "169.254.169.254", "172.20.0.1", "192.168.0.1", "100.64.0.1", "fd00::1")
    assert not any(map(allows, private))


def test_the_simulator_lets_the_poller_in() -> None:
    (rule,) = _policy("kind", "vitrine-shop-simulator")["ingress"]
    (peer,) = rule["from"]
    labels = peer["podSelector"]["matchLabels"]
    assert labels["app.kubernetes.io/name"] == "inventory-poller"
    service = find(rendered("kind"), "Service", "vitrine-shop-simulator")
    assert [port["port"] for port in service["spec"]["ports"]] == [rule["ports"][0]["port"]]


@pytest.mark.parametrize("workload", [API, PRODUCER])
@pytest.mark.parametrize("profile", PROFILES)
def test_a_pod_outlives_its_drain(profile: str, workload: tuple[str, str]) -> None:
    found = find(rendered(profile), *workload)
    drain = _container(found)["lifecycle"]["preStop"]["sleep"]["seconds"]
    graceful = {API: 5, PRODUCER: 30}[workload]
    assert pod_spec(found)["terminationGracePeriodSeconds"] > drain + graceful


@pytest.mark.parametrize(
    ("profile", "budgets"),
    [
        pytest.param(
            "default",
            {"analytics-api", "click-logger", "event-producer", "stream-processor"},
            id="two",
        ),
        pytest.param("minimal", {"stream-processor"}, id="one has nothing to keep"),
    ],
)
def test_budgets(profile: str, budgets: set[str]) -> None:
    names = {o["metadata"]["name"] for o in rendered(profile) if o["kind"] == "PodDisruptionBudget"}
    assert names == {f"vitrine-{name}" for name in budgets}


@pytest.mark.parametrize(
    ("setting", "kind"),
    [
        pytest.param("analytics-api.ingress.enabled=true", "Ingress", id="an Ingress"),
        pytest.param("stream-processor.runner=spark-operator", "SparkApplication", id="operator"),
        pytest.param("global.serviceMonitor.enabled=true", "ServiceMonitor", id="Prometheus"),
        pytest.param(
            "stream-processor.persistence.enabled=true", "PersistentVolumeClaim", id="PVC"
        ),
    ],
)
def test_what_is_chosen_is_made_and_else_is_not(setting: str, kind: str) -> None:
    assert kind not in _kinds()
    assert kind in _kinds(setting)


GATEWAY = (
    "event-producer.httpRoute.enabled=true",
    "event-producer.httpRoute.parentRefs[0].name=web",
)


def test_an_http_route_is_made_where_a_gateway_is_named() -> None:
    assert "HTTPRoute" not in _kinds()
    assert "HTTPRoute" in _kinds(*GATEWAY)


def test_every_way_to_the_events_and_the_tracker_is_open_from_outside() -> None:
    on = ("event-producer.ingress.enabled=true", *GATEWAY)
    objects, name = rendered("default", *on), "vitrine-event-producer"
    (rule,) = find(objects, "Ingress", name)["spec"]["rules"]
    (route,) = find(objects, "HTTPRoute", name)["spec"]["rules"]
    paths = {
        "/eventos": "Prefix",
        "/v1": "Prefix",
        "/vitrine.js": "Exact",
        "/vitrine.d.ts": "Exact",
    }
    assert {p["path"]: p["pathType"] for p in rule["http"]["paths"]} == paths
    matches = [match["path"] for match in route["matches"]]
    assert {m["value"]: m["type"].removeprefix("Path") for m in matches} == paths


def test_the_way_for_stock_updates_is_open_where_their_token_is_named() -> None:
    token = "event-producer.secrets.stockToken.existingSecret=stock"
    objects = rendered("default", "event-producer.ingress.enabled=true", *GATEWAY, token)
    name = "vitrine-event-producer"
    (rule,) = find(objects, "Ingress", name)["spec"]["rules"]
    (route,) = find(objects, "HTTPRoute", name)["spec"]["rules"]
    assert "/atualizacoes_estoque" in [path["path"] for path in rule["http"]["paths"]]
    assert "/atualizacoes_estoque" in [match["path"]["value"] for match in route["matches"]]
    assert "/estoque" not in [path["path"] for path in rule["http"]["paths"]], "the API has it"
    pod = find(objects, *PRODUCER)["spec"]["template"]["spec"]
    (secrets,) = [each for each in pod["volumes"] if each["name"] == "secrets"]
    assert secrets["projected"]["sources"] == [
        {"secret": {"name": "stock", "items": [{"key": "stock_token", "path": "stock_token"}]}}
    ]


WEBHOOKS = (
    "inventory-poller.config.stockApis[0].id=loja",
    "inventory-poller.config.stockApis[0].api=woocommerce",
    "inventory-poller.config.stockApis[0].url=https://loja.example",
    "inventory-poller.config.stockApis[0].webhooks=true",
    "inventory-poller.secrets.stockCredentials.existingSecret=stock",
)
WAYS_IN = (
    "event-producer.secrets.stockToken.existingSecret=token",
    *(
        f"{chart}.{setting}"
        for chart in ("event-producer", "inventory-poller")
        for setting in (
            "ingress.enabled=true",
            "httpRoute.enabled=true",
            "httpRoute.parentRefs[0].name=web",
        )
    ),
)


def _names(objects: list[Manifest], kind: str) -> set[str]:
    return {each["metadata"]["name"] for each in objects if each["kind"] == kind}


@pytest.mark.parametrize("profile", PROFILES)
def test_without_webhooks_nothing_leads_to_the_poller(profile: str) -> None:
    objects, name = rendered(profile), "vitrine-inventory-poller"
    assert name not in _names(objects, "Service") | _names(objects, "Ingress")
    assert not find(objects, "NetworkPolicy", name)["spec"]["ingress"]


def test_webhooks_reach_the_poller_on_their_own_port() -> None:
    objects, name = rendered("default", *WEBHOOKS, *WAYS_IN), "vitrine-inventory-poller"
    environment = find(objects, "ConfigMap", name)["data"]
    assert (environment["WEBHOOK_HOST"], environment["WEBHOOK_PORT"]) == ("0.0.0.0", "8041")
    service = find(objects, "Service", name)["spec"]
    assert service["publishNotReadyAddresses"], "hints are taken while Kafka is away"
    (port,) = service["ports"]
    assert (port["name"], port["port"], port["targetPort"]) == ("http", 8041, 8041)
    (route,) = find(objects, "HTTPRoute", name)["spec"]["rules"]
    assert route["backendRefs"] == [{"name": name, "port": 8041}]
    (rule,) = find(objects, "NetworkPolicy", name)["spec"]["ingress"]
    assert rule == {
        "from": [{"namespaceSelector": {}}],
        "ports": [{"protocol": "TCP", "port": 8041}],
    }


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/atualizacoes_estoque", "vitrine-event-producer"),
        ("/atualizacoes_estoque/", "vitrine-event-producer"),
        ("/atualizacoes_estoque/loja", "vitrine-inventory-poller"),
        ("/eventos", "vitrine-event-producer"),
    ],
)
def test_one_host_leads_to_updates_and_to_webhooks(path: str, service: str) -> None:
    """As the API of Ingress has it: an exact path goes before prefixes, which end at a slash."""
    ways = {
        (way["path"], way["pathType"]): way["backend"]["service"]["name"]
        for each in rendered("default", *WEBHOOKS, *WAYS_IN)
        if each["kind"] == "Ingress"
        for way in each["spec"]["rules"][0]["http"]["paths"]
    }
    prefixes = [
        name
        for (prefix, kind), name in ways.items()
        if kind == "Prefix" and f"{path}/".startswith(prefix.rstrip("/") + "/")
    ]
    assert ways.get((path, "Exact"), *prefixes) == service


@pytest.mark.parametrize(
    ("name", "workload"),
    [
        ("analytics-api", API),
        ("click-logger", LOGGER),
        ("event-producer", PRODUCER),
        ("inventory-poller", POLLER),
        ("stream-processor", DRIVER),
    ],
)
def test_prometheus_finds_the_metrics_of_a_pod(name: str, workload: tuple[str, str]) -> None:
    objects = rendered("default", "global.serviceMonitor.enabled=true")
    found = _container(find(objects, *workload))
    assert {"name": "metrics", "containerPort": 9464} in found["ports"]
    environment = find(objects, "ConfigMap", f"vitrine-{name}")["data"]
    assert environment["OTEL_METRICS_EXPORTER"] == "prometheus"
    rules = find(objects, "NetworkPolicy", f"vitrine-{name}")["spec"]["ingress"]
    assert [r["from"] for r in rules if r["ports"][0]["port"] == 9464] == [
        [{"namespaceSelector": {}}]
    ]
    wanted = find(objects, "ServiceMonitor", "vitrine")["spec"]["selector"]["matchLabels"]
    services = [o for o in objects if o["kind"] == "Service"]
    watched = [o for o in services if wanted.items() <= o["metadata"]["labels"].items()]
    ports = [
        port
        for service in watched
        if service["spec"]["selector"].items() <= _pod_labels(find(objects, *workload)).items()
        for port in service["spec"]["ports"]
        if port["name"] == "metrics"
    ]
    assert len(ports) == 1


def test_prometheus_finds_the_metrics_of_every_worker() -> None:
    settings = ("global.serviceMonitor.enabled=true", "event-producer.config.workers=3")
    objects = rendered("default", *settings)
    name = "vitrine-event-producer"
    expected = {"metrics": 9464, "metrics-1": 9465, "metrics-2": 9466}
    container = _container(find(objects, *PRODUCER))
    opened = {p["name"]: p["containerPort"] for p in container["ports"]}
    assert opened == {"http": 8001} | expected
    service = {p["name"]: p["port"] for p in find(objects, "Service", name)["spec"]["ports"]}
    assert service == {"http": 8001} | expected
    rules = find(objects, "NetworkPolicy", name)["spec"]["ingress"]
    assert set(expected.values()) <= {r["ports"][0]["port"] for r in rules}
    endpoints = find(objects, "ServiceMonitor", "vitrine")["spec"]["endpoints"]
    assert {endpoint["port"] for endpoint in endpoints} == set(expected)


def test_nobody_offers_metrics_unasked() -> None:
    assert "9464" not in str(rendered("default"))


@pytest.mark.parametrize("workload", [API, LOGGER, PRODUCER, POLLER, DRIVER])
def test_a_changed_setting_rolls_the_pods(workload: tuple[str, str]) -> None:
    def annotations(*settings: str) -> dict[str, str]:
        template = find(rendered("default", *settings), *workload)["spec"]["template"]
        found: dict[str, str] = template["metadata"]["annotations"]
        return found

    assert annotations() == annotations("platform-jobs.audit.suspend=true")
    assert annotations() != annotations("global.config.logLevel=DEBUG")


def test_a_changed_spark_property_rolls_the_driver() -> None:
    one, other = (
        find(rendered("default", f"stream-processor.executor.instances={n}"), *DRIVER)
        for n in (1, 2)
    )
    key = "checksum/spark"
    templates = [item["spec"]["template"]["metadata"]["annotations"][key] for item in (one, other)]
    assert templates[0] != templates[1]


def _jobs(*settings: str) -> set[str]:
    ours = [o for o in rendered("default", *settings) if o["kind"] == "Job"]
    return {o["metadata"]["name"] for o in ours if "helm.sh/hook" not in str(o["metadata"])}


@pytest.mark.parametrize(
    ("setting", "made_anew"),
    [
        pytest.param("analytics-api.replicas=3", 0, id="another chart changed"),
        pytest.param("platform-jobs.image.tag=v2", 3, id="a new image"),
        pytest.param("platform-jobs.config.topicPartitions=12", 3, id="a changed setting"),
    ],
)
def test_set_up_runs_again_where_something_changed(setting: str, made_anew: int) -> None:
    assert len(_jobs()) == 3
    assert len(_jobs(setting) - _jobs()) == made_anew


def test_an_operator_may_say_how_many_click_loggers_there_are() -> None:
    assert find(rendered("default"), *LOGGER)["spec"]["replicas"] == 2
    scaled = find(rendered("default", "click-logger.replicas=null"), *LOGGER)
    assert "replicas" not in scaled["spec"]
    budget = rendered("default", "click-logger.replicas=null")
    assert (
        find(budget, "PodDisruptionBudget", "vitrine-click-logger")["spec"]["maxUnavailable"] == 1
    )


def test_click_logger_takes_no_calls() -> None:
    assert not _policy("default", "vitrine-click-logger")["ingress"]
    services = {o["metadata"]["name"] for o in rendered("default") if o["kind"] == "Service"}
    assert "vitrine-click-logger" not in services


def test_no_hook_but_tests() -> None:
    hooks = {
        item["metadata"]["annotations"]["helm.sh/hook"]
        for item in rendered("kind")
        if "helm.sh/hook" in item["metadata"].get("annotations", {})
    }
    assert hooks == {"test"}


def _tests(objects: list[Manifest]) -> set[str]:
    names = {f"{o['kind']}/{o['metadata']['name']}" for o in objects}
    return {name for name in names if name.endswith(("-test", "-tests"))}


def test_tests_are_all_switched_off_by_one_value() -> None:
    assert _tests(rendered("default")) == {
        "Job/vitrine-analytics-api-test",
        "Job/vitrine-event-producer-test",
        "NetworkPolicy/vitrine-tests",
    }
    without = rendered("default", "global.tests.enabled=false")
    assert _tests(without) == set()
    assert "helm.sh/hook" not in str(without)


def test_tests_show_what_they_print() -> None:
    job = find(rendered("default"), "Job", "vitrine-event-producer-test")
    policy = job["metadata"]["annotations"]["helm.sh/hook-output-log-policy"]
    assert policy == "hook-succeeded,hook-failed"
    assert "/pipeline/sondas" in _container(job)["command"][-1]


def test_tests_have_the_labels_and_annotations_that_all_have() -> None:
    settings = (
        "global.commonLabels.team=shop",
        "event-producer.commonLabels.tier=edge",
        r"event-producer.commonLabels.app\.kubernetes\.io/name=other",
        "event-producer.podLabels.mesh=none",
        "event-producer.podAnnotations.mesh=off",
    )
    job = find(rendered("default", *settings), "Job", "vitrine-event-producer-test")
    common = {
        "app.kubernetes.io/name": "test",
        "app.kubernetes.io/instance": "vitrine",
        "team": "shop",
        "tier": "edge",
    }
    assert job["metadata"]["labels"] == common
    pod = job["spec"]["template"]["metadata"]
    assert pod == {"annotations": {"mesh": "off"}, "labels": common | {"mesh": "none"}}


def test_a_failed_audit_is_seen() -> None:
    audit = find(rendered("default"), "CronJob", "vitrine-platform-jobs-audit")["spec"]
    job = audit["jobTemplate"]["spec"]
    assert not audit["suspend"]
    assert (job["backoffLimit"], job["template"]["spec"]["restartPolicy"]) == (0, "Never")


def test_minutes_are_closed_every_hour_until_it_is_suspended() -> None:
    suspended = rendered("default", "platform-jobs.closeMinutes.suspend=true")
    for objects, is_suspended in ((rendered("default"), False), (suspended, True)):
        hourly = find(objects, "CronJob", "vitrine-platform-jobs-close")["spec"]
        assert (hourly["schedule"], hourly["suspend"]) == ("10 * * * *", is_suspended)
        container = hourly["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
        assert container["args"] == ["close-minutes"]


@pytest.mark.parametrize("profile", PROFILES)
def test_every_pod_is_restricted(profile: str) -> None:
    objects = rendered(profile)
    for workload in (o for o in objects if o["kind"] in WORKLOADS):
        spec, container = pod_spec(workload), _container(workload)
        assert spec["securityContext"]["runAsNonRoot"]
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


@pytest.mark.parametrize("profile", PROFILES)
def test_only_drivers_and_the_operator_talk_to_kubernetes(profile: str) -> None:
    with_token = [
        item["metadata"]["name"]
        for item in rendered(profile)
        if item["kind"] in WORKLOADS and pod_spec(item)["automountServiceAccountToken"]
    ]
    drivers = {"vitrine-batch-etl", "vitrine-stream-processor-driver"}
    operator = {"vitrine-lag-scaler"} if profile == "kind" else set()
    assert set(with_token) == (set() if profile == "eks" else drivers) | operator


@pytest.mark.parametrize("profile", PROFILES)
def test_no_secret_is_rendered(profile: str) -> None:
    objects = rendered(profile)
    assert not [o for o in objects if o["kind"] == "Secret"]
    variables = {key for o in objects if o["kind"] == "ConfigMap" for key in o.get("data", {})}
    assert not variables & {"WAREHOUSE_PASSWORD", "MONGO_URL"}


def test_secrets_are_read_where_they_are_mounted() -> None:
    objects = rendered("default")
    mounts = {m["name"]: m["mountPath"] for m in _container(find(objects, *API))["volumeMounts"]}
    assert mounts["secrets"] == _config("analytics-api")["SECRETS_DIR"]
    assert "SECRETS_DIR" not in _config("event-producer")


def test_annotations_for_irsa() -> None:
    key, role = r"eks\.amazonaws\.com/role-arn", "arn:aws:iam::123456789012:role/api"
    objects = rendered("default", f"analytics-api.serviceAccount.annotations.{key}={role}")
    account = find(objects, "ServiceAccount", "vitrine-analytics-api")
    assert account["metadata"]["annotations"] == {"eks.amazonaws.com/role-arn": role}


def test_a_store_with_an_authority_of_its_own() -> None:
    volumes = {v["name"]: v for v in pod_spec(find(rendered("eks"), *API))["volumes"]}
    sources = volumes["secrets"]["projected"]["sources"]
    paths = [item["path"] for source in sources for item in source["secret"]["items"]]
    assert paths == ["mongo_url", "mongo_url.ca.pem", "warehouse_password"]


def _policy(profile: str, name: str) -> dict[str, Any]:
    spec: dict[str, Any] = find(rendered(profile), "NetworkPolicy", name)["spec"]
    return spec


@pytest.mark.parametrize("profile", PROFILES)
def test_nothing_is_allowed_unless_it_is_listed(profile: str) -> None:
    assert _policy(profile, "vitrine-default-deny") == {
        "podSelector": {"matchLabels": {"app.kubernetes.io/instance": "vitrine"}},
        "policyTypes": ["Ingress", "Egress"],
    }


@pytest.mark.parametrize(
    ("chart", "peers"),
    [
        ("event-producer", {"kafka"}),
        ("analytics-api", {"kafka", "redshift-local", "mongodb"}),
        ("platform-jobs", {"kafka", "redshift-local", "mongodb"}),
        ("stream-processor", {"kafka", "redshift-local", "mongodb", "s3", "stream-processor"}),
        ("batch-etl", {"redshift-local", "s3", "batch-etl"}),
        ("click-logger", {"kafka", "mongodb"}),
        ("lag-scaler", {"kafka"}),
        ("shop-simulator", {"kafka", "mongodb", "s3", "event-producer"}),
        ("inventory-poller", {"kafka", "shop-simulator"}),
        ("stock-alerts", {"mongodb", "analytics-api"}),
    ],
)
def test_a_chart_reaches_its_peers_alone(chart: str, peers: set[str]) -> None:
    rules = _policy("kind", f"vitrine-{chart}")["egress"]
    names = {
        peer.get("podSelector", {}).get("matchLabels", {}).get("app.kubernetes.io/name")
        for rule in rules
        for peer in rule.get("to", [])
    }
    assert names - {None} == peers


ALONE = (
    "config.kafkaBootstrapServers=kafka:9092",
    "config.warehouseHost=warehouse",
    "config.warehouseUser=vitrine",
    "secrets.warehousePassword.existingSecret=warehouse",
    "secrets.mongoUrl.existingSecret=mongo",
)


@pytest.mark.parametrize(
    "policy",
    [
        pytest.param("networkPolicy.enabled=false", id="no policy"),
        pytest.param('networkPolicy.egress=[{"ports": [{"port": 53}]}]', id="its own rules"),
        pytest.param(
            'global.networkPolicy.egress={"dns": [{"ports": [{"port": 53}]}]}', id="shared rules"
        ),
    ],
)
def test_a_chart_alone_is_told_what_may_go_out(policy: str) -> None:
    given = [part for setting in ALONE for part in ("--set", setting)]
    chart = prepared_chart("analytics-api")
    with pytest.raises(HelmError, match="analytics-api: no connection may go out: list rules in"):
        run("template", "alone", chart, *given)
    assert "kind: Deployment" in run("template", "alone", chart, *given, "--set-json", policy)


def test_a_chart_stands_alone() -> None:
    open_network = "networkPolicy.enabled=false"
    given = [part for setting in (*ALONE, open_network) for part in ("--set", setting)]
    chart = prepared_chart("analytics-api")
    objects = manifests(run("template", "alone", chart, *given))
    assert find(objects, "Deployment", "alone-analytics-api")
    assert _tests(objects) == {"Job/alone-analytics-api-test"}
    off = ("--set", "global.tests.enabled=false")
    assert _tests(manifests(run("template", "alone", chart, *given, *off))) == set()


def _trusted(settings: tuple[str, ...]) -> dict[str, list[Manifest]]:
    """By workload with a bundle: where that comes from, as sources of a volume."""
    everything = ("shop-simulator.enabled=true", *settings)
    found = {}
    for item in rendered("default", *everything):
        if item["kind"] in WORKLOADS:
            volumes = {v["name"]: v for v in pod_spec(item)["volumes"]}
            if "ca" in volumes:
                found[item["metadata"]["name"]] = volumes["ca"]["projected"]["sources"]
    return found


def test_every_workload_trusts_a_private_authority() -> None:
    objects = rendered(
        "default", "shop-simulator.enabled=true", "global.caBundle.existingSecret=ca"
    )
    names = {item["metadata"]["name"] for item in objects if item["kind"] in WORKLOADS}
    trusted = _trusted(("global.caBundle.existingSecret=ca", "global.caBundle.key=root.pem"))
    items = [{"key": "root.pem", "path": "ca.pem"}]
    assert {name.rpartition("-")[0] for name in trusted} == {n.rpartition("-")[0] for n in names}
    assert all(s == [{"secret": {"name": "ca", "items": items}}] for s in trusted.values())


def test_a_bundle_of_one_chart_wins() -> None:
    trusted = _trusted(
        ("global.caBundle.existingSecret=ca", "analytics-api.caBundle.existingConfigMap=own")
    )
    items = [{"key": "ca.crt", "path": "ca.pem"}]
    assert trusted["vitrine-analytics-api"] == [{"configMap": {"name": "own", "items": items}}]
    assert trusted["vitrine-event-producer"] == [{"secret": {"name": "ca", "items": items}}]


def test_a_program_finds_the_joined_bundle_where_it_is_written() -> None:
    objects = rendered("default", "global.caBundle.existingConfigMap=ca")
    spec = pod_spec(find(objects, *API))
    (trust,) = spec["initContainers"]
    assert trust["command"][3:] == ["/etc/vitrine/ca/ca.pem", "/etc/vitrine/trust"]
    mounts = {m["name"]: m["mountPath"] for m in trust["volumeMounts"]}
    assert mounts == {"ca": "/etc/vitrine/ca", "trust": "/etc/vitrine/trust"}
    assert {"name": "trust", "mountPath": "/etc/vitrine/trust", "readOnly": True} in spec[
        "containers"
    ][0]["volumeMounts"]
    data = find(objects, "ConfigMap", "vitrine-analytics-api")["data"]
    assert data["SSL_CERT_FILE"] == "/etc/vitrine/trust/ca.pem"


def _kafka_ports(*settings: str) -> list[int]:
    policy = find(rendered("default", *settings), "NetworkPolicy", "vitrine-event-producer")
    rules = [rule for rule in policy["spec"]["egress"] if "to" not in rule]
    return [port["port"] for rule in rules for port in rule["ports"]]


@pytest.mark.parametrize(
    ("settings", "ports"),
    [
        pytest.param((), [9092], id="one"),
        pytest.param((r"global.config.kafkaBootstrapServers=a:9098\, b:9098",), [9098], id="msk"),
        pytest.param(
            (r"event-producer.config.kafkaBootstrapServers=a:9094\,b:9096",),
            [9094, 9096],
            id="the chart's own",
        ),
        pytest.param(("global.networkPolicy.egress.kafka[0].ports[0].port=1",), [1], id="told"),
    ],
)
def test_the_brokers_ports_are_open(settings: tuple[str, ...], ports: list[int]) -> None:
    assert _kafka_ports(*settings) == ports


def test_a_certificate_for_mongodb_is_two_files() -> None:
    settings = [
        f"global.secrets.{half}.existingSecret=mongo" for half in ("mongoCertificate", "mongoKey")
    ]
    spec = pod_spec(find(rendered("default", *settings), *API))
    (volume,) = (v for v in spec["volumes"] if v["name"] == "secrets")
    items = [i for s in volume["projected"]["sources"] for i in s["secret"]["items"]]
    assert {i["path"] for i in items} >= {"mongo_certificate", "mongo_key"}


def test_nobody_elses_airflow_may_run_pods_here_unless_it_is_named() -> None:
    named = (
        "airflow.serviceAccounts[0].name=airflow-worker",
        "airflow.serviceAccounts[0].namespace=airflow",
        "airflow.groups={mwaa}",
    )
    assert not [o for o in rendered("default") if o["metadata"]["name"] == "vitrine-airflow"]
    binding = find(rendered("default", *named), "RoleBinding", "vitrine-airflow")
    assert binding["subjects"] == [
        {"kind": "ServiceAccount", "name": "airflow-worker", "namespace": "airflow"},
        {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "mwaa"},
    ]
    assert binding["roleRef"]["name"] == "vitrine-airflow"
    role = find(rendered("default", *named), "Role", "vitrine-airflow")
    allowed = {resource: set(r["verbs"]) for r in role["rules"] for resource in r["resources"]}
    pods = {"get", "list", "watch", "create", "patch", "delete"}
    assert allowed == {
        "cronjobs": {"get"},
        "scheduledsparkapplications": {"get"},
        "pods": pods,
        "pods/log": pods,
        "events": {"list", "watch"},
        "sparkapplications": pods | {"update"},
        "sparkapplications/status": {"get"},
    }


@pytest.mark.parametrize(
    "setting",
    [
        pytest.param("airflow.serviceAccounts[0].name=airflow-worker", id="without a namespace"),
        pytest.param("airflow.serviceAccount=airflow-worker", id="a mistyped key"),
    ],
)
def test_an_airflow_that_is_half_named_is_refused(setting: str) -> None:
    with pytest.raises(HelmError, match="airflow"):
        template(VALUES["default"], settings=(setting,))

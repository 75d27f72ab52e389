"""Values that would render and then fail are refused at install, all of them in one message."""

import json
import re
from typing import get_args

import jsonschema
import pytest
from tests.charts.profiles import VALUES
from tests.support.helm import CHARTS, HelmError, prepared_chart, run, template

from inventory_poller.adapters.contract import Source
from inventory_poller.sources import StockApi


def _said(*settings: str, options: tuple[str, ...] = ()) -> str:
    with pytest.raises(HelmError) as caught:
        template(VALUES["default"], settings=settings, options=options)
    return str(caught.value)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param(
            ("analytics-api.ingress.enabled=true", "analytics-api.ingress.tlsSecretName=cert"),
            "analytics-api: ingress.tlsSecretName is a certificate for a host: set ingress.host",
            id="TLS without a host",
        ),
        pytest.param(
            ("event-producer.httpRoute.enabled=true",),
            "event-producer: an HTTPRoute joins a Gateway: name it in httpRoute.parentRefs",
            id="an HTTPRoute without parents",
        ),
        pytest.param(
            ("global.config.kafkaSecurity=msk-iam", "global.config.awsRegion="),
            "kafkaSecurity msk-iam signs for a region: set global.config.awsRegion",
            id="msk-iam without a region",
        ),
        pytest.param(
            ("global.config.kafkaSecurity=sasl-scram",),
            "kafkaSecurity sasl-scram needs a name: set global.config.kafkaUsername",
            id="SCRAM without a name",
        ),
        pytest.param(
            ("global.config.kafkaSecurity=sasl-scram", "global.config.kafkaUsername=shop"),
            "needs a Secret: name it in global.secrets.kafkaPassword.existingSecret",
            id="SCRAM without a password",
        ),
        pytest.param(
            ("global.config.kafkaSecurity=mtls",),
            "needs a Secret: name it in global.secrets.kafkaKey.existingSecret",
            id="mTLS without a key",
        ),
        pytest.param(
            ("event-producer.persistence.size=200Mi",),
            "event-producer: a spool of 268435456 bytes does not fit in persistence.size, 200Mi",
            id="a spool larger than its volume",
        ),
        pytest.param(
            ("analytics-api.drainSeconds=25",),
            "analytics-api: a drain of 25 s and 5 s to end do not fit in"
            " terminationGracePeriodSeconds, 30",
            id="a drain longer than the grace",
        ),
        pytest.param(
            ("stream-processor.config.checkpointUrl=file:///tmp/here",),
            "file:///tmp/here is a pod's own file: set persistence.enabled, or an s3a:// URL",
            id="a checkpoint that no other pod sees",
        ),
        *(
            pytest.param(
                (
                    f"stream-processor.config.checkpointUrl={url}",
                    "stream-processor.persistence.enabled=true",
                ),
                f"stream-processor: config.checkpointUrl, {url}, is not in the volume,"
                " file:///var/lib/stream-processor",
                id=f"snapshots in {url}",
            )
            for url in ("file:///tmp/here", "file:///var/lib/stream-processor-2")
        ),
        *(
            pytest.param(
                (f"event-producer.config.spoolPath={path}",),
                f"event-producer: config.spoolPath, {path}, is in no folder of its own",
                id=f"a spool at {path or 'no path'}",
            )
            for path in ("", "spool", "/spool", "/tmp/spool", "/etc/vitrine/secrets/spool")
        ),
        pytest.param(
            ("platform-jobs.config.qualityFirstDay=2026-02-31",),
            "platform-jobs: config.qualityFirstDay, 2026-02-31, is no day",
            id="a day that no month has",
        ),
        pytest.param(
            (
                "platform-jobs.config.qualityFirstDay=2026-03-01",
                "platform-jobs.config.qualityLastDay=2026-02-28",
            ),
            "platform-jobs: config.qualityFirstDay, 2026-03-01, is after qualityLastDay,"
            " 2026-02-28",
            id="days that end before they begin",
        ),
        pytest.param(
            (
                "analytics-api.autoscaling.enabled=true",
                "analytics-api.autoscaling.minReplicas=9",
            ),
            "analytics-api: autoscaling.maxReplicas, 6, is below minReplicas, 9",
            id="bounds the wrong way round",
        ),
        pytest.param(
            ("global.caBundle.existingConfigMap=ca", "global.caBundle.existingSecret=ca"),
            "global.caBundle names a ConfigMap and a Secret: name one of them",
            id="two bundles for all",
        ),
        pytest.param(
            (
                "analytics-api.caBundle.existingConfigMap=ca",
                "analytics-api.caBundle.existingSecret=ca",
            ),
            "analytics-api: caBundle names a ConfigMap and a Secret: name one of them",
            id="two bundles for one",
        ),
        pytest.param(
            ("global.secrets.mongoCertificate.existingSecret=mongo",),
            "a client's certificate for MongoDB needs its key, and the other way round: name both"
            " in global.secrets.mongoCertificate.existingSecret and"
            " global.secrets.mongoKey.existingSecret",
            id="a certificate without its key",
        ),
        pytest.param(
            ("analytics-api.secrets.mongoKey.existingSecret=mongo",),
            "a client's certificate for MongoDB needs its key, and the other way round",
            id="a key without its certificate",
        ),
        pytest.param(
            ("analytics-api.secrets.mongoUrl.caKey=ca.pem",),
            "analytics-api: secrets.mongoUrl.caKey is a key of a Secret: name it in"
            " secrets.mongoUrl.existingSecret",
            id="a key of no Secret",
        ),
        pytest.param(
            ("analytics-api.config.refreshSeconds=7",),
            "analytics-api: config.refreshSeconds, 7, is above retryMaxSeconds, 5",
            id="asked more often while away",
        ),
        pytest.param(
            (
                "analytics-api.config.kafkaRefreshSeconds=2",
                "analytics-api.config.retryMaxSeconds=1.5",
            ),
            "analytics-api: config.kafkaRefreshSeconds, 2, is above retryMaxSeconds, 1.5",
            id="Kafka asked more often while away",
        ),
        pytest.param(
            ("event-producer.config.groupInterval=4",),
            "event-producer: config.groupInterval, 4, is above deliveryTimeout, 3",
            id="groups slower than their delivery",
        ),
        pytest.param(
            ("event-producer.config.workers=300",),
            "event-producer: a spool of 268435456 bytes leaves each of 300 workers less than",
            id="spools without room for a request",
        ),
        pytest.param(
            (
                "event-producer.config.workers=250",
                "event-producer.secrets.stockToken.existingSecret=stock",
            ),
            "leaves each of 250 workers less than the 1048576 of one request, since an eighth is"
            " for stock updates",
            id="spools without room for a request beside stock updates",
        ),
        pytest.param(
            ("inventory-poller.ingress.enabled=true",),
            "inventory-poller: an Ingress or HTTPRoute leads to webhooks alone: set webhooks in an"
            " entry of config.stockApis",
            id="a way to no webhooks",
        ),
        pytest.param(
            (
                "inventory-poller.config.stockApis[0].id=cd",
                "inventory-poller.config.stockApis[0].url=https://cd.example",
                "inventory-poller.config.stockApis[0].webhooks=true",
                "inventory-poller.config.webhookPort=8040",
            ),
            "inventory-poller: port 8040 is that of its health or its metrics: set another"
            " config.webhookPort",
            id="webhooks on the port of health",
        ),
        pytest.param(
            ("platform-jobs.config.patienceSeconds=600",),
            "platform-jobs: an audit that waits 600 s for the warehouse does not end within"
            " audit.activeDeadlineSeconds, 600",
            id="a patience longer than the audit's deadline",
        ),
        pytest.param(
            ("platform-jobs.closeMinutes.activeDeadlineSeconds=120",),
            "platform-jobs: a run of close-minutes that waits 120 s for the warehouse does not end"
            " within closeMinutes.activeDeadlineSeconds, 120",
            id="a patience longer than another job's deadline",
        ),
        pytest.param(
            ("analytics-api.config.shopTimezone=America/SaoPaulo",),
            "analytics-api: config.shopTimezone, America/SaoPaulo, is no time zone of IANA",
            id="no such time zone",
        ),
        pytest.param(
            ("analytics-api.resources.requests.cpu=3",),
            "analytics-api: resources.requests.cpu, 3, is above resources.limits.cpu, 2",
            id="more asked than allowed",
        ),
        *(
            pytest.param(
                (f"analytics-api.resources.requests.cpu={asked}",),
                f"analytics-api: resources.requests.cpu, {asked}, is above resources.limits.cpu, 2",
                id=f"{asked} asked",
            )
            for asked in ("3e0", "3E0", "3000e-3", "2001m", "0.003k", "1E", "1Ei")
        ),
        pytest.param(
            ("platform-jobs.resources.requests.memory=1Gi",),
            "platform-jobs: resources.requests.memory, 1Gi, is above resources.limits.memory,",
            id="more memory asked than allowed",
        ),
        pytest.param(
            ("analytics-api.tmpSize=1Gi",),
            "analytics-api: a tmpSize of 1Gi does not fit in resources.limits.ephemeral-storage,",
            id="a folder larger than the pod's disk",
        ),
        pytest.param(
            ("stream-processor.executor.coreRequest=1500m",),
            "stream-processor: executor.coreRequest, 1500m, is above executor.coreLimit, 1",
            id="executors that Kubernetes refuses",
        ),
        pytest.param(
            (
                "stream-processor.executor.coreRequest=null",
                "stream-processor.executor.coreLimit=500m",
            ),
            "stream-processor: executor.cores, 1, is above executor.coreLimit, 500m",
            id="executors of a whole core each",
        ),
        *(
            pytest.param(
                (f"batch-etl.executor.{key}=null",),
                f"batch-etl needs executor.{key}\n",
                id=f"no {key}",
            )
            for key in ("instances", "cores", "memory", "memoryOverhead")
        ),
        *(
            pytest.param(
                (f"{chart}.{setting}={size}", f"{chart}.runner={runner}"),
                f"{chart}: {setting}, {size}, is below 470m, with which Spark starts",
                id=f"{size} of {setting} for {runner}",
            )
            for chart, runner in (("stream-processor", "native"), ("batch-etl", "spark-operator"))
            for setting in ("executor.memory", "config.sparkDriverMemory")
            for size in ("469m", "0g")
        ),
        pytest.param(
            ("stream-processor.config.sparkDriverMemory=2g",),
            "stream-processor: a heap of 2g does not fit in resources.limits.memory, 2Gi",
            id="a heap as large as the pod",
        ),
        pytest.param(
            (
                "stream-processor.config.sparkDriverMemory=",
                "stream-processor.resources.requests.memory=512Mi",
                "stream-processor.resources.limits.memory=512Mi",
            ),
            "stream-processor: a heap of 768m does not fit in resources.limits.memory, 512Mi",
            id="the program's own heap larger than the pod",
        ),
        pytest.param(
            ("stream-processor.config.healthPort=7079",),
            "stream-processor: port 7079 is Spark's own: set another config.healthPort",
            id="Spark's port",
        ),
        pytest.param(
            ("global.serviceMonitor.enabled=true", "analytics-api.config.listenPort=9464"),
            "analytics-api: port 9464 is that of its metrics: set another config.listenPort",
            id="the metrics' port",
        ),
        pytest.param(
            (
                "analytics-api.ingress.enabled=true",
                r"analytics-api.ingress.annotations.alb\.ingress\.kubernetes\.io/"
                "load-balancer-attributes=idle_timeout.timeout_seconds=120",
            ),
            "analytics-api: the load balancer keeps a connection for 120 s, so"
            " config.keepAliveSeconds, 75, must be more",
            id="a load balancer more patient than the service",
        ),
        pytest.param(
            ("analytics-api.fullnameOverride=x", "event-producer.fullnameOverride=x"),
            "the objects of analytics-api and event-producer have the same name, x: set another"
            " nameOverride or fullnameOverride in all of them but one",
            id="one full name of two charts",
        ),
        pytest.param(
            ("analytics-api.nameOverride=x", "event-producer.nameOverride=x"),
            "the objects of analytics-api and event-producer have the same name, vitrine-x:",
            id="one name of two charts",
        ),
        pytest.param(
            ("analytics-api.nameOverride=event-producer",),
            "the objects of analytics-api and event-producer have the same name,"
            " vitrine-event-producer:",
            id="another chart's name",
        ),
        pytest.param(
            ("analytics-api.serviceAccount.name=x", "event-producer.serviceAccount.name=x"),
            "analytics-api and event-producer create the same service account, x: set"
            " serviceAccount.create to false in all of them but one",
            id="one service account of two charts",
        ),
        *(
            pytest.param(
                (
                    f"click-logger.updateStrategy.rollingUpdate.maxUnavailable={unavailable}",
                    f"click-logger.updateStrategy.rollingUpdate.maxSurge={surge}",
                ),
                "click-logger: an update that may neither stop a pod nor start a further one never"
                " begins: raise updateStrategy.rollingUpdate.maxUnavailable or maxSurge",
                id=f"an update that cannot begin by {unavailable} and {surge}",
            )
            for unavailable, surge in (("0", "0"), ("0%", "0"), ("0", "00%"))
        ),
        *(
            pytest.param(
                (
                    "click-logger.autoscaling.provider=keda",
                    f"global.config.kafkaSecurity={security}",
                ),
                f"click-logger: KEDA knows what kafkaSecurity {security} needs by a"
                " TriggerAuthentication alone: name one in autoscaling.keda.triggerAuthentication",
                id=f"KEDA without what {security} needs",
            )
            for security in ("tls", "sasl-scram", "mtls", "msk-iam")
        ),
    ],
)
def test_what_cannot_work_together_is_refused(settings: tuple[str, ...], message: str) -> None:
    assert message in _said(*settings)


@pytest.mark.parametrize(
    ("setting", "path"),
    [
        pytest.param("stream-processor.executor.memory=2Gi", "/executor/memory", id="Spark's 2g"),
        pytest.param(
            "stream-processor.config.sparkDriverMemory=1Gi", "/sparkDriverMemory", id="the driver's"
        ),
        pytest.param("analytics-api.tmpSize=64MB", "/tmpSize", id="no quantity"),
        pytest.param("analytics-api.resources.limits.cpu=two", "/limits/cpu", id="no number"),
        pytest.param("platform-jobs.audit.schedule=hourly", "/audit/schedule", id="no cron"),
        pytest.param(
            "platform-jobs.closeMinutes.schedule=hourly", "/closeMinutes/schedule", id="nor this"
        ),
        pytest.param(
            "event-producer.config.allowedOrigins=loja.example", "/allowedOrigins", id="no origin"
        ),
        pytest.param("global.otlpEndpoint=otel:4318", "/otlpEndpoint", id="no URL"),
        pytest.param("global.config.stagingUrl=bucket/staging", "/stagingUrl", id="not S3"),
        pytest.param(
            "stream-processor.config.checkpointUrl=s3://bucket/x", "/checkpointUrl", id="not s3a"
        ),
        pytest.param("global.config.kafkaBootstrapServers=kafka", "/kafkaBoot", id="no port"),
        pytest.param("analytics-api.podLabels.team=7", "/podLabels/team", id="a label's number"),
        pytest.param("analytics-api.extraEnv[0].name=A-B", "/extraEnv/0", id="no variable"),
        pytest.param("analytics-api.extraEnv[0].value=x", "/extraEnv/0", id="a nameless one"),
        pytest.param("analytics-api.tolerations[0].effect=Never", "/tolerations/0", id="no effect"),
        pytest.param("analytics-api.fullnameOverride=Shop_A", "/fullnameOverride", id="no name"),
        pytest.param("platform-jobs.audit.schedule=61 * * * *", "/audit/schedule", id="minute 61"),
        pytest.param("analytics-api.config.refreshSeconds=15", "/refreshSeconds", id="too seldom"),
        pytest.param("analytics-api.config.listenPort=70000", "/listenPort", id="no port's number"),
        pytest.param("event-producer.config.deliveryTimeout=11", "/deliveryTimeout", id="too long"),
        pytest.param(
            "stream-processor.config.metricsTriggerSeconds=15", "/metricsTrigger", id="too slow"
        ),
        pytest.param(
            "global.config.warehouseHost=w.example:5439/dev", "/warehouseHost", id="an endpoint"
        ),
        pytest.param("global.config.s3EndpointUrl=s3:9000", "/s3EndpointUrl", id="no scheme"),
        pytest.param(
            "shop-simulator.config.publicPageUrl=loja.example", "/publicPageUrl", id="no page"
        ),
        pytest.param("global.imageRegistry=https://r.example", "/imageRegistry", id="no registry"),
        pytest.param("analytics-api.ingress.host=https://a.example", "/ingress/host", id="no host"),
        pytest.param("global.commonLabels.team=our shop", "/commonLabels/team", id="no label"),
        pytest.param(
            "analytics-api.probes.liveness.successThreshold=2", "/successThreshold", id="two lives"
        ),
        pytest.param("global.caBundle.existingSecret=My_CA", "/existingSecret", id="no object"),
        pytest.param(
            "click-logger.updateStrategy.type=OnDelete", "/updateStrategy/type", id="a set's"
        ),
        pytest.param(
            "event-producer.updateStrategy.type=Recreate",
            "/updateStrategy/type",
            id="no set has it",
        ),
        pytest.param(
            "event-producer.updateStrategy.rollingUpdate.maxUnavailable=0",
            "/updateStrategy/rollingUpdate/maxUnavailable",
            id="a set that stops no pod",
        ),
        *(
            pytest.param(
                f"{chart}.updateStrategy.rollingUpdate.maxUnavailable={value}",
                "/updateStrategy/rollingUpdate/maxUnavailable",
                id=f"{value} of {chart}",
            )
            for chart in ("click-logger", "event-producer")
            for value in ("150%", "101%", "1.5%", "%", "half")
        ),
        pytest.param(
            "event-producer.updateStrategy.rollingUpdate.maxUnavailable=00%",
            "/updateStrategy/rollingUpdate/maxUnavailable",
            id="no percent of a set",
        ),
        pytest.param(
            "click-logger.updateStrategy.rollingUpdate.maxSurge=-1",
            "/updateStrategy/rollingUpdate/maxSurge",
            id="fewer pods than none",
        ),
        pytest.param("event-producer.persistence.whenDeleted=Keep", "/whenDeleted", id="no policy"),
        pytest.param("inventory-poller.replicas=2", "/replicas", id="two would poll twice"),
        pytest.param("inventory-poller.config.stockApis=x", "/stockApis", id="no list"),
        pytest.param(
            "inventory-poller.config.stockApis[0].id=x", "/stockApis/0", id="an API without a URL"
        ),
        pytest.param(
            "inventory-poller.config.stockApis[0].api=shopfy",
            "/stockApis/0/api",
            id="the poller knows no such API",
        ),
    ],
)
def test_a_value_of_a_wrong_form_is_refused(setting: str, path: str) -> None:
    said = _said("shop-simulator.enabled=true", setting)
    assert "values don't meet the specifications of the schema" in said
    assert path in said


def _peak(**values: object) -> str:
    told = {"start": "2026-11-27T20:00:00-03:00", "end": "2026-11-27T23:30:00Z", "replicas": 6}
    return json.dumps({"name": "campaign", **told, **values})


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        pytest.param("analytics-api.image.tag=1.10", "/image/tag", id="a tag's number"),
        pytest.param("analytics-api.dnsConfig.nameservers=[]", "/nameservers", id="no server"),
        pytest.param(
            'click-logger.autoscaling.peaks=[{"name": "campaign"}]',
            "at '/autoscaling/peaks/0': missing properties 'start', 'end', 'replicas'",
            id="a peak without its times",
        ),
        pytest.param(
            f"stream-processor.autoscaling.peaks=[{_peak(end='2026-11-27')}]",
            "/autoscaling/peaks/0/end",
            id="a peak that ends on a day",
        ),
        pytest.param(
            f"stream-processor.autoscaling.peaks=[{_peak(replicas=0)}]",
            "/autoscaling/peaks/0/replicas",
            id="a peak without pods",
        ),
        pytest.param(
            f"click-logger.autoscaling.peaks=[{_peak(end='2026-11-27T22:00:00Z')}]",
            "click-logger: autoscaling.peaks: campaign ends at 2026-11-27T22:00:00Z, which is"
            " not after its start, 2026-11-27T20:00:00-03:00: give it a later end",
            id="a peak that ends before it starts",
        ),
        pytest.param(
            f"click-logger.autoscaling.peaks=[{_peak(end='2026-11-31T20:00:00Z')}]",
            "click-logger: autoscaling.peaks: campaign has a day or an hour that does not exist:"
            " correct its start, 2026-11-27T20:00:00-03:00, or its end, 2026-11-31T20:00:00Z",
            id="a peak that ends on no day",
        ),
        pytest.param(
            "global.networkPolicy.egress.dns=[]",
            "without a rule in global.networkPolicy.egress.dns no name is resolved",
            id="no way to DNS",
        ),
    ],
)
def test_a_value_as_yaml_holds_it_is_refused(setting: str, message: str) -> None:
    assert message in _said(options=("--set-json", setting))


def _stock_apis() -> dict[str, type[Source]]:
    (union, _) = get_args(StockApi)
    found: dict[str, type[Source]] = {}
    for member in get_args(union):
        (model, tag) = get_args(member)
        found[tag.tag] = model
    return found


def test_every_api_of_the_poller_may_be_named() -> None:
    schema = json.loads((CHARTS / "inventory-poller" / "values.schema.json").read_text())
    entry = schema["properties"]["config"]["properties"]["stockApis"]["items"]["properties"]
    assert entry["api"]["enum"] == list(_stock_apis())


def test_stock_apis_of_the_poller_need_tls_and_their_credentials() -> None:
    apis = [{"id": f"x-{api}", "api": api, "url": "https://x.example"} for api in _stock_apis()]
    plain = [{"id": "plain", "url": "http://x.example"}]
    private = [{"id": "private", "url": "http://x.example", "allow_private": True}]
    value = f"inventory-poller.config.stockApis={json.dumps(apis + plain + private)}"
    said = _said(options=("--set-json", value))
    needy = {
        f"x-{api}"
        for api, model in _stock_apis().items()
        if any(field.is_required() for field in model.credentials.model_fields.values())
    }
    assert set(re.findall(r"config.stockApis: (\S+) needs credentials", said)) == needy
    assert re.findall(r"config.stockApis: (\S+) has no TLS", said) == ["plain"]


def test_webhooks_that_the_poller_does_not_read_are_refused() -> None:
    apis = [
        {"id": f"x-{api}", "api": api, "url": "https://x.example", "webhooks": True}
        for api in _stock_apis()
    ]
    said = _said(options=("--set-json", f"inventory-poller.config.stockApis={json.dumps(apis)}"))
    unread = {f"x-{api}" for api, model in _stock_apis().items() if model.webhook is Source.webhook}
    assert unread
    assert set(re.findall(r"config.stockApis: (\S+) has webhooks, but", said)) == unread


def _on_cpu(chart: str, **values: object) -> tuple[str, ...]:
    """Options by which an HPA scales a chart that has further values."""
    told = {"autoscaling": {"enabled": True}, **values}
    return ("--set-json", f"{chart}={json.dumps(told)}")


NO_CPU = {"requests": {"cpu": None}, "limits": {"cpu": None}}
ASKS = {"requests": {"cpu": "50m"}}
MESH = {"name": "mesh", "image": "{{ .Chart.Name }}-mesh:1"}
BEFORE = {"name": "before", "image": "before:1"}


@pytest.mark.parametrize("chart", ["analytics-api", "event-producer"])
def test_an_hpa_needs_what_every_container_asks_for(chart: str) -> None:
    native = {**BEFORE, "name": "proxy", "restartPolicy": "Always"}
    values = {"resources": NO_CPU, "sidecars": [MESH], "initContainers": [BEFORE, native]}
    said = _said(options=_on_cpu(chart, **values))
    assert (
        f"{chart}: autoscaling.enabled scales by the share that is used of the CPU asked for: set"
        " resources.requests.cpu\n"
    ) in said
    assert re.findall(r"set resources.requests.cpu of the sidecar (\S+)", said) == [
        "mesh",
        "proxy",
    ]


def test_an_hpa_takes_a_limit_for_what_is_asked_for() -> None:
    limited = {"requests": {"cpu": None}}
    values = {"resources": limited, "sidecars": [{**MESH, "resources": ASKS}]}
    options = _on_cpu("analytics-api", **values, initContainers=[BEFORE])
    assert "kind: HorizontalPodAutoscaler" in template(VALUES["default"], options=options)


def test_without_an_hpa_a_pod_may_ask_for_no_cpu() -> None:
    value = f"analytics-api.resources={json.dumps(NO_CPU)}"
    template(VALUES["default"], options=("--set-json", value))


@pytest.mark.parametrize(
    ("chart", "volume", "settings"),
    [
        pytest.param("analytics-api", "tmp", (), id="every pod's"),
        pytest.param("analytics-api", "secrets", (), id="that of Secrets"),
        pytest.param("click-logger", "trust", ("global.caBundle.existingSecret=ca",), id="a CA's"),
        pytest.param("event-producer", "spool", (), id="the spool"),
        pytest.param("inventory-poller", "state", (), id="the poller's"),
        pytest.param("batch-etl", "spark", (), id="Spark's own"),
        pytest.param(
            "batch-etl", "aws", ("batch-etl.awsCredentials.existingSecret=s3",), id="that of keys"
        ),
        pytest.param(
            "stream-processor",
            "checkpoint",
            ("stream-processor.persistence.enabled=true",),
            id="snapshots",
        ),
    ],
)
def test_a_volume_of_a_name_that_is_taken_is_refused(
    chart: str, volume: str, settings: tuple[str, ...]
) -> None:
    said = _said(*settings, f"{chart}.extraVolumes[0].name={volume}")
    assert (
        f"{chart}: a pod would have two volumes {volume}: give the one in extraVolumes another name"
    ) in said


def test_two_further_volumes_differ() -> None:
    said = _said(*(f"analytics-api.extraVolumes[{number}].name=x" for number in range(2)))
    assert said.count("analytics-api: a pod would have two volumes x:") == 1


def test_a_volume_may_have_a_name_that_is_not_taken() -> None:
    names = {"stream-processor": ("checkpoint", "aws", "ca"), "inventory-poller": ("spool",)}
    template(
        VALUES["default"],
        settings=[
            f"{chart}.extraVolumes[{number}].name={name}"
            for chart, own in names.items()
            for number, name in enumerate(own)
        ],
    )


def test_a_name_is_free_where_its_other_chart_is_left_out() -> None:
    settings = ("analytics-api.nameOverride=x", "lag-scaler.nameOverride=x")
    shared = ("click-logger.serviceAccount.name=y", "stream-processor.serviceAccount.name=y")
    unmade = "stream-processor.serviceAccount.create=false"
    assert "name: vitrine-x\n" in template(VALUES["default"], settings=(*settings, *shared, unmade))


def test_a_first_install_tells_all_that_is_missing_at_once() -> None:
    with pytest.raises(HelmError) as caught:
        run("template", "vitrine", prepared_chart())
    said = str(caught.value)
    for chart in ("analytics-api", "platform-jobs", "stream-processor"):
        for key in ("kafkaBootstrapServers", "warehouseHost", "warehouseUser"):
            assert f"{chart} needs config.{key}:" in said
        for secret in ("mongoUrl", "warehousePassword"):
            assert f"{chart} needs a Secret: name it in secrets.{secret}.existingSecret" in said
    for key in ("stagingUrl", "warehouseIamRole", "checkpointUrl"):
        assert f"stream-processor needs config.{key}:" in said


def test_unlike_problems_of_several_charts_come_in_one_message() -> None:
    said = _said(
        "analytics-api.nameOverride=event-producer",
        "analytics-api.extraVolumes[0].name=tmp",
        "click-logger.autoscaling.provider=keda",
        "global.config.kafkaSecurity=sasl-scram",
        "event-producer.autoscaling.enabled=true",
        "event-producer.resources.requests.cpu=null",
        "event-producer.resources.limits.cpu=null",
        "inventory-poller.ingress.enabled=true",
        "stream-processor.config.healthPort=7079",
    )
    beginnings = [
        "the objects of analytics-api and event-producer have the same name",
        "analytics-api: a pod would have two volumes tmp",
        "click-logger: KEDA knows what kafkaSecurity sasl-scram needs",
        "kafkaSecurity sasl-scram needs a name",
        "kafkaSecurity sasl-scram needs a Secret",
        "event-producer: autoscaling.enabled scales by the share",
        "inventory-poller: an Ingress or HTTPRoute leads to webhooks alone",
        "stream-processor: port 7079 is Spark's own",
    ]
    found = said.partition("this cannot work:\n")[2].splitlines()
    problems = [line.removeprefix("  - ") for line in found if line.startswith("  - ")]
    for beginning in beginnings:
        assert [line for line in problems if line.startswith(beginning)], beginning
    assert len(problems) == len(beginnings)


def test_the_demo_shop_needs_a_way_to_send_its_events() -> None:
    said = _said("shop-simulator.enabled=true", "shop-simulator.config.eventProducerUrl=")
    assert "shop-simulator needs config.eventProducerUrl:" in said


def test_a_chart_alone_tells_what_it_needs() -> None:
    with pytest.raises(HelmError) as caught:
        run("template", "alone", prepared_chart("stream-processor"))
    assert str(caught.value).count("stream-processor needs ") == 8


@pytest.mark.parametrize(
    ("schedule", "is_taken"),
    [
        ("*/15 * * * *", True),
        ("0,30 8-18/2 1,15 jan-MAR mon-fri", True),
        ("5 4 ? * 0", True),
        ("@daily", True),
        ("@every 90m", True),
        ("* * * *", False),
        ("* * * * * *", False),
        ("60 * * * *", False),
        ("0 24 * * *", False),
        ("0 0 0 * *", False),
        ("0 0 1 13 *", False),
        ("0 0 * * 7", False),
        ("*/0 * * * *", False),
        ("0 0 L * *", False),
        ("TZ=UTC 0 0 * * *", False),
        ("", False),
    ],
)
def test_a_schedule_is_what_kubernetes_takes(schedule: str, is_taken: bool) -> None:
    schema = json.loads((CHARTS / "platform-jobs" / "values.schema.json").read_text())
    values = {"audit": {"schedule": schedule}}
    assert jsonschema.Draft7Validator(schema).is_valid(values) == is_taken

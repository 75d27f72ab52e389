"""Values that would render and then fail are refused at install, all of them in one message."""

import pytest
from tests.charts.profiles import VALUES
from tests.support.helm import HelmError, prepared_chart, run, template


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
            "analytics-api.config.shopTimezone=UTC-3 hours", "/shopTimezone", id="no time zone"
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
        pytest.param("global.caBundle.existingSecret=My_CA", "/existingSecret", id="no object"),
        pytest.param("event-producer.persistence.whenDeleted=Keep", "/whenDeleted", id="no policy"),
    ],
)
def test_a_value_of_a_wrong_form_is_refused(setting: str, path: str) -> None:
    said = _said(setting)
    assert "values don't meet the specifications of the schema" in said
    assert path in said


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        pytest.param("analytics-api.image.tag=1.10", "/image/tag", id="a tag's number"),
        pytest.param("analytics-api.dnsConfig.nameservers=[]", "/nameservers", id="no server"),
        pytest.param(
            "global.networkPolicy.egress.dns=[]",
            "without a rule in global.networkPolicy.egress.dns no name is resolved",
            id="no way to DNS",
        ),
    ],
)
def test_a_value_as_yaml_holds_it_is_refused(setting: str, message: str) -> None:
    assert message in _said(options=("--set-json", setting))


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


def test_the_demo_shop_needs_a_way_to_send_its_events() -> None:
    said = _said("shop-simulator.enabled=true", "shop-simulator.config.eventProducerUrl=")
    assert "shop-simulator needs config.eventProducerUrl:" in said


def test_a_chart_alone_tells_what_it_needs() -> None:
    with pytest.raises(HelmError) as caught:
        run("template", "alone", prepared_chart("stream-processor"))
    assert str(caught.value).count("stream-processor needs ") == 8

"""The four SDKs, set up as the bootcamp sets them up. Only endpoints and keys come from the environment."""

import logging
import os

import boto3
import rollbar
import rollbar.contrib.flask
import watchtower
from aws_xray_sdk.core import patch, xray_recorder
from aws_xray_sdk.ext.flask.middleware import XRayMiddleware
from flask import g, has_request_context
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.propagate import set_global_textmap
from opentelemetry.propagators.aws import AwsXRayPropagator
from opentelemetry.sdk.extension.aws.trace import AwsXRayIdGenerator
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

LOGGER = logging.getLogger("cruddur")


def instrument(app, service, log_group):
    """Instruments a Flask app with all four."""
    _opentelemetry(app, service)
    _xray(app, service)
    _cloudwatch_logs(log_group)
    _rollbar(app)
    app.before_request(_remember_ids)
    app.after_request(_show_ids)


def log(level, message, **more):
    """One JSON line that carries every ID of the request."""
    line = {"level": level, "msg": message, **more, **ids()}
    LOGGER.log(logging.getLevelName(level.upper()), line)
    return line


def ids():
    """The IDs of the request that is being answered, as each SDK has them."""
    return dict(g.ids) if has_request_context() and "ids" in g else {}


def _opentelemetry(app, service):
    generator = None
    if os.getenv("CRUDDUR_PROPAGATOR") == "xray":
        set_global_textmap(AwsXRayPropagator())
        generator = AwsXRayIdGenerator()
    # OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_HEADERS say where to: Honeycomb in production.
    resource = Resource.create({"service.name": os.getenv("OTEL_SERVICE_NAME") or service})
    provider = TracerProvider(resource=resource, id_generator=generator)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    FlaskInstrumentor().instrument_app(app)
    RequestsInstrumentor().instrument()


def _xray(app, service):
    # Outside a request (Rollbar's own thread, for one) there is no segment, and that is no error.
    xray_recorder.configure(service=service, dynamic_naming=os.getenv("AWS_XRAY_URL"), context_missing="IGNORE_ERROR")
    patch(["requests"])
    XRayMiddleware(app, xray_recorder)


def _cloudwatch_logs(log_group):
    LOGGER.setLevel(logging.DEBUG)
    LOGGER.addHandler(logging.StreamHandler())
    client = boto3.client("logs", region_name=os.getenv("AWS_REGION", "us-east-1"))
    LOGGER.addHandler(watchtower.CloudWatchLogHandler(log_group_name=log_group, boto3_client=client, send_interval=1))


def _rollbar(app):
    endpoint = os.getenv("ROLLBAR_ENDPOINT", rollbar.DEFAULT_ENDPOINT)
    token = os.getenv("ROLLBAR_ACCESS_TOKEN", "local")
    root = os.path.dirname(os.path.realpath(__file__))
    rollbar.contrib.flask.init(app, token, "production", root=root, endpoint=endpoint, allow_logging_basic_config=False)
    rollbar.events.add_payload_handler(_add_ids)


def _add_ids(payload, **_):
    payload["data"].setdefault("custom", {}).update(ids())
    return payload


def _remember_ids():
    context = trace.get_current_span().get_span_context()
    g.ids = {
        "trace_id": format(context.trace_id, "032x"),
        "span_id": format(context.span_id, "016x"),
        "xray_trace_id": xray_recorder.current_segment().trace_id,
    }


def _show_ids(response):
    for name, value in ids().items():
        response.headers[f"Cruddur-{name.replace('_', '-')}"] = value
    segment = xray_recorder.current_segment()
    response.headers["Cruddur-xray-sampled"] = "1" if segment.sampled else "0"
    if "line" in g:
        response.headers["Cruddur-log-line"] = g.line
    return response

"""OpenTelemetry for Python: HTTP with protobuf, with gzip and with JSON, and gRPC; read back through Honeycomb's API."""

from contract import addresses, eventually, expect, honeycomb_rows, unique
from opentelemetry import trace
from opentelemetry.exporter.otlp.json.http.trace_exporter import OTLPSpanExporter as JsonExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.trace import Link, SpanContext, SpanKind, StatusCode, TraceFlags

at = addresses()
COLUMNS = ["trace.span_id", "trace.parent_id", "name", "service.name", "span.kind", "duration_ms", "error", "status_code",
           "meta.annotation_type", "trace.link.span_id", "exception.type", "exception.message", "order.id", "order.total", "vip"]


class Remembering:
    """An exporter that remembers whether all was accepted."""

    def __init__(self, exporter):
        self.exporter, self.results = exporter, []

    def export(self, spans):
        self.results.append(self.exporter.export(spans))
        return self.results[-1]

    def __getattr__(self, name):
        return getattr(self.exporter, name)


def check(way, exporter):
    service, exporter = unique("otlp"), Remembering(exporter)
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("contract")
    elsewhere = SpanContext(trace_id=1 << 64, span_id=7, is_remote=True, trace_flags=TraceFlags(1))
    with tracer.start_as_current_span("POST /orders", kind=SpanKind.SERVER, links=[Link(elsewhere)]) as parent:
        parent.set_attributes({"order.id": 42, "order.total": 9.5, "vip": True})
        with tracer.start_as_current_span("charge", kind=SpanKind.CLIENT) as child:
            child.record_exception(ValueError("card declined"))
            child.set_status(StatusCode.ERROR, "card declined")
    provider.shutdown()
    expect(f"{way}: accepted", exporter.results, [SpanExportResult.SUCCESS] * 2)

    context = parent.get_span_context()
    trace_id = trace.format_trace_id(context.trace_id)
    rows = eventually(f"{way}: found by its trace ID", lambda: (
        lambda rows: rows if len(rows) >= 4 else None)(honeycomb_rows(at.http, trace_id, COLUMNS)))
    spans = {row["name"]: row for row in rows if not row.get("meta.annotation_type")}
    expect(f"{way}: two spans of this service", {name: row["service.name"] for name, row in spans.items()},
           {"POST /orders": service, "charge": service})
    root, charge = spans["POST /orders"], spans["charge"]
    expect(f"{way}: IDs as they were", (root["trace.span_id"], charge["trace.parent_id"]), (trace.format_span_id(context.span_id),) * 2)
    expect(f"{way}: attributes keep their types", (root["order.id"], root["order.total"], root["vip"]), (42, 9.5, True))
    expect(f"{way}: kind and status", (root["span.kind"], charge["error"], charge["status_code"]), ("server", True, 2))
    event = next(row for row in rows if row.get("meta.annotation_type") == "span_event")
    expect(f"{way}: the exception is an event of its span",
           (event["trace.parent_id"], event["exception.type"], event["exception.message"]),
           (charge["trace.span_id"], "ValueError", "card declined"))
    link = next(row for row in rows if row.get("meta.annotation_type") == "link")
    expect(f"{way}: the link is kept", link["trace.link.span_id"], format(7, "016x"))


check("http/protobuf", HttpExporter(endpoint=f"{at.http}/v1/traces"))
check("http/protobuf gzip", HttpExporter(endpoint=f"{at.http}/v1/traces", compression=Compression.Gzip))
check("http/json", JsonExporter(endpoint=f"{at.http}/v1/traces"))
check("grpc", GrpcExporter(endpoint=at.grpc, insecure=True))

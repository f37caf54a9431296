"""aws-xray-sdk: segments over UDP, read back by boto3."""

import json
import os

from contract import addresses, eventually, expect, unique

at = addresses()
os.environ["AWS_XRAY_DAEMON_ADDRESS"] = at.xray

import boto3  # noqa: E402
from aws_xray_sdk.core import xray_recorder  # noqa: E402

xray = boto3.client("xray", endpoint_url=at.http)
name = unique("sdk")
xray_recorder.configure(service=name, sampling=False, context_missing="RUNTIME_ERROR")


def documents(trace_id):
    traces = xray.batch_get_traces(TraceIds=[trace_id])["Traces"]
    return [json.loads(segment["Document"]) for trace in traces for segment in trace["Segments"]]


def everything(trace_id):
    """All (sub)segments by ID, whether sent inside another or alone."""
    waiting, found = documents(trace_id), {}
    while waiting:
        document = waiting.pop()
        waiting += document.get("subsegments", [])
        found[document["id"]] = document
    return found


segment = xray_recorder.begin_segment(name)
segment.put_http_meta("status", 429)
segment.put_annotation("tenant", "acme")
with xray_recorder.in_subsegment("query", namespace="remote") as subsegment:
    subsegment.set_sql({"database_type": "PostgreSQL", "sanitized_query": "SELECT 1"})
xray_recorder.end_segment()
found = eventually("a segment arrives", lambda: everything(segment.trace_id))
expect("with its flags", (found[segment.id]["throttle"], found[segment.id]["error"]), (True, True))
expect("and its annotations", found[segment.id]["annotations"], {"tenant": "acme"})
expect("and its subsegment", found[subsegment.id]["sql"]["sanitized_query"], "SELECT 1")

# Beyond 30 waiting subsegments the SDK sends finished ones alone, before their segment.
segment = xray_recorder.begin_segment(name)
children = []
for number in range(45):
    with xray_recorder.in_subsegment(f"child-{number}") as child:
        children.append(child.id)
xray_recorder.end_segment()
found = eventually("a streamed segment is whole", lambda: (
    lambda all: all if {segment.id, *children} <= all.keys() else None)(everything(segment.trace_id)))
expect("its subsegments are its own", {found[child]["parent_id"] for child in children}, {segment.id})
expect("and merged into one document", len([document for document in documents(segment.trace_id) if not document.get("inferred")]), 1)

try:
    with xray_recorder.in_segment(name) as segment:
        raise ValueError("kaboom")
except ValueError:
    pass
found = eventually("an exception arrives", lambda: everything(segment.trace_id))
exception = found[segment.id]["cause"]["exceptions"][0]
expect("with class and message", (exception["type"], exception["message"], found[segment.id]["fault"]), ("ValueError", "kaboom", True))

"""boto3's X-Ray client: segments in, traces and summaries out."""

import json
import time
from datetime import datetime, timedelta, timezone

import boto3
import requests
from contract import addresses, eventually, expect, hex_id, unique, xray_trace_id

at = addresses()
xray = boto3.client("xray", endpoint_url=at.http)
service = unique("shop")
start = time.time() - 2


def segment(trace, **more):
    return {"trace_id": trace, "id": hex_id(16), "name": service, "start_time": start, "end_time": start + 0.5, **more}


def summaries(**more):
    now = datetime.now(timezone.utc)
    pages = xray.get_paginator("get_trace_summaries").paginate(
        StartTime=now - timedelta(minutes=10), EndTime=now + timedelta(minutes=1), TimeRangeType="Event", **more)
    return {summary["Id"]: summary for page in pages for summary in page["TraceSummaries"]}


fine, broken, random_id = xray_trace_id(), xray_trace_id(), f"1-{hex_id(8)}-{hex_id(24)}"
call = {"id": hex_id(16), "name": "dynamodb", "namespace": "aws", "start_time": start + 0.1, "end_time": start + 0.2,
        "aws": {"operation": "Query", "table_name": "orders"}}
root = segment(fine, subsegments=[call], annotations={"order_id": 7}, user="ada",
               http={"request": {"method": "GET", "url": "http://shop.example/ok"}, "response": {"status": 200}})
fault = segment(broken, fault=True, http={"request": {"method": "POST", "url": "http://shop.example/boom"}, "response": {"status": 500}},
                cause={"working_directory": "/srv", "exceptions": [{"id": hex_id(16), "type": "ValueError", "message": "boom"}]})
answer = xray.put_trace_segments(TraceSegmentDocuments=[json.dumps(root), json.dumps(fault), json.dumps(segment(random_id))])
expect("segments are accepted", answer["UnprocessedTraceSegments"], [])

answer = xray.put_trace_segments(TraceSegmentDocuments=["{not json", json.dumps({"id": hex_id(16), "name": "x"})])
expect("broken segments are named, one by one", len(answer["UnprocessedTraceSegments"]), 2)
expect("a broken segment has a code", bool(answer["UnprocessedTraceSegments"][0]["ErrorCode"]))

xray.put_telemetry_records(TelemetryRecords=[{"Timestamp": datetime.now(timezone.utc), "SegmentsReceivedCount": 1}])
print("ok telemetry records are accepted")

traces = eventually("the traces are there", lambda: (
    lambda found: found if len(found) == 3 else None)(xray.batch_get_traces(TraceIds=[fine, broken, random_id])["Traces"]))
trace = next(trace for trace in traces if trace["Id"] == fine)
documents = [json.loads(document["Document"]) for document in trace["Segments"]]
stored = next(document for document in documents if document["id"] == root["id"])
expect("the document comes back", (stored["name"], stored["subsegments"][0]["aws"]["table_name"], stored["annotations"]),
       (service, "orders", {"order_id": 7}))
inferred = [document for document in documents if document.get("inferred")]
expect("the called service is inferred", [document["parent_id"] for document in inferred], [call["id"]])

unknown = xray_trace_id()
answer = xray.batch_get_traces(TraceIds=[fine, unknown])
expect("an unknown trace is not processed, and no error", (len(answer["Traces"]), answer["UnprocessedTraceIds"]), (1, [unknown]))

found = eventually("all three are in the summaries", lambda: (
    lambda all: all if {fine, broken, random_id} <= all.keys() else None)(summaries()))
expect("a summary says what happened", (found[broken]["HasFault"], found[fine]["HasFault"], found[fine]["Http"]["HttpStatus"]), (True, False, 200))
expect("a summary says how long", round(found[fine]["Duration"], 3), 0.5)
expect("a service is found by its name", set(summaries(FilterExpression=f'service("{service}")')) >= {fine, broken})
expect("faults are found", (lambda ids: broken in ids and fine not in ids)(summaries(FilterExpression=f'service("{service}") AND fault')))
expect("segments go to X-Ray", xray.get_trace_segment_destination()["Destination"], "XRay")

# The SDKs poll these through the daemon's port, unsigned.
rules = requests.post(f"http://{at.xray}/GetSamplingRules", json={}, timeout=5).json()
expect("everything is sampled", rules["SamplingRuleRecords"][0]["SamplingRule"]["FixedRate"], 1.0)
statistics = {"RuleName": "Default", "ClientID": hex_id(24), "RequestCount": 1, "BorrowCount": 0, "SampledCount": 1, "Timestamp": int(time.time())}
targets = requests.post(f"http://{at.xray}/SamplingTargets", json={"SamplingStatisticsDocuments": [statistics]}, timeout=5).json()
expect("the targets keep the rate", targets["SamplingTargetDocuments"][0]["FixedRate"], 1.0)

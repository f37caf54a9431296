"""pyrollbar: exceptions and messages, read back through Rollbar's API."""

import time
import uuid

import requests
import rollbar
from contract import addresses, eventually, expect, hex_id, xray_trace_id

at = addresses()
api = f"{at.http}/api/1"
TOKEN = {"X-Rollbar-Access-Token": "read"}
trace_id, xray_id, environment = hex_id(32), xray_trace_id(), f"contract-{hex_id(8)}"
rollbar.init("post", environment, endpoint=f"{api}/", handler="blocking", allow_logging_basic_config=False)


def get(path, status=200, **parameters):
    answer = requests.get(f"{api}{path}", params=parameters, headers=TOKEN, timeout=5, allow_redirects=False)
    if answer.status_code != status:
        raise SystemExit(f"FAILED GET {path} {parameters}: {answer.status_code} {answer.text}")
    if answer.json()["err"] != (0 if status < 400 else 1):
        raise SystemExit(f"FAILED the envelope of {path}: {answer.text}")
    return answer.json().get("result")


def fail():
    raise KeyError("handle")


def report(**extra):
    try:
        fail()
    except KeyError:
        return rollbar.report_exc_info(extra_data={**extra})


first = report(trace_id=trace_id)
second = report(xray_trace_id=xray_id)
expect("an occurrence has a uuid", uuid.UUID(first).version, 4)
message = rollbar.report_message("cache is cold", level="warning", extra_data={"trace_id": trace_id})

item = eventually("found by the trace ID", lambda: get("/items", query=f'custom[trace_id]:"{trace_id}"', level="error")["items"])[0]
expect("titled as Rollbar does", item["title"], "KeyError: 'handle'")
expect("counted over what matches", (item["total_occurrences"], item["environment"], item["level"]), (1, environment, "error"))
whole = get(f"/item/{item['id']}")
expect("both are one item", (whole["total_occurrences"], whole["hash"]), (2, item["hash"]))
other = get("/items", query=f'custom[xray_trace_id]:"{xray_id}"')["items"]
expect("found by the other ID", [found["id"] for found in other], [item["id"]])
expect("a prefix is no quotation", get("/items", query=f'custom[trace_id]:"{trace_id[:16]}"')["items"], [])
warnings = get("/items", query=f'custom[trace_id]:"{trace_id}"', level="warning")["items"]
expect("a message is an item too", [found["title"] for found in warnings], ["cache is cold"])

instance = get(f"/instance/{item['last_occurrence_id']}")
expect("the occurrence is what was sent", (instance["data"]["uuid"], instance["data"]["custom"]["trace_id"]), (first, trace_id))
frame = instance["data"]["body"]["trace"]["frames"][-1]
expect("with its innermost frame last", (frame["method"], frame["code"]), ("fail", 'raise KeyError("handle")'))
expect("its time is in seconds", abs(instance["timestamp"] - time.time()) < 60)
newest = get(f"/item/{item['id']}/instances", limit=1)["instances"]
expect("newest first", newest[0]["data"]["uuid"], second)
older = get(f"/item/{item['id']}/instances", lastId=newest[0]["id"])["instances"]
expect("lastId goes on", [found["data"]["uuid"] for found in older], [first])
expect("the uuid leads to the item", get("/item/", uuid=second)["id"], item["id"])
expect("the counter redirects", get(f"/item_by_counter/{item['counter']}", 301)["itemId"], item["id"])
expect("an unknown item is not found", get("/item/1", 404), None)

header = f"Root={xray_id};Parent={hex_id(16)};Sampled=1"
rollbar.report_message("with a request", request=None, extra_data={}, payload_data={
    "request": {"url": "http://shop.example/orders", "method": "POST", "headers": {"X-Amzn-Trace-Id": header}}})
for spelling in ["X-Amzn-Trace-Id", "x-amzn-trace-id"]:
    found = get("/items", query=f"request_header[{spelling}]:Root={xray_id}")["items"]
    expect(f"found by the header {spelling}", [item["title"] for item in found], ["with a request"])

payload = {"data": {"environment": environment, "uuid": first, "body": {"message": {"body": "again"}}}}
again = requests.post(f"{api}/item/", json=payload, timeout=5)
expect("a known uuid is taken and discarded", (again.json()["result"]["uuid"], get("/items", query="again", environment=environment)["items"]), (first, []))
for body, status in [(b"{", 400), (b'{"data":{"body":{"message":{"body":"x"}}}}', 422), (b"x" * 2_000_000, 413)]:
    refused = requests.post(f"{api}/item/", data=body, headers={"Content-Type": "application/json"}, timeout=5)
    expect(f"refused with {status}", (refused.status_code, refused.json()["err"]), (status, 1))

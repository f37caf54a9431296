"""What the contract scripts share: addresses, expectations, IDs, and questions to Honeycomb."""

import argparse
import os
import secrets
import sys
import time

import requests

os.environ.setdefault("AWS_ACCESS_KEY_ID", "local")
os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "local")
os.environ.setdefault("AWS_REGION", "us-east-1")
os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

HONEYCOMB_KEY = {"X-Honeycomb-Team": "localkeylocalkeylocal1"}


def addresses():
    """`.http`, `.grpc` (both with scheme) and `.xray` (host:port) of the local services."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--http", default=os.getenv("THROUGHLINE_LOCAL_HTTP", "http://127.0.0.1:4318"))
    parser.add_argument("--grpc", default=os.getenv("THROUGHLINE_LOCAL_OTLP_GRPC", "http://127.0.0.1:4317"))
    parser.add_argument("--xray", default=os.getenv("THROUGHLINE_LOCAL_XRAY", "127.0.0.1:2000"))
    return parser.parse_args()


def expect(name, actual, expected=True):
    """Prints `ok name`, or ends the script."""
    if actual != expected:
        sys.exit(f"FAILED {name}\n  expected: {expected!r}\n  actual:   {actual!r}")
    print(f"ok {name}", flush=True)


def eventually(name, question, seconds=15):
    """Asks until the answer is true, and returns it."""
    until = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            print(f"ok {name}", flush=True)
            return answer
        if time.monotonic() > until:
            sys.exit(f"FAILED {name}: not within {seconds} s; the last answer was {answer!r}")
        time.sleep(0.1)


def raises(name, code, call):
    """The error code that boto3 reports for a call."""
    from botocore.exceptions import ClientError

    try:
        answer = call()
    except ClientError as error:
        expect(name, error.response["Error"]["Code"], code)
        return error.response
    sys.exit(f"FAILED {name}\n  expected: {code}\n  actual:   {answer!r}")


def hex_id(digits):
    return secrets.token_hex(digits // 2)


def xray_trace_id():
    return f"1-{int(time.time()):08x}-{hex_id(24)}"


def unique(name):
    return f"{name}-{hex_id(8)}"


def honeycomb_rows(base, trace_id, columns):
    """The rows of one trace, as the Query Data API gives them: the query is created, run and polled."""
    listed = requests.get(f"{base}/1/columns/__all__", headers=HONEYCOMB_KEY, timeout=10)
    expect_status(listed, 200)
    known = {column["key_name"] for column in listed.json()}
    if "trace.trace_id" not in known:
        return []
    now = int(time.time())
    query = {
        "calculations": [{"op": "COUNT"}],
        "calculated_fields": [{"name": "event_ts", "expression": "EVENT_TIMESTAMP()"}],
        "breakdowns": ["event_ts", *(column for column in columns if column in known)],
        "filters": [{"column": "trace.trace_id", "op": "=", "value": trace_id}],
        "orders": [{"column": "event_ts", "order": "ascending"}],
        "start_time": now - 3600,
        "end_time": now + 120,
        "limit": 1000,
    }
    created = requests.post(f"{base}/1/queries/__all__", json=query, headers=HONEYCOMB_KEY, timeout=10)
    expect_status(created, 200)
    run = {"query_id": created.json()["id"], "disable_series": True, "limit": 10000}
    started = requests.post(f"{base}/1/query_results/__all__", json=run, headers=HONEYCOMB_KEY, timeout=10)
    expect_status(started, 201)
    for _ in range(100):
        answer = requests.get(f"{base}/1/query_results/__all__/{started.json()['id']}", headers=HONEYCOMB_KEY, timeout=10)
        expect_status(answer, 200)
        if answer.json()["complete"]:
            if "error" in answer.json():
                sys.exit(f"FAILED the query: {answer.json()['error']}")
            return [row["data"] for row in answer.json()["data"]["results"]]
        time.sleep(0.1)
    sys.exit("FAILED the query did not end within 10 s")


def expect_status(answer, status):
    if answer.status_code != status:
        sys.exit(f"FAILED {answer.request.method} {answer.url}: {answer.status_code} {answer.text[:500]}, expected {status}")

"""Makes one request to each route of a running Cruddur and prints what is known about it, one JSON line each.

    drive.py http://127.0.0.1:4567 [--header] [--traceparent] [/api/activities/fail …]

--header sends an X-Amzn-Trace-Id as a load balancer in front would; --traceparent a W3C header as a browser would.
"""

import argparse
import json
import secrets
import sys
import time

import requests

ROUTES = ["/api/health-check", "/api/activities/home", "/api/activities/slow", "/api/activities/fail", "/api/messages"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("base")
    parser.add_argument("routes", nargs="*", default=ROUTES)
    parser.add_argument("--header", action="store_true")
    parser.add_argument("--traceparent", action="store_true")
    arguments = parser.parse_intermixed_args()
    warm_up(arguments.base)
    for route in arguments.routes:
        print(json.dumps(drive(arguments.base, route, headers(arguments))), flush=True)


def warm_up(base):
    """Until the app answers, and samples everything: the X-Ray SDK fetches its rules in the background."""
    until = time.monotonic() + 60
    sampled = 0
    while sampled < 3:
        if time.monotonic() > until:
            sys.exit(f"{base} does not answer, or does not sample: is the sampling endpoint of the daemon there?")
        try:
            answer = requests.get(f"{base}/api/health-check", timeout=5)
            sampled = sampled + 1 if answer.headers.get("Cruddur-xray-sampled") == "1" else 0
        except requests.ConnectionError:
            sampled = 0
        time.sleep(0.1)


def headers(arguments):
    sent = {}
    if arguments.header:
        root = f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"
        sent["X-Amzn-Trace-Id"] = f"Root={root};Parent={secrets.token_hex(8)};Sampled=1"
    if arguments.traceparent:
        sent["traceparent"] = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
    return sent


def drive(base, route, sent):
    answer = requests.get(base + route, headers=sent, timeout=30)
    return {
        "route": route,
        "status": answer.status_code,
        "otel_trace_id": answer.headers.get("Cruddur-trace-id"),
        "span_id": answer.headers.get("Cruddur-span-id"),
        "xray_trace_id": answer.headers.get("Cruddur-xray-trace-id"),
        "xray_sampled": answer.headers.get("Cruddur-xray-sampled") == "1",
        "log_line": answer.headers.get("Cruddur-log-line"),
        "sent": sent,
    }


if __name__ == "__main__":
    main()

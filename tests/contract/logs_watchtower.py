"""watchtower: Python's logging into CloudWatch Logs, read back by boto3."""

import logging

import boto3
import watchtower
from contract import addresses, eventually, expect, unique, xray_trace_id

at = addresses()
client = boto3.client("logs", endpoint_url=at.http)
group = f"/contract/{unique('watchtower')}"
handler = watchtower.CloudWatchLogHandler(log_group_name=group, boto3_client=client, send_interval=1)
logger = logging.getLogger("contract")
logger.setLevel(logging.DEBUG)
logger.propagate = False
logger.addHandler(handler)

trace = xray_trace_id()
logger.info("request started trace=%s", trace)
logger.info({"msg": "order priced", "order_id": 7, "xray_trace_id": trace})
try:
    raise KeyError("handle")
except KeyError:
    logger.exception("boom AWS-XRAY-TRACE-ID: %s@77e197aff0a9a49d", trace)
handler.flush()


def lines():
    events = client.filter_log_events(logGroupName=group, filterPattern=f'"{trace}"')["events"]
    return [event["message"] for event in events] if len(events) == 3 else None


started, priced, boom = eventually("three lines arrive", lines)
expect("text stays text", started, f"request started trace={trace}")
expect("a dict becomes JSON", priced.startswith('{"msg": "order priced", "order_id": 7'))
expect("a traceback is one event", "Traceback (most recent call last):" in boom and boom.endswith("KeyError: 'handle'"))
expect("group and stream were made on the way", len(client.describe_log_streams(logGroupName=group)["logStreams"]), 1)
handler.close()

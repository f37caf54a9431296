"""boto3's CloudWatch Logs client: the real rules of PutLogEvents, and FilterLogEvents."""

import time

import boto3
from contract import addresses, expect, hex_id, raises, unique, xray_trace_id

at = addresses()
logs = boto3.client("logs", endpoint_url=at.http)
group, stream = f"/contract/{unique('boto3')}", "web/1"
now = int(time.time() * 1000)
names = {"logGroupName": group, "logStreamName": stream}


def put(*events, **more):
    return logs.put_log_events(**{**names, **more}, logEvents=[{"timestamp": at, "message": text} for at, text in events])


def messages(pattern, **more):
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, filterPattern=pattern, **more)
    return [event["message"] for page in pages for event in page["events"]]


raises("no group, no events", "ResourceNotFoundException", lambda: put((now, "x")))
logs.create_log_group(logGroupName=group)
raises("a group is created once", "ResourceAlreadyExistsException", lambda: logs.create_log_group(logGroupName=group))
raises("no stream, no events", "ResourceNotFoundException", lambda: put((now, "x")))
logs.create_log_stream(**names)
raises("a stream is created once", "ResourceAlreadyExistsException", lambda: logs.create_log_stream(**names))
described = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
expect("the group is described", [entry["logGroupName"] for entry in described], [group])
expect("its ARN ends as it should", described[0]["arn"].endswith(":*"))
expect("the stream is described", [entry["logStreamName"] for entry in logs.describe_log_streams(logGroupName=group)["logStreams"]], [stream])

trace = xray_trace_id()
w3c = trace[2:].replace("-", "")
put((now - 3000, f"ERROR first trace={trace}"), (now - 2000, f'{{"level": "info", "trace_id": "{w3c}"}}'), (now - 1000, "WARN third -boom"))
expect("everything", len(messages("")), 3)
expect("a quoted ID", messages(f'"{trace}"'), [f"ERROR first trace={trace}"])
expect("a quoted ID inside JSON", len(messages(f'"{w3c}"')), 1)
expect("either of two", len(messages(f'?"{trace}" ?"{w3c}"')), 2)
expect("all of the terms", messages("ERROR first"), [f"ERROR first trace={trace}"])
expect("not this term", len(messages("-ERROR")), 2)
expect("case counts", messages("error"), [])
expect("a range of time", len(messages("", startTime=now - 2500, endTime=now - 1500)), 1)
event = logs.filter_log_events(logGroupName=group, filterPattern="third")["events"][0]
expect("an event says where it is from", (event["logStreamName"], event["timestamp"], bool(event["eventId"])), (stream, now - 1000, True))

page = logs.get_log_events(**names, startFromHead=True, limit=2)
rest = logs.get_log_events(**names, startFromHead=True, nextToken=page["nextForwardToken"])
end = logs.get_log_events(**names, startFromHead=True, nextToken=rest["nextForwardToken"])
expect("a stream is read in pages", (len(page["events"]), len(rest["events"]), len(end["events"])), (2, 1, 0))
expect("its end repeats the token", end["nextForwardToken"], rest["nextForwardToken"])

raises("events must be in order", "InvalidParameterException", lambda: put((now, "b"), (now - 1, "a")))
raises("events must be within a day", "InvalidParameterException", lambda: put((now - 25 * 3_600_000, "a"), (now, "b")))
day = 86_400_000
expect("what is too old is rejected, and said", put((now - 15 * day, "old"))["rejectedLogEventsInfo"]["tooOldLogEventEndIndex"], 1)
expect("what is too new is rejected, and said", put((now, "fine"), (now + 3 * 3_600_000, "new"))["rejectedLogEventsInfo"]["tooNewLogEventStartIndex"], 1)
expect("the rest of that batch is kept", messages("fine"), ["fine"])
raises("an unknown group is not found", "ResourceNotFoundException", lambda: logs.filter_log_events(logGroupName=f"/none/{hex_id(8)}"))

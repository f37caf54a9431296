"""libhoney: events in batches, read back through Honeycomb's API."""

import time

import libhoney
import requests
from contract import HONEYCOMB_KEY, addresses, eventually, expect, hex_id, honeycomb_rows, unique

at = addresses()
dataset, trace_id = unique("checkout"), hex_id(32)
key = HONEYCOMB_KEY["X-Honeycomb-Team"]
libhoney.init(writekey=key, dataset=dataset, api_host=at.http, block_on_response=True)
for number in range(3):
    event = libhoney.new_event()
    event.add({"name": f"charge-{number}", "trace.trace_id": trace_id, "trace.span_id": f"{number + 1:016x}", "duration_ms": 12.5,
               "service.name": dataset, "n": number, "fine": number != 1})
    event.send()
libhoney.flush()
answers = [libhoney.responses().get(timeout=10) for _ in range(3)]
expect("every event is accepted", [(answer["status_code"], answer["error"]) for answer in answers], [(202, None)] * 3)
libhoney.close()

rows = eventually("the events are found by their trace ID", lambda: (
    lambda rows: rows if len(rows) == 3 else None)(honeycomb_rows(at.http, trace_id, ["name", "n", "fine", "duration_ms"])))
expect("their fields keep their types", [(row["name"], row["n"], row["fine"], row["duration_ms"]) for row in rows],
       [("charge-0", 0, True, 12.5), ("charge-1", 1, False, 12.5), ("charge-2", 2, True, 12.5)])

single = requests.post(f"{at.http}/1/events/{dataset}", json={"name": "single", "trace.trace_id": trace_id}, timeout=5,
                       headers={**HONEYCOMB_KEY, "X-Honeycomb-Event-Time": str(int(time.time() * 1000))})
expect("a single event is accepted", single.status_code, 200)
eventually("and found", lambda: any(row["name"] == "single" for row in honeycomb_rows(at.http, trace_id, ["name"])))

auth = requests.get(f"{at.http}/1/auth", headers=HONEYCOMB_KEY, timeout=5).json()
expect("the key says what it may", auth["api_key_access"]["events"])
datasets = requests.get(f"{at.http}/1/datasets", headers=HONEYCOMB_KEY, timeout=5).json()
expect("the dataset is listed", dataset in [entry["name"] for entry in datasets])
columns = requests.get(f"{at.http}/1/columns/{dataset}", headers=HONEYCOMB_KEY, timeout=5).json()
types = {column["key_name"]: column["type"] for column in columns}
expect("its columns have types", (types["name"], types["n"], types["fine"], types["duration_ms"]), ("string", "integer", "boolean", "float"))

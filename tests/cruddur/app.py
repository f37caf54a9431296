"""The backend of Cruddur, the social network of the bootcamp, cut down to what makes traces."""

import json
import os
import time

import requests
from aws_xray_sdk.core import xray_recorder
from flask import Flask, g
from opentelemetry import trace

import telemetry

app = Flask("backend-flask")
telemetry.instrument(app, "backend-flask", os.getenv("CRUDDUR_LOG_GROUP", "/cruddur/backend"))
tracer = trace.get_tracer("cruddur.backend")

MESSAGES_URL = os.getenv("MESSAGES_URL", "http://127.0.0.1:4568")
ACTIVITIES = [
    {"uuid": "68f126b0-1ceb-4a33-88be-d90fa7109eee", "handle": "andrewbrown", "message": "Cloud is fun!"},
    {"uuid": "66e12864-8c26-4c3a-9658-95a10f8fea67", "message": "I am not from the future"},
]


def log(level, message, **more):
    """Logs, and shows the line in a response header, so that the driver knows what to paste."""
    g.line = json.dumps(telemetry.log(level, message, **more))


@app.get("/api/health-check")
def health_check():
    return {"success": True, "ver": 1}


@app.get("/api/activities/home")
def home():
    with tracer.start_as_current_span("home-activities") as span:
        span.set_attribute("app.result_length", len(ACTIVITIES))
        log("info", "home-activities", user="andrewbrown", count=len(ACTIVITIES))
        return ACTIVITIES


@app.get("/api/activities/slow")
def slow():
    with tracer.start_as_current_span("slow-activities"), xray_recorder.in_subsegment("mock-data") as subsegment:
        subsegment.put_annotation("reason", "sleep")
        time.sleep(0.4)
        log("warning", "slow-activities took 0.4 s")
        return ACTIVITIES


@app.get("/api/activities/fail")
def fail():
    with tracer.start_as_current_span("render_timeline"):
        log("error", "cannot render the timeline")
        return [activity["handle"] for activity in ACTIVITIES]


@app.get("/api/messages")
def messages():
    with tracer.start_as_current_span("messages"):
        answer = requests.get(f"{MESSAGES_URL}/messages", timeout=10)
        answer.raise_for_status()
        log("info", "messages read", count=len(answer.json()))
        return answer.json()


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(os.getenv("PORT", "4567")), threaded=True)

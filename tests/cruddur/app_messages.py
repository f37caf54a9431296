"""The second service: the backend asks it over HTTP."""

import os

from flask import Flask
from opentelemetry import trace

import telemetry

app = Flask("messages")
telemetry.instrument(app, "messages", os.getenv("CRUDDUR_LOG_GROUP", "/cruddur/messages"))
tracer = trace.get_tracer("cruddur.messages")


@app.get("/api/health-check")
def health_check():
    return {"success": True, "ver": 1}


@app.get("/messages")
def messages():
    with tracer.start_as_current_span("read-messages"):
        telemetry.log("info", "read-messages", table="cruddur-messages")
        return [{"uuid": "c9bb5ed0-ad2c-4d3b-9f4e-1a8ad0ba4a4e", "message": "Hello from bayko"}]


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(os.getenv("PORT", "4568")), threaded=True)

//! Set-up lines to copy, with the addresses that are really listened on.

use crate::components::copy::Copy;
use api::LocalReport;
use leptos::prelude::*;

/// One way to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetUp {
    /// The SDK.
    pub sdk: &'static str,
    /// What it is for, in a few words.
    pub note: &'static str,
    /// What to type or paste.
    pub lines: String,
}

/// The three that get a bootcamp's app going.
pub fn quick_lines(local: &LocalReport) -> Vec<SetUp> {
    vec![open_telemetry(local), boto3(local), pyrollbar(local)]
}

/// All of them, in the order of the vendors.
pub fn all_lines(local: &LocalReport) -> Vec<SetUp> {
    vec![
        aws(local),
        xray_sdk(local),
        open_telemetry(local),
        open_telemetry_grpc(local),
        watchtower(local),
        boto3(local),
        libhoney(local),
        pyrollbar(local),
        rollbar_js(local),
    ]
}

fn open_telemetry(local: &LocalReport) -> SetUp {
    SetUp {
        sdk: "OpenTelemetry, any language",
        note: "Traces and logs over HTTP; this is also how Honeycomb gets its data.",
        lines: format!("export OTEL_EXPORTER_OTLP_ENDPOINT={}\nexport OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", local.http),
    }
}

fn open_telemetry_grpc(local: &LocalReport) -> SetUp {
    SetUp {
        sdk: "OpenTelemetry over gRPC",
        note: "For exporters that speak gRPC only.",
        lines: format!("export OTEL_EXPORTER_OTLP_ENDPOINT={}\nexport OTEL_EXPORTER_OTLP_PROTOCOL=grpc", local.otlp_grpc),
    }
}

fn aws(local: &LocalReport) -> SetUp {
    SetUp {
        sdk: "AWS SDK and CLI, any language",
        note: "X-Ray and CloudWatch Logs only, so that S3, DynamoDB and the rest still go to AWS. Any key is taken.",
        lines: format!("export AWS_ENDPOINT_URL_XRAY={0}\nexport AWS_ENDPOINT_URL_CLOUDWATCH_LOGS={0}", local.http),
    }
}

fn xray_sdk(local: &LocalReport) -> SetUp {
    SetUp {
        sdk: "aws-xray-sdk, any language",
        note: "In the place of the X-Ray daemon, UDP and TCP.",
        lines: format!("export AWS_XRAY_DAEMON_ADDRESS={}", local.xray),
    }
}

fn watchtower(local: &LocalReport) -> SetUp {
    SetUp {
        sdk: "watchtower (Python logging to CloudWatch Logs)",
        note: "Log the trace ID in the line, and the line finds its request.",
        lines: format!(
            "import boto3, logging, watchtower\nlogs = boto3.client(\"logs\", endpoint_url=\"{}\", region_name=\"us-east-1\")\nlogging.getLogger().addHandler(watchtower.CloudWatchLogHandler(log_group_name=\"my-app\", boto3_client=logs))",
            local.http
        ),
    }
}

fn boto3(local: &LocalReport) -> SetUp {
    SetUp {
        sdk: "boto3 (Python)",
        note: "Or by the two variables of the AWS SDKs, without a change to the code.",
        lines: format!(
            "import boto3\nlogs = boto3.client(\"logs\", endpoint_url=\"{0}\", region_name=\"us-east-1\")\nxray = boto3.client(\"xray\", endpoint_url=\"{0}\", region_name=\"us-east-1\")",
            local.http
        ),
    }
}

fn libhoney(local: &LocalReport) -> SetUp {
    SetUp {
        sdk: "libhoney (Python)",
        note: "Honeycomb's own events. Any key is taken.",
        lines: format!("import libhoney\nlibhoney.init(writekey=\"local\", dataset=\"my-app\", api_host=\"{}\")", local.http),
    }
}

fn pyrollbar(local: &LocalReport) -> SetUp {
    SetUp {
        sdk: "pyrollbar (Python)",
        note: "Any token is taken.",
        lines: format!("import rollbar\nrollbar.init(\"local\", environment=\"development\", endpoint=\"{}/api/1/\")", local.http),
    }
}

fn rollbar_js(local: &LocalReport) -> SetUp {
    SetUp {
        sdk: "rollbar.js (Node and browsers)",
        note: "Any token is taken.",
        lines: format!(
            "const Rollbar = require(\"rollbar\");\nconst rollbar = new Rollbar({{ accessToken: \"local\", endpoint: \"{}/api/1/item/\" }});",
            local.http
        ),
    }
}

/// One of them, with its button.
pub fn snippet(set_up: &SetUp) -> impl IntoView + use<> {
    view! {
        <div class="snippet">
            <p><b>{set_up.sdk}</b>" "<span>{set_up.note}</span></p>
            <div class="snippet-lines">
                <pre tabindex="0"><code>{set_up.lines.clone()}</code></pre>
                <Copy text=set_up.lines.clone() label=format!("Copy the lines for {}", set_up.sdk) />
            </div>
        </div>
    }
}

//! What SDKs ask the daemon about sampling: here every request is kept.

use axum::response::Response;
use serde_json::json;

use super::error::XrayError;
use super::wire::answer;

/// Seconds a sampling target holds, and how often SDKs ask again.
const TARGET_HOLDS_S: i64 = 60;

/// `POST /GetSamplingRules`: one rule that keeps everything. Without it SDKs fall back to one request a second and 5 %.
pub async fn get_sampling_rules() -> Result<Response, XrayError> {
    answer(&json!({ "SamplingRuleRecords": [{ "CreatedAt": 0.0, "ModifiedAt": 0.0, "SamplingRule": {
        "RuleName": "Default", "RuleARN": "arn:aws:xray:us-east-1:000000000000:sampling-rule/Default", "ResourceARN": "*",
        "Priority": 10000, "FixedRate": 1.0, "ReservoirSize": 1, "ServiceName": "*", "ServiceType": "*", "Host": "*",
        "HTTPMethod": "*", "URLPath": "*", "Version": 1, "Attributes": {}
    } }] }))
}

/// `POST /SamplingTargets`.
pub async fn get_sampling_targets() -> Result<Response, XrayError> {
    let holds_until = crate::store::now_ms() / 1000 + TARGET_HOLDS_S;
    answer(&json!({
        "LastRuleModification": 0.0,
        "SamplingTargetDocuments": [{
            "RuleName": "Default", "FixedRate": 1.0, "ReservoirQuota": 10, "ReservoirQuotaTTL": holds_until, "Interval": 10
        }],
        "UnprocessedStatistics": []
    }))
}

/// `POST /GetTraceSegmentDestination`: traces are read by `BatchGetTraces`, not from a log group.
pub async fn get_trace_segment_destination() -> Result<Response, XrayError> {
    answer(&json!({ "Destination": "XRay", "Status": "ACTIVE" }))
}

/// `POST /TelemetryRecords`: taken, and of no use here.
pub async fn put_telemetry_records() -> Result<Response, XrayError> {
    answer(&json!({}))
}

//! What travels to CloudWatch Logs beyond the SDK's types: filter patterns,
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>.

use model::TraceId;

/// The most IDs of one pattern, which may have 1,024 characters.
pub const IDS: usize = 10;

/// Lines that contain any of these IDs in either spelling, each as a quoted term (`-` outside of quotes would mean "without").
///
/// Whole IDs, not the 24 digits that both spellings share: whether a term may match within a word is not documented, and the 24 digits are
/// only a part of the 32.
pub fn pattern(traces: &[TraceId]) -> String {
    traces.iter().map(|id| format!("?\"{}\" ?\"{id}\"", id.xray())).collect::<Vec<_>>().join(" ")
}

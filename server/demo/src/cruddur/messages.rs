//! `/api/messages`.

use super::parts::{Route, aws, aws_error, handler, inside, page, sql, verify_token};
use crate::story::{Kind, Process, Story, text};

const THREAD: Route = Route { method: "GET", target: "/api/messages/bayko?limit=20", rule: "/api/messages/<string:handle>", status: 200 };
const NEW: Route = Route { method: "POST", target: "/api/messages", rule: "/api/messages", status: 201 };

/// Two refusals, then the thread.
pub fn throttled(story: &mut Story) {
    let page = page(story, "GET /messages", &THREAD, 0..842_000);
    let handler = handler(story, Some(page), &THREAD, 24_000..805_000);
    verify_token(story, handler, 27_000..31_000, None);
    let run = inside(story, handler, Process::Backend, "messages", 34_000..798_000);
    story.log(run, Process::Backend, "INFO", 34_500, "messages user=andrewbrown with=bayko limit=20");
    sql(story, run, Process::Backend, "SELECT uuid FROM users WHERE handle = %s", "users", 36_000..48_000);
    for (attempt, time) in [50_000..172_000, 223_000..366_000].into_iter().enumerate() {
        let end = time.end;
        let call = aws(story, run, ("dynamodb", "Query", Some("cruddur-messages")), time, 429);
        aws_error(
            story,
            call,
            "ProvisionedThroughputExceededException",
            "An error occurred (ProvisionedThroughputExceededException) when calling the Query operation: rate of reads exceeded.",
        );
        let line = format!("ProvisionedThroughputExceededException, attempt {} of 3, backing off", attempt + 1);
        story.log(call, Process::Backend, "WARNING", end - 500, line);
    }
    aws(story, run, ("dynamodb", "Query", Some("cruddur-messages")), 570_000..742_000, 200);
    story.log(run, Process::Backend, "INFO", 744_000, "20 messages read after 3 attempts");
    inside(story, run, Process::Backend, "render_messages", 745_000..795_000);
    story.log(handler, Process::Backend, "INFO", 804_000, "GET /api/messages/bayko 200");
}

/// The answer is given when the message is queued; the worker delivers it.
pub fn new(story: &mut Story) {
    let page = page(story, "POST /messages", &NEW, 0..148_000);
    let handler = handler(story, Some(page), &NEW, 16_000..131_000);
    story.log(handler, Process::Backend, "INFO", 16_500, "request started POST /api/messages");
    verify_token(story, handler, 18_000..22_000, None);
    let run = inside(story, handler, Process::Backend, "create-message", 24_000..127_000);
    aws(story, run, ("dynamodb", "PutItem", Some("cruddur-messages")), 27_000..58_000, 200);
    let publish = story.step(Some(run), Process::Backend, Kind::Producer, "publish message", 60_000..84_000);
    let process = story.step(Some(publish), Process::Worker, Kind::Consumer, "process message", 196_000..468_000);
    for step in [publish, process] {
        story.change(step, |step| {
            step.attributes = vec![text("messaging.system", "aws_sqs"), text("messaging.destination.name", "cruddur-messages-out")];
        });
    }
    story.change(process, |step| step.link = Some(publish));
    story.log(handler, Process::Backend, "INFO", 130_000, "POST /api/messages 201");
    story.log(process, Process::Worker, "INFO", 197_000, "processing message from=andrewbrown to=bayko");
    sql(story, process, Process::Worker, "SELECT uuid, muted FROM users WHERE handle = %s", "users", 199_000..214_000);
    sql(
        story,
        process,
        Process::Worker,
        "INSERT INTO message_groups (user_uuid, last_message, updated_at) VALUES (%s, %s, %s)",
        "message_groups",
        216_000..302_000,
    );
    let push = inside(story, process, Process::Worker, "push notification", 305_000..452_000);
    story.log(push, Process::Worker, "INFO", 450_000, "push sent to 2 devices");
}

//! `GET /api/activities/home`.

use super::parts::{Route, aws, aws_error, handler, inside, page, sql, verify_token};
use crate::story::{Exception, Frame, Kind, Process, Story, number, text};

const OK: Route = Route { method: "GET", target: "/api/activities/home", rule: "/api/activities/home", status: 200 };
const BROKEN: Route = Route { status: 500, ..OK };
const FEED: &str = "SELECT uuid, user_uuid, message, created_at FROM activities WHERE expires_at > NOW() ORDER BY created_at DESC LIMIT 24";
const ACTIVITY: &str = "SELECT uuid, user_uuid, message, replies_count, likes_count FROM activities WHERE uuid = %s";
const THROTTLED: &str = "ProvisionedThroughputExceededException";
const THROTTLED_MESSAGE: &str = "An error occurred (ProvisionedThroughputExceededException) when calling the Query operation (reached max retries: 3): \
     The level of configured provisioned throughput for the table was exceeded.";

/// The stack of the exception, outermost call first.
const KEY_ERROR: [Frame; 3] = [
    Frame {
        file: "/backend-flask/app.py",
        line: 214,
        function: "data_home",
        code: "data = HomeActivities.run(cognito_user_id=claims['sub'])",
        before: &["@app.route(\"/api/activities/home\", methods=['GET'])", "def data_home():", "  claims = verify_jwt(request.headers)"],
        after: &["return data, 200"],
    },
    Frame {
        file: "/backend-flask/services/home_activities.py",
        line: 61,
        function: "run",
        code: "results = [render_timeline(a) for a in activities]",
        before: &[
            "activities = db.query_activities(limit=24)",
            "counts = ddb.unread_counts(cognito_user_id)",
            "span.set_attribute('app.activities.count', len(activities))",
        ],
        after: &["return results"],
    },
    Frame {
        file: "/backend-flask/services/home_activities.py",
        line: 38,
        function: "render_timeline",
        code: "'handle': activity['handle'],",
        before: &["def render_timeline(activity):", "  return {", "    'uuid': activity['uuid'],"],
        after: &["    'message': activity['message'],", "    'created_at': activity['created_at'].isoformat(),"],
    },
];

/// Everything within 200 ms.
pub fn home(story: &mut Story) {
    let page = page(story, "GET /home", &OK, 0..196_000);
    let handler = handler(story, Some(page), &OK, 18_000..171_000);
    story.log(handler, Process::Backend, "INFO", 18_600, "request started GET /api/activities/home");
    verify_token(story, handler, 20_000..24_500, None);
    let run = inside(story, handler, Process::Backend, "home-activities", 26_000..165_000);
    story.change(run, |step| step.attributes.push(number("app.activities.count", 24)));
    story.log(run, Process::Backend, "INFO", 26_500, "home-activities user=andrewbrown cursor=none");
    sql(story, run, Process::Backend, FEED, "activities", 30_000..74_000);
    aws(story, run, ("dynamodb", "Query", Some("cruddur-messages")), 78_000..96_000, 200);
    inside(story, run, Process::Backend, "render_timeline", 98_000..160_000);
    story.log(handler, Process::Backend, "INFO", 170_500, "GET /api/activities/home 200");
}

/// One SELECT for the list and one for each of its 24 activities.
pub fn slow(story: &mut Story) {
    let page = page(story, "GET /home", &OK, 0..1_482_000);
    let handler = handler(story, Some(page), &OK, 30_000..1_430_000);
    verify_token(story, handler, 34_000..38_000, None);
    let run = inside(story, handler, Process::Backend, "home-activities", 42_000..1_420_000);
    story.change(run, |step| step.attributes.push(number("app.activities.count", 24)));
    story.log(run, Process::Backend, "INFO", 42_500, "home-activities user=bayko cursor=2");
    sql(story, run, Process::Backend, FEED, "activities", 46_000..88_000);
    for index in 0..24 {
        let from = 92_000 + index * 51_000;
        sql(story, run, Process::Backend, ACTIVITY, "activities", from..from + 49_200);
    }
    story.log(run, Process::Backend, "WARNING", 1_317_000, "home-activities took 25 queries for 24 activities");
    inside(story, run, Process::Backend, "render_timeline", 1_320_000..1_408_000);
    story.log(handler, Process::Backend, "INFO", 1_429_000, "GET /api/activities/home 200 slow=true");
}

/// The request of the pictures: 41 spans, 38 lines, one exception, six services.
pub fn broken(story: &mut Story) {
    let page = page(story, "GET /home", &BROKEN, 0..1_240_000);
    let handler = handler(story, Some(page), &BROKEN, 36_000..1_206_000);
    story.log(handler, Process::Backend, "INFO", 37_000, "request started GET /api/activities/home");
    let verify = verify_token(story, handler, 44_000..96_000, Some(47_500..91_500));
    inside(story, verify, Process::Backend, "decode token", 44_500..46_000);
    sql(story, verify, Process::Backend, "SELECT uuid FROM users WHERE cognito_user_id = %s", "users", 92_000..95_500);

    let run = inside(story, handler, Process::Backend, "home-activities", 102_000..1_192_000);
    story.change(run, |step| step.failed = true);
    story.log(run, Process::Backend, "INFO", 104_000, "home-activities user=andrewbrown cursor=none");
    sql(story, run, Process::Backend, "CONNECT", "", 105_000..108_500);
    story.log(run, Process::Backend, "DEBUG", 109_000, "connection taken from the pool, 3 of 10 in use");
    for index in 0..24 {
        let from = 110_000 + index * 12_917;
        let select = sql(story, run, Process::Backend, ACTIVITY, "activities", from..from + 12_333);
        story.log(select, Process::Backend, "DEBUG", from + 12_200, format!("SELECT activities 12.3 ms rows=1 ({} of 24)", index + 1));
    }
    story.log(run, Process::Backend, "INFO", 421_000, "24 activities loaded in 310 ms");
    throttled_counts(story, run);
    render(story, handler, run);
    notification(story, handler);
    story.log(handler, Process::Backend, "INFO", 1_205_000, "GET /api/activities/home 500");
}

/// Three attempts to read the unread counts, each refused.
fn throttled_counts(story: &mut Story, run: usize) {
    story.log(run, Process::Backend, "DEBUG", 430_000, "dynamodb Query cruddur-messages attempt 1 of 3");
    for (attempt, time) in [431_000..555_000, 603_000..745_000, 848_000..1_012_000].into_iter().enumerate() {
        let end = time.end;
        let call = aws(story, run, ("dynamodb", "Query", Some("cruddur-messages")), time, 429);
        aws_error(story, call, THROTTLED, THROTTLED_MESSAGE);
        if attempt < 2 {
            story.log(call, Process::Backend, "WARNING", end - 500, format!("{THROTTLED}, attempt {} of 3, backing off", attempt + 1));
        } else {
            story.log(
                call,
                Process::Backend,
                "WARNING",
                end - 500,
                format!("{THROTTLED}, giving up: showing the feed without unread counts"),
            );
        }
    }
}

fn render(story: &mut Story, handler: usize, run: usize) {
    let render = inside(story, run, Process::Backend, "render_timeline", 1_020_000..1_184_000);
    let raised = |at| Exception { class: "KeyError", message: "'handle'".to_owned(), frames: &KEY_ERROR, time_ns: at };
    let exception = raised(story.at(1_179_000));
    story.change(render, |step| {
        step.failed = true;
        step.attributes.extend([
            number("app.activities.count", 24),
            text("code.filepath", "/backend-flask/services/home_activities.py"),
            number("code.lineno", 38),
            text("enduser.id", "user-1"),
            text("http.route", "/api/activities/home"),
        ]);
        step.exception = Some(exception.clone());
    });
    story.change(handler, |step| step.exception = Some(exception.clone()));
    story.report(render, exception.clone(), "GET", "/api/activities/home");
    story.log(render, Process::Backend, "ERROR", 1_182_000, "Exception on /api/activities/home [GET]");
    if let Some(line) = story.lines.iter_mut().rfind(|line| line.level == "ERROR") {
        line.exception = Some(exception);
    }
}

/// The worker goes on when the answer is long given.
fn notification(story: &mut Story, handler: usize) {
    let publish = story.step(Some(handler), Process::Backend, Kind::Producer, "publish notification", 1_193_000..1_195_000);
    let process = story.step(Some(handler), Process::Worker, Kind::Consumer, "process notification", 1_195_500..1_319_500);
    for step in [publish, process] {
        story.change(step, |step| {
            step.attributes = vec![text("messaging.system", "aws_sqs"), text("messaging.destination.name", "cruddur-notifications")];
        });
    }
    story.change(process, |step| step.link = Some(publish));
    story.log(process, Process::Worker, "INFO", 1_196_000, "processing notification kind=feed_error user=andrewbrown");
    sql(
        story,
        process,
        Process::Worker,
        "INSERT INTO notifications (user_uuid, kind, body) VALUES (%s, %s, %s)",
        "notifications",
        1_241_500..1_297_500,
    );
    sql(story, process, Process::Worker, "COMMIT", "", 1_298_000..1_300_000);
    inside(story, process, Process::Worker, "settle message", 1_301_000..1_317_000);
    story.log(process, Process::Worker, "INFO", 1_318_000, "notification stored");
}

//! Signing in, what is not found, and what is not delivered.

use super::parts::{Route, aws, handler, inside, page, sql, verify_token};
use crate::story::{Process, Story, text};

const SIGN_IN: Route = Route { method: "POST", target: "/api/auth/sign-in", rule: "/api/auth/sign-in", status: 200 };
const PROFILE: Route = Route { method: "GET", target: "/api/activities/@nobody", rule: "/api/activities/@<string:handle>", status: 404 };
const HEALTH: Route = Route { method: "GET", target: "/api/health-check", rule: "/api/health-check", status: 200 };
const SEARCH: Route = Route { method: "GET", target: "/api/activities/search?term=cloud", rule: "/api/activities/search", status: 200 };
const FIND: &str = "SELECT uuid, message FROM activities WHERE to_tsvector(message) @@ plainto_tsquery(%s) LIMIT 20";

/// Cognito answers in a third of a second.
pub fn sign_in(story: &mut Story) {
    let page = page(story, "POST /signin", &SIGN_IN, 0..472_000);
    let handler = handler(story, Some(page), &SIGN_IN, 21_000..447_000);
    story.log(handler, Process::Backend, "INFO", 21_500, "request started POST /api/auth/sign-in");
    let run = inside(story, handler, Process::Backend, "sign-in", 24_000..441_000);
    aws(story, run, ("cognito", "InitiateAuth", None), 26_000..352_000, 200);
    sql(story, run, Process::Backend, "UPDATE users SET last_seen_at = NOW() WHERE cognito_user_id = %s", "users", 356_000..381_000);
    story.log(run, Process::Backend, "INFO", 383_000, "signed in user=andrewbrown");
    story.log(handler, Process::Backend, "INFO", 446_000, "POST /api/auth/sign-in 200");
}

/// The client's mistake: an error, not a fault.
pub fn no_such_profile(story: &mut Story) {
    let page = page(story, "GET /@nobody", &PROFILE, 0..64_000);
    let handler = handler(story, Some(page), &PROFILE, 14_000..49_000);
    verify_token(story, handler, 16_000..19_000, None);
    let run = inside(story, handler, Process::Backend, "user-activities", 21_000..46_000);
    sql(story, run, Process::Backend, "SELECT uuid FROM users WHERE handle = %s", "users", 23_000..41_000);
    story.log(run, Process::Backend, "WARNING", 42_000, "no user has the handle nobody");
    story.log(handler, Process::Backend, "INFO", 48_000, "GET /api/activities/@nobody 404");
}

/// The load balancer asks without a page.
pub fn health_check(story: &mut Story) {
    let handler = handler(story, None, &HEALTH, 0..3_000);
    sql(story, handler, Process::Backend, "SELECT 1", "", 600..2_100);
    story.log(handler, Process::Backend, "DEBUG", 2_900, "GET /api/health-check 200");
}

/// The page's span was never exported: the tab was closed.
pub fn missing_parent(story: &mut Story) {
    search(story);
    story.change(0, |step| step.lost = true);
}

/// One line waits in the buffer of its handler until the next flush.
pub fn late_line(story: &mut Story) {
    let run = search(story);
    story.log(run, Process::Backend, "INFO", 148_000, "search term=cloud hits=20 index=2026-11");
    if let Some(line) = story.lines.iter_mut().rfind(|line| line.message.starts_with("search term")) {
        line.late = true;
    }
}

fn search(story: &mut Story) -> usize {
    let page = page(story, "GET /search", &SEARCH, 0..188_000);
    let handler = handler(story, Some(page), &SEARCH, 17_000..162_000);
    story.log(handler, Process::Backend, "INFO", 17_500, "request started GET /api/activities/search");
    verify_token(story, handler, 19_000..23_000, None);
    let run = inside(story, handler, Process::Backend, "search-activities", 25_000..158_000);
    story.change(run, |step| step.attributes.push(text("app.search.term", "cloud")));
    sql(story, run, Process::Backend, FIND, "activities", 28_000..142_000);
    story.log(handler, Process::Backend, "INFO", 161_000, "GET /api/activities/search 200");
    run
}

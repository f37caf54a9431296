//! `POST /api/1/item/`.

use super::answer::{Failure, success};
use super::items::Arrival;
use super::occurrence::{Occurrence, Refused, accept};
use super::parameters::Parameters;
use super::view::RollbarItems;
use super::{Rollbar, grouping};
use crate::body;
use crate::store::now_ms;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The longest payload Rollbar takes: 1,024 kB.
const MAX_ITEM_BYTES: usize = 1024 * 1024;

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        let status = match refused {
            Refused::Malformed(_) => StatusCode::BAD_REQUEST,
            Refused::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self::new(status, refused.to_string())
    }
}

/// Accepts one occurrence. Answered when it is on disk and found by every search.
pub async fn item(State(rollbar): State<Arc<Rollbar>>, request: Request) -> Result<Response, Failure> {
    receive(&rollbar, request).await.inspect_err(|_| {
        rollbar.refused.fetch_add(1, Ordering::Relaxed);
    })
}

async fn receive(rollbar: &Rollbar, request: Request) -> Result<Response, Failure> {
    let (parts, body) = request.into_parts();
    let mut bytes = body::read(&parts.headers, body).await?;
    let form = parts.headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    if form && bytes.first() != Some(&b'{') {
        let payload = Parameters::read(&bytes).get("payload").map(|payload| payload.as_bytes().to_vec());
        bytes = payload.ok_or_else(|| Refused::Malformed("The form must have a field named 'payload'".to_owned()))?;
    }
    if bytes.len() > MAX_ITEM_BYTES {
        return Err(Failure::too_large());
    }
    let now = now_ms();
    let mut data = accept(&bytes, now / 1000, random_uuid)?;
    drop(bytes);
    if let Some(ConnectInfo(peer)) = parts.extensions.get::<ConnectInfo<SocketAddr>>() {
        name_the_peer(&mut data, *peer);
    }
    let text = |key: &str| data.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (uuid, environment) = (text("uuid"), text("environment"));
    let hash = grouping::fingerprint(&data);
    let arrival = rollbar.view.write().arrive(&uuid, &environment, &hash, now);
    let numbers = match arrival {
        Arrival::New(numbers) => numbers,
        // Not acknowledged: the one that is being stored may yet fail.
        Arrival::Arriving => return Err(Failure::try_again("An occurrence with this uuid is being stored")),
        Arrival::Known => {
            rollbar.duplicates.fetch_add(1, Ordering::Relaxed);
            return Ok(accepted(&uuid));
        }
    };
    let arriving = Arriving { view: &rollbar.view, uuid: &uuid };
    let occurrence = Occurrence { id: numbers.id, counter: numbers.counter, hash, data };
    let summary = occurrence.summary();
    let payload = serde_json::to_vec(&occurrence).map_err(|error| Refused::Malformed(error.to_string()))?;
    rollbar.store.append(&rollbar.view, payload, Some(summary)).await?;
    drop(arriving);
    rollbar.received.fetch_add(1, Ordering::Relaxed);
    Ok(accepted(&uuid))
}

fn accepted(uuid: &str) -> Response {
    success(&json!({"id": null, "uuid": uuid}))
}

/// `"$remote_ip"` asks Rollbar to fill in where the request came from.
fn name_the_peer(data: &mut Map<String, Value>, peer: SocketAddr) {
    if let Some(ip) = data.get_mut("request").and_then(|request| request.get_mut("user_ip"))
        && ip == "$remote_ip"
    {
        *ip = json!(peer.ip().to_string());
    }
}

/// Lets the uuid go when the occurrence was not stored, also when the client hangs up first.
struct Arriving<'a> {
    view: &'a RollbarItems,
    uuid: &'a str,
}

impl Drop for Arriving<'_> {
    fn drop(&mut self) {
        self.view.write().give_up(self.uuid);
    }
}

fn random_uuid() -> String {
    // Without randomness the clock must do: a uuid here only tells occurrences apart whose clients send none.
    let half = || u128::from(getrandom::u64().unwrap_or_else(|_| now_ms().unsigned_abs()));
    let version_4 = 0x0000_0000_0000_4000_8000_0000_0000_0000;
    let bits = ((half() << 64) | half()) & 0xffff_ffff_ffff_0fff_3fff_ffff_ffff_ffff | version_4;
    let mut uuid = format!("{bits:032x}");
    for dash in [20, 16, 12, 8] {
        uuid.insert(dash, '-');
    }
    uuid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_random_uuid_is_of_version_4() {
        let uuid = random_uuid();
        assert_eq!(uuid.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert_eq!(uuid.as_bytes()[14], b'4');
        assert!(b"89ab".contains(&uuid.as_bytes()[19]));
        assert_ne!(uuid, random_uuid());
    }
}

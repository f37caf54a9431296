//! `throughline demo-clean`: asks a running server to forget the sample traffic.

use crate::cli::DemoClean;
use crate::error::ServerError;
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// What the local services answer.
#[derive(Debug, serde::Deserialize)]
struct Answer {
    removed_traces: u64,
}

/// Sends the request, and prints what was removed.
pub async fn run(arguments: &DemoClean) -> Result<(), ServerError> {
    let address = arguments.local_http;
    let failed = |error: String| {
        ServerError::DemoClean(format!(
            "no Throughline answers at http://{address}: {error}; start it first, or name its address with --local-http"
        ))
    };
    let stream = TcpStream::connect(address).await.map_err(|error| failed(error.to_string()))?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| failed(error.to_string()))?;
    tokio::spawn(connection);
    let request = http::Request::delete("/_throughline/sample-data")
        .header(http::header::HOST, address.to_string())
        .body(Empty::<bytes::Bytes>::new());
    let request = request.map_err(|error| failed(error.to_string()))?;
    let response = sender.send_request(request).await.map_err(|error| failed(error.to_string()))?;
    let status = response.status();
    let body = response.into_body().collect().await.map_err(|error| failed(error.to_string()))?.to_bytes();
    if !status.is_success() {
        return Err(ServerError::DemoClean(format!("http://{address} answered {status}; is it a Throughline of this version?")));
    }
    let answer: Answer = serde_json::from_slice(&body).map_err(|error| failed(error.to_string()))?;
    println!(
        "Removed {} traces of sample traffic. A server that was started with --demo goes on sending: start it without.",
        answer.removed_traces
    );
    Ok(())
}

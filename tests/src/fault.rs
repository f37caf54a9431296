//! Upstreams that fail: one TCP port, one way of failing.

use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A way of failing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing listens.
    Closed,
    /// Accepts, reads, never answers.
    Hangs,
    /// Answers 500 with a page of HTML.
    ServerError,
    /// Answers 200 with JSON that ends in the middle.
    Malformed,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Closed, Self::Hangs, Self::ServerError, Self::Malformed];
}

/// A failing upstream; ends when dropped.
pub struct Faulty {
    /// `http://127.0.0.1:P`.
    pub url: String,
    task: Option<JoinHandle<()>>,
}

impl Faulty {
    /// Starts one.
    pub async fn start(fault: Fault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address: SocketAddr = listener.local_addr().expect("its address");
        let url = format!("http://{address}");
        if fault == Fault::Closed {
            return Self { url, task: None };
        }
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(fail(stream, fault));
            }
        });
        Self { url, task: Some(task) }
    }
}

impl Drop for Faulty {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

async fn fail(mut stream: TcpStream, fault: Fault) {
    let mut request = vec![0; 64 * 1024];
    let Ok(1..) = stream.read(&mut request).await else { return };
    let answer = match fault {
        Fault::Closed => return,
        Fault::Hangs => {
            std::future::pending::<()>().await;
            return;
        }
        Fault::ServerError => {
            let page = "<html><body><h1>500 Internal Server Error</h1><script>alert(1)</script></body></html>";
            format!(
                "HTTP/1.1 500 Internal Server Error\r\ncontent-type: text/html\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{page}",
                page.len()
            )
        }
        Fault::Malformed => {
            let body = r#"{"Traces":[{"Id":"1-"#;
            format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            )
        }
    };
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

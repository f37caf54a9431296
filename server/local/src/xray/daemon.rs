//! The X-Ray daemon's UDP side: a header line and one document a datagram, and never an answer.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use socket2::SockRef;
use tokio::net::UdpSocket;
use tokio::sync::Notify;

use super::Xray;
use super::packet::Packet;
use super::put::push_documents;

/// Datagrams cannot be longer.
const LONGEST_DATAGRAM: usize = 65_536;
/// What the kernel should hold while this process is busy; SDKs do not send twice.
const RECEIVE_BUFFER: usize = 4 * 1024 * 1024;
/// Documents waiting for the disk; more are dropped and counted.
const MOST_WAITING: usize = 20_000;

/// Documents received and not yet handed to the store: all that came during one write go into the next.
#[derive(Default)]
struct Waiting {
    packet: Mutex<Packet>,
    arrived: Notify,
    finished: AtomicBool,
}

impl Waiting {
    fn with<T>(&self, change: impl FnOnce(&mut Packet) -> T) -> T {
        change(&mut self.packet.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Xray {
    /// Receives datagrams until `shutdown` ends; what was received by then is kept.
    pub async fn serve_udp(&self, socket: UdpSocket, shutdown: impl Future<Output = ()> + Send) {
        // A smaller buffer loses datagrams earlier under load, nothing else.
        let _ = SockRef::from(&socket).set_recv_buffer_size(RECEIVE_BUFFER);
        let waiting = Waiting::default();
        let receive = async {
            tokio::select! {
                () = self.receive(&socket, &waiting) => {}
                () = shutdown => {}
            }
            waiting.finished.store(true, Ordering::Release);
            waiting.arrived.notify_one();
        };
        tokio::join!(receive, self.write_behind(&waiting));
    }

    async fn receive(&self, socket: &UdpSocket, waiting: &Waiting) {
        let mut buffer = vec![0; LONGEST_DATAGRAM];
        loop {
            // An error here is about one datagram (an ICMP answer to an earlier one, for instance).
            let Ok(length) = socket.recv(&mut buffer).await else {
                tokio::task::yield_now().await;
                continue;
            };
            if !waiting.with(|packet| packet.len() < MOST_WAITING && take(buffer.get(..length).unwrap_or_default(), packet)) {
                self.counters.refused.add(1);
            }
            waiting.arrived.notify_one();
        }
    }

    async fn write_behind(&self, waiting: &Waiting) {
        while !waiting.finished.load(Ordering::Acquire) {
            waiting.arrived.notified().await;
            self.flush(waiting).await;
        }
        self.flush(waiting).await;
    }

    async fn flush(&self, waiting: &Waiting) {
        let packet = waiting.with(std::mem::take);
        let count = packet.len();
        if let Err(error) = self.keep(packet).await {
            self.counters.refused.add(count);
            tracing::warn!(%error, count, "segments received by UDP were not kept");
        }
    }
}

/// Reads one datagram. False when it is not one of the daemon's, or its document is refused.
fn take(datagram: &[u8], packet: &mut Packet) -> bool {
    let Some(document) = document(datagram) else { return false };
    let mut refused = Vec::new();
    push_documents(document, None, packet, &mut refused);
    refused.is_empty()
}

/// The text behind a header line that says JSON, version 1.
fn document(datagram: &[u8]) -> Option<&str> {
    #[derive(serde::Deserialize)]
    struct Front {
        format: String,
        version: u32,
    }
    let end = memchr::memchr(b'\n', datagram)?;
    let front: Front = serde_json::from_slice(datagram.get(..end)?).ok()?;
    let is_known = front.format.eq_ignore_ascii_case("json") && front.version == 1;
    std::str::from_utf8(datagram.get(end + 1..)?).ok().filter(|_| is_known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captured_datagrams_are_taken() {
        let mut packet = Packet::default();
        for datagram in crate::xray::tests::DATAGRAMS {
            assert!(take(datagram, &mut packet));
        }
        assert_eq!(packet.len(), 8);
        assert!(document(b"{\"format\": \"JSON\", \"version\": 1}\n{}").is_some());
    }

    #[test]
    fn what_is_not_the_daemons_is_dropped() {
        let mut packet = Packet::default();
        for bad in
            [&b""[..], b"\n", b"{}", b"{\"format\":\"json\",\"version\":2}\n{}", b"{\"format\":\"xml\",\"version\":1}\n{}", b"\xff\n\xff"]
        {
            assert!(!take(bad, &mut packet), "{bad:?}");
        }
        assert!(!take(b"{\"format\":\"json\",\"version\":1}\n{\"id\":1}", &mut packet));
        assert!(!take(b"{\"format\":\"json\",\"version\":1}\n\xff", &mut packet));
        assert!(packet.is_empty());
    }
}

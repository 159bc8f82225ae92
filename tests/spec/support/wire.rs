//! Bytes straight onto a connection, as slow, cut and rude as a test wants them.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::process::{PATIENCE, Running};

/// A connection to a process.
pub(crate) struct Wire {
    stream: TcpStream,
}

impl Wire {
    pub(crate) async fn to(running: &Running) -> Self {
        let stream = TcpStream::connect(&running.address).await.unwrap();
        Self { stream }
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// Sends as much as the other side takes.
    pub(crate) async fn try_send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes).await;
    }

    /// Sends the head of a POST with a body of so many bytes.
    pub(crate) async fn post(&mut self, running: &Running, path: &str, kind: &str, length: usize) {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: duecast\r\nauthorization: Bearer {}\r\ncontent-type: {kind}\r\n\
             content-length: {length}\r\n\r\n",
            running.ask.key
        );
        self.send(head.as_bytes()).await;
    }

    /// Says that nothing more comes, and goes on listening.
    pub(crate) async fn finish(&mut self) {
        self.stream.shutdown().await.unwrap();
    }

    /// What comes next.
    pub(crate) async fn next(&mut self) -> String {
        let mut buffer = vec![0; 1 << 16];
        let read = self.stream.read(&mut buffer).await.unwrap();
        String::from_utf8_lossy(&buffer[..read]).into_owned()
    }

    /// Everything until the other side has nothing more to say.
    pub(crate) async fn rest(mut self) -> String {
        let mut bytes = Vec::new();
        // A connection that is reset has ended as well.
        let reading = self.stream.read_to_end(&mut bytes);
        let ended = tokio::time::timeout(PATIENCE, reading).await;
        assert!(ended.is_ok(), "the other side neither answers nor ends");
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

//! Connections: HTTP/1.1 and HTTP/2 on one port, with an end to every kind of waiting.
//!
//! A client that is slow with its first bytes or the head of a request, that sends no byte of a body, or that does
//! not read its answer is cut off. Told to stop, the server accepts nothing more and finishes what it has begun.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWrite};
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Sleep;
use tokio_util::sync::CancellationToken;
use tower::util::MapRequest;

use crate::app::config::LimitConfig;

/// What an HTTP/2 connection begins with.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Requests at once on one HTTP/2 connection.
const STREAMS_MAX: u32 = 256;
/// Wait after a connection that could not be accepted, such as for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How long the server waits for a client.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For the first bytes, and for the head of a request.
    pub head: Duration,
    /// For the client to take a byte of an answer.
    pub idle: Duration,
    /// For requests in flight when it is told to stop.
    pub grace: Duration,
}

impl Patience {
    /// Returns the patience that the configuration asks for.
    #[must_use]
    pub const fn new(limits: &LimitConfig, grace: Duration) -> Self {
        Self {
            head: Duration::from_secs(limits.header_timeout_s),
            idle: Duration::from_secs(limits.idle_timeout_s),
            grace,
        }
    }
}

/// Serves until it is told to stop, then finishes what it has begun, as far as the grace allows.
pub async fn serve(listener: TcpListener, router: Router, patience: Patience, stop: CancellationToken) {
    let graceful = GracefulShutdown::new();
    let builder = builder(patience);
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, client)) => {
                let connection = Connection {
                    client,
                    router: router.clone(),
                    builder: builder.clone(),
                    watcher: graceful.watcher(),
                    patience,
                };
                tokio::spawn(connection.run(stream, stop.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(patience.grace, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("connections were still open at the end of the grace");
    }
}

fn builder(patience: Patience) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(patience.head);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .keep_alive_interval(patience.idle)
        .keep_alive_timeout(patience.head);
    builder
}

/// What one connection is served with.
struct Connection {
    client: SocketAddr,
    router: Router,
    builder: Builder<TokioExecutor>,
    watcher: Watcher,
    patience: Patience,
}

impl Connection {
    async fn run(self, stream: TcpStream, stop: CancellationToken) {
        // Answers are written whole: waiting to fill a packet only delays them.
        let _ = stream.set_nodelay(true);
        let (mut reader, writer) = stream.into_split();
        let first = tokio::select! {
            () = stop.cancelled() => return,
            first = tokio::time::timeout(self.patience.head, first_bytes(&mut reader)) => first,
        };
        // hyper's own time-out of the head begins after it knows the version of HTTP: this is the time until then.
        let Ok(Ok(first)) = first else {
            return;
        };
        if first.is_empty() {
            return;
        }
        let writer = Impatient {
            inner: writer,
            limit: self.patience.idle,
            stalled: None,
        };
        let io = TokioIo::new(tokio::io::join(io::Cursor::new(first).chain(reader), writer));
        let client = ConnectInfo(self.client);
        let service = TowerToHyperService::new(MapRequest::new(
            self.router,
            move |mut request: Request<Incoming>| {
                request.extensions_mut().insert(client);
                request
            },
        ));
        let connection = self.builder.serve_connection(io, service);
        if let Err(error) = self.watcher.watch(connection).await {
            tracing::debug!(%error, "a connection ended before its time");
        }
    }
}

/// Reads until the version of HTTP is plain, or the client has nothing more to say.
async fn first_bytes(reader: &mut OwnedReadHalf) -> io::Result<Vec<u8>> {
    let mut buffer = [0; PREFACE.len()];
    let mut filled = 0;
    loop {
        let read = reader.read(&mut buffer[filled..]).await?;
        filled += read;
        let is_preface = buffer[..filled] == PREFACE[..filled];
        if read == 0 || filled == PREFACE.len() || !is_preface {
            return Ok(buffer[..filled].to_vec());
        }
    }
}

/// A writer that gives up when the other side takes nothing for too long.
#[derive(Debug)]
struct Impatient<W> {
    inner: W,
    limit: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<W> Impatient<W> {
    fn judge<T>(&mut self, context: &mut Context<'_>, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.stalled = None;
            return polled;
        }
        let limit = self.limit;
        let stalled = self
            .stalled
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        match stalled.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<W: AsyncWrite + Unpin> AsyncWrite for Impatient<W> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.judge(context, polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write_vectored(context, parts);
        self.judge(context, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.inner).poll_flush(context);
        self.judge(context, polled)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.inner).poll_shutdown(context);
        self.judge(context, polled)
    }
}

#[cfg(test)]
mod tests {
    use super::{Patience, serve};
    use crate::app::config::LimitConfig;
    use axum::Router;
    use axum::routing::get;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio_util::sync::CancellationToken;

    async fn started(patience: Patience) -> (TcpStream, CancellationToken, tokio::task::JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let router = Router::new().route("/", get(|| async { "here" }));
        let server = tokio::spawn(serve(listener, router, patience, stop.clone()));
        (TcpStream::connect(address).await.unwrap(), stop, server)
    }

    fn patient() -> Patience {
        Patience::new(&LimitConfig::default(), Duration::from_secs(5))
    }

    async fn everything(mut stream: TcpStream) -> String {
        let mut bytes = Vec::new();
        // A reset is an end as well.
        let _ = stream.read_to_end(&mut bytes).await;
        String::from_utf8(bytes).unwrap()
    }

    #[tokio::test]
    async fn a_request_is_answered_and_the_server_ends_when_told() {
        let (mut stream, stop, server) = started(patient()).await;
        stream
            .write_all(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
            .await
            .unwrap();
        assert!(everything(stream).await.ends_with("here"));
        stop.cancel();
        server.await.unwrap();
    }

    #[tokio::test]
    async fn a_head_that_does_not_end_is_cut_off() {
        let hasty = Patience {
            head: Duration::from_millis(20),
            ..patient()
        };
        for beginning in [&b""[..], b"P", b"GET / HTTP/1.1\r\nhost:"] {
            let (mut stream, stop, server) = started(hasty).await;
            stream.write_all(beginning).await.unwrap();
            assert!(!everything(stream).await.contains("here"));
            stop.cancel();
            server.await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_silent_connection_does_not_keep_the_server_up() {
        let (stream, stop, server) = started(patient()).await;
        stop.cancel();
        server.await.unwrap();
        assert_eq!(everything(stream).await, "");
    }
}

//! A way to the store that can be cut and mended.

use std::sync::Arc;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Passes connections on, until it is cut.
pub(crate) struct Proxy {
    pub(crate) address: String,
    is_cut: Arc<watch::Sender<bool>>,
}

impl Proxy {
    /// To an address, such as `127.0.0.1:5432`.
    pub(crate) async fn to(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let is_cut = Arc::new(watch::Sender::new(false));
        tokio::spawn(pass(listener, target.to_owned(), Arc::clone(&is_cut)));
        Self { address, is_cut }
    }

    /// Ends every connection, and each new one at once.
    pub(crate) fn cut(&self) {
        self.is_cut.send_replace(true);
    }

    pub(crate) fn mend(&self) {
        self.is_cut.send_replace(false);
    }
}

async fn pass(listener: TcpListener, target: String, is_cut: Arc<watch::Sender<bool>>) {
    while let Ok((mut client, _)) = listener.accept().await {
        let mut cut = is_cut.subscribe();
        if *cut.borrow() {
            continue;
        }
        let target = target.clone();
        tokio::spawn(async move {
            let Ok(mut server) = TcpStream::connect(&target).await else {
                return;
            };
            // Either way the connection is over: nobody is to be told how it ended.
            tokio::select! {
                _ = copy_bidirectional(&mut client, &mut server) => {}
                _ = cut.changed() => {}
            }
        });
    }
}

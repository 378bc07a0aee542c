use crate::World;
use std::net::Ipv4Addr;
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

/// The API of a world over HTTP, on a free port.
pub struct Server {
    /// Its base URL.
    pub base: String,
}

impl Server {
    /// Serves the world's API until the test ends.
    pub async fn start(world: &World) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = leadhook::router(&world.app, &TaskTracker::new());
        tokio::spawn(leadhook::listen(listener, router, std::future::pending()));
        Self { base }
    }
}

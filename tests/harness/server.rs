use crate::World;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::TcpListener;

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
        let service = leadhook::router(&world.app);
        let service = service.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        Self { base }
    }
}

use crate::{World, document::check_http_answer};
use axum::middleware::from_fn;
use local::Running;
use std::net::Ipv4Addr;
use tokio::net::TcpListener;

/// The API of a world over HTTP, on a free port.
pub struct Server {
    /// Its base URL.
    pub base: String,
}

impl Server {
    /// Serves the world's API until the test ends.
    pub async fn start(world: &World) -> Self {
        Self::start_for_pages(world, &[]).await
    }

    /// Also accepts requests of web pages of these origins.
    pub async fn start_for_pages(world: &World, origins: &[&str]) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let origins = origins.iter().map(|origin| (*origin).to_owned()).collect();
        let running = Running::new(world.app.context.sources.clone());
        let router = local::router(&world.app, &running, None, address, origins);
        let router = router.layer(from_fn(check_http_answer));
        tokio::spawn(local::listen(listener, router, std::future::pending()));
        Self { base: format!("http://{address}") }
    }
}

//! Looks up the names of hosts.

use crate::{address::Addresses, post::PostError};
use hyper_util::client::legacy::connect::dns::Name;
use std::{
    io,
    net::{SocketAddr, ToSocketAddrs},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    thread, vec,
};
use tokio::sync::{Semaphore, oneshot};
use tower::Service;

/// How many look-ups run at once. The system's resolver may keep one for half a minute, also when
/// nobody waits for it any more.
const PLACES: usize = 128;

/// Finds the addresses of a host, and may block for long.
type Resolve = fn(&str) -> io::Result<Vec<SocketAddr>>;

/// Looks names up, and gives only addresses that may be used.
///
/// A look-up has a thread of its own. In the runtime's pool of blocking threads, look-ups that
/// never end would leave no thread for other work, such as the embedded table's.
#[derive(Clone)]
pub(crate) struct Names {
    pub(crate) allowed: Addresses,
    places: Arc<Semaphore>,
    resolve: Resolve,
}

impl Names {
    pub(crate) fn new(allowed: Addresses) -> Self {
        let resolve: Resolve = |host| Ok((host, 0).to_socket_addrs()?.collect());
        Self { allowed, places: Arc::new(Semaphore::new(PLACES)), resolve }
    }

    /// The addresses of a host. One that may not be used refuses them all.
    pub(crate) async fn look_up(&self, host: &str) -> Result<Vec<SocketAddr>, PostError> {
        let addresses = self.resolve(host).await.map_err(|_| PostError::NoSuchName)?;
        match addresses.iter().find(|address| !self.allowed.allow(address.ip())) {
            Some(address) => Err(PostError::NotPublic(address.ip())),
            None if addresses.is_empty() => Err(PostError::NoSuchName),
            None => Ok(addresses),
        }
    }

    /// Waits for a place and for the resolver. A look-up keeps its place until it ends, also if
    /// nobody waits for it any more.
    async fn resolve(&self, host: &str) -> io::Result<Vec<SocketAddr>> {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(io::Error::other)?;
        let (host, resolve) = (host.to_owned(), self.resolve);
        let (sender, found) = oneshot::channel();
        thread::Builder::new().name("look-up".to_owned()).spawn(move || {
            let _ = sender.send(resolve(&host));
            drop(place);
        })?;
        found.await.map_err(io::Error::other)?
    }
}

impl Service<Name> for Names {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = PostError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let names = self.clone();
        Box::pin(async move { Ok(names.look_up(name.as_str()).await?.into_iter()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        sync::{
            Condvar, Mutex,
            atomic::{AtomicUsize, Ordering::SeqCst},
        },
        time::Duration,
    };
    use tokio::time::{sleep, timeout};

    /// How many look-ups run, and whether the resolver answers.
    static RUNNING: AtomicUsize = AtomicUsize::new(0);
    static ANSWERS: (Mutex<bool>, Condvar) = (Mutex::new(false), Condvar::new());

    #[expect(clippy::unnecessary_wraps, reason = "it stands where a name may have no address")]
    fn resolve(_: &str) -> io::Result<Vec<SocketAddr>> {
        RUNNING.fetch_add(1, SeqCst);
        let silent = ANSWERS.1.wait_while(ANSWERS.0.lock().unwrap(), |answers| !*answers);
        drop(silent.unwrap());
        RUNNING.fetch_sub(1, SeqCst);
        Ok(vec![([1, 1, 1, 1], 0).into()])
    }

    /// The runtime has one blocking thread, and it stays free.
    #[test]
    fn look_ups_that_never_end_are_bounded_and_take_no_thread_of_the_runtime() {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().max_blocking_threads(1).build().unwrap();
        runtime.block_on(async {
            let names = Names { resolve, ..Names::new(Addresses::Public) };
            let look_up = || async {
                // A time limit does not end a look-up.
                timeout(Duration::from_millis(1), names.look_up("example.com")).await
            };
            let ended = futures_util::future::join_all((0..PLACES + 50).map(|_| look_up())).await;
            assert!(ended.iter().all(Result::is_err), "nobody got an answer");
            while RUNNING.load(SeqCst) < PLACES {
                sleep(Duration::from_millis(1)).await;
            }
            assert!(look_up().await.is_err(), "all places are taken");
            assert_eq!(RUNNING.load(SeqCst), PLACES);
            tokio::task::spawn_blocking(|| {}).await.unwrap();

            *ANSWERS.0.lock().unwrap() = true;
            ANSWERS.1.notify_all();
            let found = names.look_up("example.com").await.unwrap();
            assert_eq!(found, [([1, 1, 1, 1], 0).into()]);
        });
    }
}

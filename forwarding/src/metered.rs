//! A limit for what is read from a connection, whatever it is made of: the records of TLS, headers,
//! interim answers (1xx), a body.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How much is read for one answer, in bytes. A handshake with its certificates counts too.
const MOST: usize = 128 * 1024;

/// Counts the bytes that were read for an answer.
#[derive(Clone, Default)]
pub(crate) struct Meter(Arc<AtomicUsize>);

impl Meter {
    /// Begins to count for another answer.
    pub(crate) fn reset(&self) {
        self.0.store(0, Relaxed);
    }

    /// Whether nothing was read.
    pub(crate) fn is_zero(&self) -> bool {
        self.0.load(Relaxed) == 0
    }

    fn count(&self, bytes: usize) -> io::Result<()> {
        if self.0.fetch_add(bytes, Relaxed) + bytes > MOST {
            return Err(io::Error::other("the answer is too long"));
        }
        Ok(())
    }
}

/// A connection whose reads are counted and limited.
pub(crate) struct Metered<T> {
    io: T,
    meter: Meter,
}

impl<T> Metered<T> {
    pub(crate) fn new(io: T, meter: Meter) -> Self {
        Self { io, meter }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Metered<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(context, buffer))?;
        Poll::Ready(self.meter.count(buffer.filled().len() - before))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Metered<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

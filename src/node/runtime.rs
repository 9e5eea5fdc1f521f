//! The threads that the addon works on.

use std::cell::Cell;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use napi::bindgen_prelude::within_runtime_if_available;
use napi_derive::module_init;

/// Two threads are enough to keep a few connections busy: the work between two round trips is
/// reading and writing a few kilobytes.
const WORKER_THREADS: usize = 2;

/// The name that shows in a list of threads (Linux cuts it after 15 characters).
const THREAD_NAME: &str = "paperclip-env";

/// Hands napi a named and bounded runtime, and says of a panic whose bug it is.
///
/// napi uses this runtime until the last JavaScript environment has ended; for environments after
/// that (worker threads without a main thread that loaded the addon) it makes one of its own.
#[module_init]
fn start() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKER_THREADS)
        .thread_name(THREAD_NAME)
        .enable_all()
        .build();
    // Without threads to be had, napi's own attempt may fare better, and says so if it does not.
    if let Ok(runtime) = runtime {
        napi::bindgen_prelude::create_custom_tokio_runtime(runtime);
    }
    let default_hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if VISITING.get() || std::thread::current().name() == Some(THREAD_NAME) {
            // Not the panic's message, which may hold a value.
            let place = panic
                .location()
                .map(ToString::to_string)
                .unwrap_or_default();
            eprintln!("This is a bug in paperclip-environment-service: it panicked at {place}");
        } else {
            default_hook(panic);
        }
    }));
}

thread_local! {
    /// Whether this thread, which is not one of ours, works for us at the moment.
    static VISITING: Cell<bool> = const { Cell::new(false) };
}

/// Does what a future can do at once, on the thread that calls. If it is not ready by then, it is for
/// the runtime to go on with: it polls what it is given once in any case, so nobody needs to be woken.
pub(super) fn begin<T>(future: Pin<&mut dyn Future<Output = T>>) -> Poll<T> {
    VISITING.set(true);
    let visit = Visit;
    let result =
        within_runtime_if_available(|| future.poll(&mut Context::from_waker(Waker::noop())));
    drop(visit);
    result
}

/// Ends when it is dropped, also by a panic.
struct Visit;

impl Drop for Visit {
    fn drop(&mut self) {
        VISITING.set(false);
    }
}

//! The threads that the addon works on.

use std::cell::Cell;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use napi::bindgen_prelude::within_runtime_if_available;
use napi_derive::module_init;
use tokio::runtime::Handle;

use crate::database::guard::{Flag, is_in_driver};
use crate::database::prepare_driver;

/// Two threads are enough to keep a few connections busy: the work between two round trips is
/// reading and writing a few kilobytes.
const WORKER_THREADS: usize = 2;

/// The name that shows in a list of threads (Linux cuts it after 15 characters).
const THREAD_NAME: &str = "paperclip-env";

/// Prepares the library when it is loaded: hands napi a named and bounded runtime, and says of a panic whose
/// bug it is.
///
/// napi uses this runtime until the last JavaScript environment has ended; for environments after
/// that (worker threads without a main thread that loaded the addon) it makes one of its own.
#[module_init]
fn start() {
    prepare_driver();
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
        let is_ours = IS_WORKING.get() || std::thread::current().name() == Some(THREAD_NAME);
        if !is_ours {
            default_hook(panic);
        } else if !is_in_driver() {
            // Not the panic's message, which may hold a value.
            let place = panic
                .location()
                .map(ToString::to_string)
                .unwrap_or_default();
            eprintln!("This is a bug in paperclip-environment-service: it panicked at {place}");
        }
    }));
}

/// Does some work on our threads. If it is to begin at once, what it can do without waiting is done on the
/// thread that calls, and ours take it up when what it waits for has come.
pub(super) fn run(work: impl Future<Output = ()> + Send + 'static, at_once: bool) {
    let work = Work(Box::pin(work));
    within_runtime_if_available(|| {
        if at_once {
            BegunWork::begin(work);
        } else {
            tokio::spawn(work);
        }
    });
}

/// Work that was begun on the thread that called.
struct BegunWork {
    runtime: Handle,
    state: Mutex<State>,
}

enum State {
    /// It is being begun.
    Beginning,
    /// The same, and what it will wait for has come already.
    Woken,
    /// It waits.
    Waiting(Work),
    /// It has ended, or our threads have it.
    Gone,
}

impl BegunWork {
    fn begin(mut work: Work) {
        let begun = Arc::new(Self {
            runtime: Handle::current(),
            state: Mutex::new(State::Beginning),
        });
        let waker = Waker::from(Arc::clone(&begun));
        let first = Pin::new(&mut work).poll(&mut Context::from_waker(&waker));
        let mut state = begun.state();
        match (first, &*state) {
            (Poll::Ready(()), _) => *state = State::Gone,
            (Poll::Pending, State::Woken) => {
                *state = State::Gone;
                begun.runtime.spawn(work);
            }
            (Poll::Pending, _) => *state = State::Waiting(work),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for BegunWork {
    fn wake(self: Arc<Self>) {
        let mut state = self.state();
        match mem::replace(&mut *state, State::Gone) {
            State::Beginning | State::Woken => *state = State::Woken,
            State::Waiting(work) => {
                drop(state);
                self.runtime.spawn(work);
            }
            State::Gone => {}
        }
    }
}

thread_local! {
    /// Whether this thread is doing our work at the moment.
    static IS_WORKING: Cell<bool> = const { Cell::new(false) };
}

/// Work that lets it be known, while it is done, that a panic would be ours: on the thread that calls, and on
/// the threads of napi's own runtime, which bear another name.
struct Work(Pin<Box<dyn Future<Output = ()> + Send>>);

impl Future for Work {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let _flag = Flag::set(&IS_WORKING);
        self.0.as_mut().poll(context)
    }
}

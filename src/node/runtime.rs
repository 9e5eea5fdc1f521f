//! The threads that do the addon's work.

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

/// Two threads are enough for a few connections: between two round trips, the work is reading and writing a
/// few kilobytes.
const WORKER_THREADS: usize = 2;

/// The name in a list of threads. Linux truncates it after 15 characters.
const THREAD_NAME: &str = "paperclip-env";

/// Prepares the library when it is loaded: gives napi a runtime with a name and a limit on threads, and
/// reports panics as bugs of this package.
///
/// napi uses this runtime until the last JavaScript environment has ended. For later environments (worker
/// threads without a main thread that loaded the addon), it creates one of its own.
#[module_init]
fn start() {
    prepare_driver();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKER_THREADS)
        .thread_name(THREAD_NAME)
        .enable_all()
        .build();
    // If threads cannot be created, napi tries again itself, and reports its failure.
    if let Ok(runtime) = runtime {
        napi::bindgen_prelude::create_custom_tokio_runtime(runtime);
    }
    let default_hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let is_ours = IS_WORKING.get() || std::thread::current().name() == Some(THREAD_NAME);
        if !is_ours {
            default_hook(panic);
        } else if !is_in_driver() {
            // The panic's own message may hold a value.
            let place = panic
                .location()
                .map(ToString::to_string)
                .unwrap_or_default();
            eprintln!("This is a bug in paperclip-environment-service: it panicked at {place}");
        }
    }));
}

/// Runs work on the addon's threads. With `at_once`, it is first polled on the calling thread, and continues
/// on the addon's threads after its first wait.
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

/// Work that was begun on the calling thread.
struct BegunWork {
    runtime: Handle,
    state: Mutex<State>,
}

enum State {
    /// It is being polled for the first time.
    Beginning,
    /// It was woken during its first poll.
    Woken,
    /// It waits to be woken.
    Waiting(Work),
    /// It has ended, or was handed to the runtime.
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
    /// Whether this thread is polling the addon's work.
    static IS_WORKING: Cell<bool> = const { Cell::new(false) };
}

/// Work that marks its thread while it is polled, so that the panic hook can attribute a panic: it may run on
/// the calling thread, or on a runtime of napi's, whose threads have another name.
struct Work(Pin<Box<dyn Future<Output = ()> + Send>>);

impl Future for Work {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let _flag = Flag::set(&IS_WORKING);
        self.0.as_mut().poll(context)
    }
}

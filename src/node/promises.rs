//! Promises that other threads resolve or reject.
//!
//! napi's own deferred creates a threadsafe function for each promise, wakes it once, and closes it again.
//! Here all promises of a service share one threadsafe function. It keeps the process alive while any promise
//! is pending.

#![allow(
    unsafe_code,
    reason = "napi-rs makes a promise only together with a threadsafe function of its own"
)]

use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use napi::bindgen_prelude::{Object, Result, ToNapiValue};
use napi::{Env, JsError, JsValue, check_status, sys};

/// The promises of one service.
pub(super) struct Promises {
    function: Arc<Shared>,
    /// How many promises are pending. Only the JavaScript thread changes it.
    pending: AtomicUsize,
}

/// The threadsafe function, or none when the environment has ended. Hold the lock while using it: its finalizer
/// waits for the lock, so that it is not freed in the meantime. The finalizer shares it, because it may run
/// while [`Promises`] is being dropped on another thread.
type Shared = Mutex<Option<Function>>;

struct Function(sys::napi_threadsafe_function);

// SAFETY: a threadsafe function may be called from any thread.
unsafe impl Send for Function {}

impl Promises {
    /// Creates the promises of the environment of the calling thread.
    pub(super) fn new(env: &Env) -> Result<Arc<Self>> {
        let shared = Arc::new(Shared::new(None));
        let name = env.create_string("paperclip-environment-service")?;
        let mut function = ptr::null_mut();
        let for_finalizer = Arc::into_raw(Arc::clone(&shared)).cast_mut();
        // SAFETY: the environment and the name are alive, and `ended` takes back `for_finalizer`.
        let status = unsafe {
            sys::napi_create_threadsafe_function(
                env.raw(),
                ptr::null_mut(),
                ptr::null_mut(),
                name.raw(),
                0,
                1,
                for_finalizer.cast(),
                Some(ended),
                ptr::null_mut(),
                Some(conclude),
                &raw mut function,
            )
        };
        check_status!(status).inspect_err(|_| {
            // SAFETY: nothing else has taken it.
            drop(unsafe { Arc::from_raw(for_finalizer) });
        })?;
        *lock(&shared) = Some(Function(function));
        // SAFETY: it was created just now, on this thread.
        check_status!(unsafe { sys::napi_unref_threadsafe_function(env.raw(), function) })?;
        Ok(Arc::new(Self {
            function: shared,
            pending: AtomicUsize::new(0),
        }))
    }

    /// A promise, and what resolves or rejects it.
    pub(super) fn make<'env>(self: &Arc<Self>, env: &'env Env) -> Result<(Pending, Object<'env>)> {
        let (mut deferred, mut promise) = (ptr::null_mut(), ptr::null_mut());
        let (deferred_place, promise_place) = (&raw mut deferred, &raw mut promise);
        // SAFETY: it is the environment of this thread, and both places are valid.
        check_status!(unsafe {
            sys::napi_create_promise(env.raw(), deferred_place, promise_place)
        })?;
        if self.pending.load(Ordering::Relaxed) == 0
            && let Some(function) = &*lock(&self.function)
        {
            // SAFETY: it belongs to this environment, and has not been released.
            check_status!(unsafe { sys::napi_ref_threadsafe_function(env.raw(), function.0) })?;
        }
        self.pending.fetch_add(1, Ordering::Relaxed);
        let pending = Pending {
            promises: Arc::clone(self),
            deferred: Deferred(deferred),
        };
        Ok((pending, Object::from_raw(env.raw(), promise)))
    }

    /// Counts a promise that is no longer pending.
    fn count(&self, env: &Env) {
        if self.pending.fetch_sub(1, Ordering::Relaxed) == 1
            && let Some(function) = &*lock(&self.function)
        {
            // SAFETY: as above. If it fails, the process stays alive.
            unsafe { sys::napi_unref_threadsafe_function(env.raw(), function.0) };
        }
    }
}

fn lock(shared: &Shared) -> MutexGuard<'_, Option<Function>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Promises {
    fn drop(&mut self) {
        release(&self.function);
    }
}

/// Ends our use of the threadsafe function, unless that has happened.
fn release(shared: &Shared) {
    if let Some(Function(function)) = lock(shared).take() {
        let release = sys::ThreadsafeFunctionReleaseMode::release;
        // SAFETY: it has not been released, and is not used any more.
        unsafe { sys::napi_release_threadsafe_function(function, release) };
    }
}

/// A pending promise.
pub(super) struct Pending {
    promises: Arc<Promises>,
    deferred: Deferred,
}

/// The handle that resolves or rejects one promise.
struct Deferred(sys::napi_deferred);

// SAFETY: only `conclude` uses it, on the JavaScript thread.
unsafe impl Send for Deferred {}

impl Pending {
    /// Resolves or rejects the promise, from any thread. Does nothing if the environment has ended.
    pub(super) fn conclude<T: ToNapiValue + Send + 'static>(self, result: Result<T>) {
        let promises = Arc::clone(&self.promises);
        let conclusion = Box::into_raw(Box::new(Conclusion {
            pending: self,
            value: Box::new(move |env| Ok(result?.into_unknown(env)?.raw())),
        }));
        let mut function = lock(&promises.function);
        let status = match &*function {
            None => sys::Status::napi_closing,
            // SAFETY: it has not been released, since the lock is held. `conclude` takes the conclusion back.
            Some(function) => unsafe {
                let mode = sys::ThreadsafeFunctionCallMode::nonblocking;
                sys::napi_call_threadsafe_function(function.0, conclusion.cast(), mode)
            },
        };
        if status == sys::Status::napi_closing {
            // With this answer Node ends our use of it, and may free it.
            function.take();
        }
        drop(function);
        if status != sys::Status::napi_ok {
            // SAFETY: nothing else has taken it.
            drop(unsafe { Box::from_raw(conclusion) });
        }
    }
}

/// Makes a value, on the JavaScript thread.
type MakeValue = dyn FnOnce(&Env) -> Result<sys::napi_value> + Send;

/// A promise, and its value.
struct Conclusion {
    pending: Pending,
    value: Box<MakeValue>,
}

/// Resolves or rejects a promise, on the JavaScript thread. `env` is null if JavaScript must not run any more.
unsafe extern "C" fn conclude(
    env: sys::napi_env,
    _javascript: sys::napi_value,
    _context: *mut c_void,
    conclusion: *mut c_void,
) {
    // SAFETY: it comes from `Pending::conclude`.
    let conclusion = unsafe { Box::from_raw(conclusion.cast::<Conclusion>()) };
    if env.is_null() {
        return;
    }
    let Conclusion { pending, value } = *conclusion;
    let deferred = pending.deferred.0;
    let env = Env::from_raw(env);
    match value(&env) {
        // SAFETY: the promise belongs to this environment, and is resolved or rejected once. If the environment is being
        // terminated, this fails, and nothing waits for the promise.
        Ok(value) => unsafe { sys::napi_resolve_deferred(env.raw(), deferred, value) },
        Err(error) => {
            let error = JsError::from(error).into_unknown(env).raw();
            // SAFETY: as above.
            unsafe { sys::napi_reject_deferred(env.raw(), deferred, error) }
        }
    };
    pending.promises.count(&env);
}

/// Called when the environment ends, or when the last promise and the service are gone.
unsafe extern "C" fn ended(_env: sys::napi_env, shared: *mut c_void, _hint: *mut c_void) {
    // SAFETY: it comes from `Promises::new`.
    let shared = unsafe { Arc::from_raw(shared.cast::<Shared>().cast_const()) };
    // Also where the environment ends: Node 24 and later do not free it before.
    release(&shared);
}

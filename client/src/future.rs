//! Futures behind a pointer. In browsers nothing is sent to another thread, so there they need not be `Send`.

use std::pin::Pin;

/// A future behind a pointer: what the traits of this crate return.
#[cfg(not(target_arch = "wasm32"))]
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A future behind a pointer: what the traits of this crate return.
#[cfg(target_arch = "wasm32")]
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// What a value has to be to stand in a [`BoxFuture`]: `Send`, except in browsers.
#[cfg(not(target_arch = "wasm32"))]
pub trait MaybeSend: Send {}

#[cfg(not(target_arch = "wasm32"))]
impl<T: Send> MaybeSend for T {}

/// What a value has to be to stand in a [`BoxFuture`]: `Send`, except in browsers.
#[cfg(target_arch = "wasm32")]
pub trait MaybeSend {}

#[cfg(target_arch = "wasm32")]
impl<T> MaybeSend for T {}

/// What a value has to be to be shared by futures that are sent to other threads: `Sync`, except in browsers.
#[cfg(not(target_arch = "wasm32"))]
pub trait MaybeSync: Sync {}

#[cfg(not(target_arch = "wasm32"))]
impl<T: Sync + ?Sized> MaybeSync for T {}

/// What a value has to be to be shared by futures that are sent to other threads: `Sync`, except in browsers.
#[cfg(target_arch = "wasm32")]
pub trait MaybeSync {}

#[cfg(target_arch = "wasm32")]
impl<T: ?Sized> MaybeSync for T {}

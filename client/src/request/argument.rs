//! One argument of a call, from the setter to the request.

use std::fmt::Display;

/// A value that was given, was not given, or cannot be sent.
#[derive(Clone, Debug)]
pub struct Argument<T>(Result<Option<T>, String>);

impl<T> Argument<T> {
    /// An argument that may stay away.
    pub fn optional() -> Self {
        Self(Ok(None))
    }

    /// An argument without which the call is not sent.
    pub fn required(name: &str) -> Self {
        Self(Err(format!("`{name}` is required and was not given")))
    }

    /// An argument that starts from `value`.
    pub fn starting(value: T) -> Self {
        Self(Ok(Some(value)))
    }

    /// Takes `value`; `name` is for the message that says why it cannot be sent.
    pub fn set<V: TryInto<T>>(&mut self, name: &str, value: V) {
        self.0 = match value.try_into() {
            Ok(value) => Ok(Some(value)),
            Err(_) => Err(format!("`{name}` is not a value that the contract allows")),
        };
    }

    /// Takes `value` as the `P` that `T` is built from.
    pub fn set_built<P: Into<T>, V>(&mut self, name: &str, value: V)
    where
        V: TryInto<P>,
        V::Error: Display,
    {
        self.0 = match value.try_into() {
            Ok(value) => Ok(Some(value.into())),
            Err(cause) => Err(format!("`{name}` is not a value that the contract allows: {cause}")),
        };
    }

    /// Changes the value, starting from an empty one.
    pub fn change(&mut self, change: impl FnOnce(T) -> T)
    where
        T: Default,
    {
        let before = std::mem::replace(&mut self.0, Ok(None));
        self.0 = before.map(|value| Some(change(value.unwrap_or_default())));
    }

    /// Takes the value back.
    pub fn clear(&mut self) {
        self.0 = Ok(None);
    }

    /// Whether nothing was given.
    pub fn is_absent(&self) -> bool {
        matches!(self.0, Ok(None))
    }

    /// The value, if there is one.
    ///
    /// # Errors
    /// Why there is none, or why it cannot be sent.
    pub fn get(&self) -> Result<Option<&T>, &str> {
        self.0.as_ref().map(Option::as_ref).map_err(String::as_str)
    }

    /// The value, if there is one.
    ///
    /// # Errors
    /// Why there is none, or why it cannot be sent.
    pub fn into_inner(self) -> Result<Option<T>, String> {
        self.0
    }
}

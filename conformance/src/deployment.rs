//! What is judged: where it is, who acts in the run, and how gently it is treated.

use indexmap::IndexMap;
use rescind_specs::lifecycle::CallerName;
use secrecy::SecretString;
use url::Url;

/// A deployment of one contract.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// Where its operations are, without a slash at the end.
    pub base: Url,
    /// The callers of the contract's lifecycle document that the operator supplied.
    pub callers: IndexMap<CallerName, Pair>,
    /// Pairs that can be registered, each of them once.
    pub pool: Vec<Pair>,
    /// Where its clock can be moved, if it can.
    pub control: Option<Url>,
}

/// An identifier with its secret.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The identifier; empty for a credential that is one value only.
    pub id: String,
    /// The secret.
    pub secret: SecretString,
    /// The environment variable or the key of the target file that it came from, for reproductions.
    pub source: String,
}

//! Measured propagation delays: how long each revoked credential went on to be accepted, and where.

use std::time::Duration;

use rescind_specs::Contract;
use rescind_specs::lifecycle::Period;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::deployment::Deployment;
use crate::lifecycle::ObservedDelay;

/// What was seen of one revoked credential at one replica. Its propagation delay lies between the two times, which are
/// in seconds by the deployment's clock, counted from the answer to the revocation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PropagationDelay {
    /// The kind of the credential.
    #[serde(default)]
    pub kind: String,
    /// The identifier of the credential.
    pub credential: String,
    /// The longest time that is documented; absent: none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<f64>,
    /// The base URL of the replica.
    pub replica: String,
    /// The last use that was accepted; absent: none was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<f64>,
    /// The first use that was refused, none after it being accepted; absent: there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<f64>,
}

/// What a run measured at one replica, in a sentence's worth.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary<'r> {
    /// The base URL of the replica.
    pub replica: &'r str,
    /// How many revoked credentials were used.
    pub credentials: usize,
    /// The longest time after a revocation at which one was still accepted; `None`: none was.
    pub accepted: Option<Period>,
    /// The shortest time after a revocation at which one was refused for good.
    pub refused: Option<Period>,
}

impl PropagationDelay {
    pub(crate) fn of(contract: &Contract, deployment: &Deployment, observed: &ObservedDelay) -> Self {
        let seconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64());
        let kind = contract.lifecycle().and_then(|known| known.credentials.get(&observed.kind));
        let bound = kind.and_then(|kind| Some(kind.revoke.as_ref()?.propagation_delay.duration()));
        Self {
            kind: observed.kind.to_string(),
            credential: observed.credential.clone(),
            bound: seconds(bound),
            replica: deployment.address(observed.replica).to_string(),
            accepted: seconds(observed.accepted),
            refused: seconds(observed.refused),
        }
    }

    /// The delays summed up, replica by replica.
    pub fn sum(delays: &[Self]) -> Vec<Summary<'_>> {
        let mut replicas: Vec<&str> = Vec::new();
        for delay in delays {
            if !replicas.contains(&delay.replica.as_str()) {
                replicas.push(&delay.replica);
            }
        }
        // Fractions of a second are noise.
        let period = |seconds: f64| Duration::try_from_secs_f64(seconds.floor()).ok().map(Period::from);
        replicas
            .into_iter()
            .map(|replica| {
                let here = || delays.iter().filter(|delay| delay.replica == replica);
                Summary {
                    replica,
                    credentials: here().count(),
                    accepted: here()
                        .filter_map(|delay| delay.accepted)
                        .max_by(f64::total_cmp)
                        .and_then(period),
                    refused: here().filter_map(|delay| delay.refused).min_by(f64::total_cmp).and_then(period),
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_summed_up_by_replica() {
        let delay = |replica: &str, accepted, refused| PropagationDelay {
            kind: "key".to_owned(),
            credential: "ak_1".to_owned(),
            bound: Some(300.0),
            replica: replica.to_owned(),
            accepted,
            refused,
        };
        let delays = [
            delay("a", Some(150.0), Some(305.0)),
            delay("b", None, Some(0.0)),
            delay("a", Some(299.5), None),
        ];
        let told: Vec<String> = PropagationDelay::sum(&delays)
            .iter()
            .map(|sum| {
                let told =
                    |period: Option<Period>| period.map_or("never".to_owned(), |period| period.to_string());
                format!("{} {} {} {}", sum.replica, sum.credentials, told(sum.accepted), told(sum.refused))
            })
            .collect();
        assert_eq!(told, ["a 2 299s 305s", "b 1 never 0s"]);
    }
}

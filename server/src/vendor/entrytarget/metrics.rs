//! Counters in the text format of Prometheus. They name results, never keys.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// Something that is counted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event {
    AcceptedFromCache,
    AcceptedFromTable,
    Refused,
    Registered,
    RegistrationInvalid,
    RegistrationDuplicate,
    Revoked,
    RevocationOfNothing,
    AccountOpened,
}

/// Counter, its help text, and its series: the label `result` (empty for none) and the event.
type Family = (&'static str, &'static str, &'static [(&'static str, Event)]);

const FAMILIES: [Family; 4] = [
    (
        "ledger_authentications_total",
        "Calls with both headers, by result.",
        &[
            ("cached", Event::AcceptedFromCache),
            ("accepted", Event::AcceptedFromTable),
            ("refused", Event::Refused),
        ],
    ),
    (
        "ledger_credential_registrations_total",
        "Well-formed registrations, by result.",
        &[
            ("registered", Event::Registered),
            ("invalid", Event::RegistrationInvalid),
            ("duplicate", Event::RegistrationDuplicate),
        ],
    ),
    (
        "ledger_credential_revocations_total",
        "Authenticated revocations, by result.",
        &[("revoked", Event::Revoked), ("not_found", Event::RevocationOfNothing)],
    ),
    ("ledger_accounts_opened_total", "Accounts opened.", &[("", Event::AccountOpened)]),
];

/// Counts since the start of the process.
#[derive(Debug, Default)]
pub(super) struct Metrics([AtomicU64; Event::AccountOpened as usize + 1]);

impl Metrics {
    pub(super) fn count(&self, event: Event) {
        self.0[event as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn clear(&self) {
        for count in &self.0 {
            count.store(0, Ordering::Relaxed);
        }
    }
}

impl fmt::Display for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, help, series) in FAMILIES {
            writeln!(f, "# HELP {name} {help}\n# TYPE {name} counter")?;
            for (result, event) in series {
                let count = self.0[*event as usize].load(Ordering::Relaxed);
                if result.is_empty() {
                    writeln!(f, "{name} {count}")?;
                } else {
                    writeln!(f, "{name}{{result=\"{result}\"}} {count}")?;
                }
            }
        }
        Ok(())
    }
}

//! Everything that the clients were told, and whether it is still true.

use crate::client::{Client, Contract, Issue, Pair, Wanted};

/// What is known of a credential from the answers.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) wanted: Wanted,
    pub(crate) pair: Pair,
    pub(crate) revocation: Revocation,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Revocation {
    NotAsked,
    Asked,
    Acknowledged,
}

/// What a server may remember from before it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Memory {
    /// It has just started.
    Empty,
    /// It accepted pairs before they were revoked, and may do so until its cache forgets them.
    Kept,
}

/// What was acknowledged and is not so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lost {
    pub(crate) credentials: usize,
    pub(crate) revocations: usize,
    /// Credentials of which there is a part.
    pub(crate) half_made: usize,
}

/// Everything that the clients were told, and asked.
#[derive(Default)]
pub(crate) struct Record {
    pub(crate) known: Vec<Known>,
    /// What was asked for without an answer.
    pub(crate) unanswered: Vec<Wanted>,
    pub(crate) lost: Lost,
}

impl Record {
    pub(crate) fn add(&mut self, other: Self) {
        self.known.extend(other.known);
        self.unanswered.extend(other.unanswered);
        self.lost.credentials += other.lost.credentials;
    }

    /// How many credentials of a contract are known to be in this state.
    pub(crate) fn count(&self, contract: Contract, wanted: Revocation) -> usize {
        let counted = |known: &&Known| known.wanted.contract() == contract && known.revocation == wanted;
        self.known.iter().filter(counted).count()
    }

    /// Asks about everything since this credential.
    pub(crate) async fn check(&mut self, mut client: Client, memory: Memory, since: usize) {
        let listed = client.list().await.unwrap();
        for Known { wanted, pair, revocation } in &self.known[since..] {
            let contract = wanted.contract();
            let is_hidden = contract == Contract::EntryTarget && memory == Memory::Kept;
            match revocation {
                Revocation::NotAsked if !client.is_accepted(contract, pair, &listed).await.unwrap() => {
                    self.lost.credentials += 1;
                }
                Revocation::Acknowledged => {
                    let is_accepted =
                        !is_hidden && client.is_accepted(contract, pair, &listed).await.unwrap();
                    // Whatever is remembered of a pair, the table decides what there is to revoke.
                    let is_there =
                        contract == Contract::EntryTarget && client.revoke(contract, pair).await.unwrap();
                    if is_accepted || is_there {
                        self.lost.revocations += 1;
                    }
                }
                _ => {}
            }
            if !client.is_whole(wanted, pair).await {
                self.lost.half_made += 1;
            }
        }
        // What nobody was told of is there with its answer, or not at all; either way asking again gets one that works.
        let since = self.known.len();
        for wanted in std::mem::take(&mut self.unanswered) {
            let pair = match (client.issue(&wanted).await.unwrap(), &wanted) {
                (Issue::Made(pair), _) => pair,
                (Issue::Exists, Wanted::EntryTarget(pair)) => pair.clone(),
                (Issue::Exists, _) => panic!("{wanted:?} can be asked for again"),
            };
            self.known.push(Known { wanted, pair, revocation: Revocation::NotAsked });
        }
        let listed = client.list().await.unwrap();
        for Known { wanted, pair, .. } in &self.known[since..] {
            if !client.is_accepted(wanted.contract(), pair, &listed).await.unwrap() {
                self.lost.half_made += 1;
            }
        }
    }
}

impl Client {
    /// Whether a credential is kept together with its answer: asking again tells the same, or that it is there.
    async fn is_whole(&mut self, wanted: &Wanted, pair: &Pair) -> bool {
        match wanted {
            Wanted::WattShift => true,
            Wanted::Dinie { .. } | Wanted::ShiftAgent { .. } => {
                self.issue(wanted).await.unwrap() == Issue::Made(pair.clone())
            }
            Wanted::EntryTarget(_) => self.issue(wanted).await.unwrap() == Issue::Exists,
        }
    }
}

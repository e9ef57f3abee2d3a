//! What a cleanup file says may still be there.

use std::path::Path;

use super::error::CleanupError;
use super::line::{Asked, Issued, Line, Run};

/// What runs left behind.
#[derive(Clone, Debug, Default)]
pub struct Leftover {
    /// The runs that left something, in order.
    pub runs: Vec<LeftoverRun>,
    /// How many bytes of the file are whole lines.
    pub(super) length: u64,
}

/// How each line begins.
const BEGINNING: &[u8] = br#"{"event":""#;

/// What a run against one deployment left behind.
#[derive(Clone, Debug)]
pub struct LeftoverRun {
    /// The run.
    pub run: Run,
    /// What came to be and was not put away, in order.
    pub issued: Vec<Issued>,
    /// What was asked for, without an answer that tells what came of it.
    pub asked: Vec<Asked>,
}

impl Leftover {
    /// Reads a cleanup file. A last line that is not whole was not acted upon, and counts for nothing.
    ///
    /// # Errors
    /// It cannot be read, or another line is none of a cleanup file.
    pub fn read(path: &Path) -> Result<Self, CleanupError> {
        let read = |source| CleanupError::Read { path: path.to_owned(), source };
        let bytes = std::fs::read(path).map_err(read)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let (lines, rest) = bytes.split_at(whole);
        let mut leftover = Self { runs: Vec::new(), length: whole as u64 };
        let foreign = |number: usize| CleanupError::Foreign { path: path.to_owned(), line: number + 1 };
        let mut count = 0;
        for (number, line) in lines.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let line = serde_json::from_slice(line).map_err(|_| foreign(number))?;
            leftover.add(line).ok_or_else(|| foreign(number))?;
            count = number + 1;
        }
        if !rest.starts_with(BEGINNING) && !BEGINNING.starts_with(rest) {
            return Err(foreign(count));
        }
        leftover.runs.retain(|run| !run.issued.is_empty() || !run.asked.is_empty());
        Ok(leftover)
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// How many things may still be there.
    pub fn count(&self) -> usize {
        self.runs.iter().map(|run| run.issued.len() + run.asked.len()).sum()
    }

    /// Takes notice of a line. `None`: it belongs to no run.
    fn add(&mut self, line: Line) -> Option<()> {
        match line {
            Line::Run(run) => {
                self.runs.push(LeftoverRun { run: *run, issued: Vec::new(), asked: Vec::new() });
            }
            Line::Asked(asked) => self.of(&asked.contract)?.asked.push(asked),
            Line::Refused { contract, request } => {
                self.of(&contract)?.asked.retain(|asked| asked.request != request);
            }
            Line::Issued(issued) => {
                let run = self.of(&issued.contract)?;
                run.asked.retain(|asked| asked.request != issued.request);
                run.issued.retain(|known| (&known.what, &known.id) != (&issued.what, &issued.id));
                run.issued.push(*issued);
            }
            Line::Gone { contract, what, id } => {
                self.of(&contract)?.issued.retain(|known| (&known.what, &known.id) != (&what, &id));
            }
        }
        Some(())
    }

    /// The latest run of this contract.
    fn of(&mut self, contract: &str) -> Option<&mut LeftoverRun> {
        self.runs.iter_mut().rev().find(|run| run.run.contract == contract)
    }
}

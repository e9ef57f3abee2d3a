//! The file in which a run writes down what it issues, before it uses it.
//!
//! Lines are only ever added. A run holds a lock on its file, so that no other process takes it for one that was left
//! behind. The file is removed when everything in it is gone.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::error::CleanupError;
use super::leftover::Leftover;
use super::line::{Line, Run};

/// The name of a cleanup file that nobody named.
pub const DEFAULT: &str = "rescind.cleanup";
/// More files than this are not made beside one that is there.
const MOST: u32 = 99;

/// An open cleanup file. When it is dropped it is removed, unless something in it may still be there.
#[derive(Debug)]
pub struct CleanupFile {
    path: PathBuf,
    file: Mutex<File>,
}

/// The part of a cleanup file that belongs to a run against one deployment. Clones write to the same file.
#[derive(Clone, Debug)]
pub struct Record {
    file: Arc<CleanupFile>,
}

/// Whether a line has to survive that the machine stops. That of the process it survives in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// It has to.
    Machine,
    /// It need not: without it something is asked for once more that is known already.
    Process,
}

impl CleanupFile {
    /// Makes a cleanup file at `path`, or beside it if another run's is there. Second: what earlier runs left behind.
    ///
    /// # Errors
    /// No file can be made there.
    pub fn create(path: &Path) -> Result<(Self, Vec<(PathBuf, Leftover)>), CleanupError> {
        let error = |source| CleanupError::Write { path: path.to_owned(), source };
        let mut earlier = Vec::new();
        let mut number = 1;
        while number <= MOST {
            let candidate = numbered(path, number);
            match open_new(&candidate) {
                Ok(file) => {
                    lock(&file);
                    // Whoever saw it before it was locked may have taken it away as an empty one.
                    if is_at(&file, &candidate) {
                        return Ok((Self { path: candidate, file: Mutex::new(file) }, earlier));
                    }
                }
                Err(exists) if exists.kind() == io::ErrorKind::AlreadyExists => {
                    match Self::open(&candidate) {
                        // The run that it belongs to was ended before it had issued anything.
                        Ok((_, leftover)) if leftover.is_empty() => continue,
                        Ok((file, leftover)) => earlier.push((file.path.clone(), leftover)),
                        Err(CleanupError::InUse { .. }) => {}
                        Err(CleanupError::Read { source, .. })
                            if source.kind() == io::ErrorKind::NotFound =>
                        {
                            continue;
                        }
                        Err(error) => return Err(error),
                    }
                    number += 1;
                }
                Err(source) => return Err(error(source)),
            }
        }
        Err(CleanupError::TooMany { path: path.to_owned() })
    }

    /// Opens the cleanup file of a run that is over, to work it off.
    ///
    /// # Errors
    /// It cannot be read, is no cleanup file, or its run goes on.
    pub fn open(path: &Path) -> Result<(Self, Leftover), CleanupError> {
        let error = |source| CleanupError::Read { path: path.to_owned(), source };
        let file = OpenOptions::new().read(true).append(true).open(path).map_err(error)?;
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            return Err(CleanupError::InUse { path: path.to_owned() });
        }
        let leftover = Leftover::read(path)?;
        // What is added begins on a line of its own.
        file.set_len(leftover.length).map_err(error)?;
        Ok((Self { path: path.to_owned(), file: Mutex::new(file) }, leftover))
    }

    /// The cleanup files that there are by this name, in order.
    pub fn all(path: &Path) -> Vec<PathBuf> {
        (1..=MOST).map(|number| numbered(path, number)).filter(|path| path.exists()).collect()
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Begins the record of a run against one deployment.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn begin(self: &Arc<Self>, run: Run) -> Result<Record, CleanupError> {
        let record = Record { file: Arc::clone(self) };
        let written = self.append(&Line::Run(Box::new(run)), Durability::Machine);
        written.map_err(|source| CleanupError::Write { path: self.path.clone(), source })?;
        Ok(record)
    }

    /// The record of a run that is in it already.
    pub fn resume(self: &Arc<Self>) -> Record {
        Record { file: Arc::clone(self) }
    }

    fn append(&self, line: &Line, durability: Durability) -> io::Result<()> {
        let mut text = serde_json::to_string(line)?;
        text.push('\n');
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let before = file.metadata()?.len();
        if let Err(error) = file.write_all(text.as_bytes()) {
            // Half a line would spoil the next one.
            let _ = file.set_len(before);
            return Err(error);
        }
        match durability {
            Durability::Machine => file.sync_data(),
            Durability::Process => Ok(()),
        }
    }
}

impl Drop for CleanupFile {
    fn drop(&mut self) {
        // Nothing is lost by a file that stays.
        if Leftover::read(&self.path).is_ok_and(|leftover| leftover.is_empty())
            && is_at(self.file.get_mut().unwrap_or_else(PoisonError::into_inner), &self.path)
        {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl Record {
    /// Adds a line.
    ///
    /// # Errors
    /// It could not be written.
    pub(crate) async fn add(&self, line: Line, durability: Durability) -> io::Result<()> {
        let file = Arc::clone(&self.file);
        if durability == Durability::Process {
            return file.append(&line, durability);
        }
        // The disk may take its time.
        let written = tokio::task::spawn_blocking(move || file.append(&line, durability)).await;
        written.unwrap_or_else(|stopped| Err(io::Error::other(stopped)))
    }
}

/// The file itself, or another one beside it.
fn numbered(path: &Path, number: u32) -> PathBuf {
    if number == 1 {
        return path.to_owned();
    }
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}

/// A new file that its owner alone can read.
fn open_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let file = options.open(path)?;
    // The entry in the folder has to survive as well.
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        File::open(folder).and_then(|folder| folder.sync_all())?;
    }
    Ok(file)
}

fn lock(file: &File) {
    // Where nothing can be locked, names alone keep runs apart.
    let _ = file.lock();
}

/// Whether this is the file that the path leads to.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let place = |metadata: &std::fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(open), Ok(there)) => place(&open) == place(&there),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
}

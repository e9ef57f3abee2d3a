//! The cleanup file by itself: what is written, read back, kept and removed.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rescind_specs::Vendor;
use rescind_specs::lifecycle::KindName;

use super::file::{CleanupFile, Durability, Record};
use super::line::{Asked, Documents, Issued, Line, Run, Thing};
use super::{ATTEMPTS, Attempts, CleanupError, Leftover, NotPutAway};
use crate::deployment::Deployment;

const CONTRACT: Vendor = Vendor::ALL[1];

fn run() -> Run {
    let deployment = Deployment::at("http://127.0.0.1:1/v3".parse().unwrap());
    let began = "2026-01-01T00:00:00Z".parse().unwrap();
    Run::of(CONTRACT.contract().unwrap(), &deployment, Documents::Bundled, began)
}

fn key() -> Thing {
    Thing::Credential(KindName("key".to_owned()))
}

fn asked(request: u64) -> Line {
    let words = vec!["0123456789abcdef0123456789abcdef".to_owned()];
    let contract = CONTRACT.name().to_owned();
    Line::Asked(Asked { contract, request, what: key(), id: None, words, by: None })
}

fn issued(request: u64, id: &str) -> Line {
    Line::Issued(Box::new(Issued {
        contract: CONTRACT.name().to_owned(),
        request,
        what: key(),
        id: id.to_owned(),
        secret: None,
        expires_at: None,
        by: None,
    }))
}

fn gone(id: &str) -> Line {
    Line::Gone { contract: CONTRACT.name().to_owned(), what: key(), id: id.to_owned() }
}

fn refused(request: u64) -> Line {
    Line::Refused { contract: CONTRACT.name().to_owned(), request }
}

fn create(path: &Path) -> (Arc<CleanupFile>, Record, usize) {
    let (file, earlier) = CleanupFile::create(path).unwrap();
    let file = Arc::new(file);
    let record = file.begin(run()).unwrap();
    (file, record, earlier.len())
}

async fn add(record: &Record, lines: impl IntoIterator<Item = Line>) {
    for line in lines {
        record.add(line, Durability::Machine).await.unwrap();
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn what_is_not_gone_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c");
    let (file, record, _) = create(&path);
    let lines =
        [asked(1), issued(1, "a"), asked(2), refused(2), asked(3), asked(4), issued(4, "b"), gone("a")];
    add(&record, lines).await;
    let leftover = Leftover::read(&path).unwrap();
    assert_eq!(leftover.count(), 2);
    let [left] = leftover.runs.as_slice() else { panic!("{leftover:?}") };
    assert_eq!(left.run, run());
    assert_eq!(left.issued.iter().map(|issued| issued.id.as_str()).collect::<Vec<_>>(), ["b"]);
    assert_eq!(left.asked.iter().map(|asked| asked.request).collect::<Vec<_>>(), [3]);
    drop((file, record));
    assert_eq!(names(folder.path()), ["c"], "it stays as long as something is left");
}

/// What was revoked and is issued again, with the same identifier, is there again.
#[tokio::test]
async fn what_comes_back_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c");
    let (_file, record, _) = create(&path);
    add(&record, [issued(1, "a"), gone("a"), issued(2, "a")]).await;
    assert_eq!(Leftover::read(&path).unwrap().count(), 1);
}

#[tokio::test]
async fn the_file_goes_when_all_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let (file, record, _) = create(&folder.path().join("c"));
    add(&record, [asked(1), issued(1, "a"), gone("a")]).await;
    drop((file, record));
    assert_eq!(names(folder.path()), Vec::<String>::new());
}

#[cfg(unix)]
#[test]
fn the_file_is_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c");
    let _open = create(&path);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

/// Neither one that goes on nor one that left something loses its file to another run.
#[tokio::test]
async fn runs_keep_out_of_each_others_way() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c");
    let (first, record, earlier) = create(&path);
    assert_eq!(earlier, 0);
    add(&record, [issued(1, "a")]).await;
    let (second, _, earlier) = create(&path);
    assert_eq!(earlier, 0, "a run that goes on has left nothing");
    assert!(matches!(CleanupFile::open(&path), Err(CleanupError::InUse { .. })));
    assert_eq!(names(folder.path()), ["c", "c.2"]);
    drop((first, record));
    let (_third, _, earlier) = create(&path);
    assert_eq!(earlier, 1, "what the first run left is told");
    assert_eq!(names(folder.path()), ["c", "c.2", "c.3"]);
    drop(second);
    assert_eq!(CleanupFile::all(&path), [path.clone(), folder.path().join("c.3")]);
    assert_eq!(Leftover::read(&path).unwrap().count(), 1);
}

/// A run that was killed before it issued anything left nothing to tell.
#[test]
fn an_empty_record_is_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c");
    fs::write(&path, format!("{}\n", serde_json::to_string(&Line::Run(Box::new(run()))).unwrap())).unwrap();
    let (_file, _, earlier) = create(&path);
    assert_eq!(earlier, 0);
    assert_eq!(names(folder.path()), ["c"]);
}

#[test]
fn another_file_is_neither_read_nor_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c");
    for text in ["[contracts.mine]\n", "[contracts.mine]", "\n"] {
        fs::write(&path, text).unwrap();
        assert!(matches!(CleanupFile::create(&path), Err(CleanupError::Foreign { line: 1, .. })), "{text:?}");
        assert!(matches!(CleanupFile::open(&path), Err(CleanupError::Foreign { line: 1, .. })), "{text:?}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

/// A process can be killed, and a disk be full, in the middle of a line.
#[tokio::test]
async fn a_last_line_that_is_not_whole_counts_for_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c");
    let (file, record, _) = create(&path);
    add(&record, [issued(1, "a")]).await;
    drop((file, record));
    let whole = fs::read(&path).unwrap();
    for cut in 0..whole.len() {
        fs::write(&path, &whole[..cut]).unwrap();
        let left = Leftover::read(&path).unwrap();
        assert_eq!(left.count(), 0, "{cut} bytes");
    }
    fs::write(&path, [whole.as_slice(), &br#"{"event":"gone","con"#[..]].concat()).unwrap();
    let (file, left) = CleanupFile::open(&path).unwrap();
    assert_eq!(left.count(), 1);
    let record = Arc::new(file).resume();
    add(&record, [gone("a")]).await;
    drop(record);
    assert!(!path.exists());
}

#[test]
fn a_place_that_cannot_be_written_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let error = CleanupFile::create(&folder.path().join("no/such/folder/c")).unwrap_err();
    assert!(error.to_string().contains("--cleanup FILE"), "{error}");
}

/// How often each of some pieces of work is tried that all come to this.
async fn tried(how: impl Fn(String) -> NotPutAway) -> Vec<u32> {
    let mut attempts = Attempts(ATTEMPTS);
    let mut all = Vec::new();
    for _ in 0..5 {
        let count = std::cell::Cell::new(0);
        let work = async || {
            count.set(count.get() + 1);
            Err(how("why".to_owned()))
        };
        attempts.run(work).await.unwrap_err();
        all.push(count.get());
    }
    all
}

#[tokio::test(start_paused = true)]
async fn whoever_does_not_answer_is_asked_less_and_less() {
    assert_eq!(tried(NotPutAway::Unanswered).await, [5, 3, 1, 0, 0]);
    // Somebody answers: each is worth a try.
    assert_eq!(tried(NotPutAway::Undecided).await, [5, 3, 1, 1, 1]);
    assert_eq!(tried(NotPutAway::Refused).await, [1, 1, 1, 1, 1]);
}

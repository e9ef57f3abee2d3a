//! The program from outside.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

/// A reader that has seen enough is no failure.
#[test]
fn lists_end_quietly_when_nobody_reads_them() {
    for arguments in [&["faults"][..], &["completions", "bash"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let program = Command::new(env!("CARGO_BIN_EXE_rescind-server"))
            .args(arguments)
            .stdout(writer)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = program.wait_with_output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {:?}", output.status);
        assert!(output.stderr.is_empty(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// A process that is ended with its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Whoever reads the log may go away before the server does.
#[test]
fn requests_are_answered_when_nobody_reads_the_log_any_more() {
    let (reader, writer) = std::io::pipe().unwrap();
    let program = Command::new(env!("CARGO_BIN_EXE_rescind-server"))
        .args(["--listen", "127.0.0.1:0", "--contract", "dinie", "--at-root"])
        .stderr(writer)
        .spawn()
        .unwrap();
    let _program = Running(program);
    let mut log = BufReader::new(reader).lines();
    let address = log.find_map(|line| {
        let line = line.unwrap();
        let (_, url) = line.split_once("url=\"http://")?;
        Some(url.trim_end_matches('"').to_owned())
    });
    let address = address.expect("the log says where it listens");
    drop(log);
    for _ in 0..3 {
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.write_all(b"GET /nothing HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
    }
}

#[test]
fn why_it_does_not_start_is_told_once() {
    let program = env!("CARGO_BIN_EXE_rescind-server");
    let arguments = ["--listen", "127.0.0.1:0", "--disturb", "drop,operation=nothingLikeIt"];
    let ended = Command::new(program).args(arguments).output().unwrap();
    let told = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{told}");
    assert_eq!(told.matches("there is no operation").count(), 1, "{told}");
}

//! The result as JUnit XML, which CI servers read: one suite a contract, one case a promise.
//!
//! The format knows no divergence and nothing that is open: a divergence passes and tells what it found, and what is
//! open, or broken and accepted, counts as skipped, with the reason; a case that passes was really exercised.

use std::fmt::Write as _;
use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::subject::Subject;
use super::text::{line, visible};
use super::{Acceptance, Breach, ContractReport, Outcome, Report};
use crate::verdict::Verdict;

/// What the format says of a case.
enum Case {
    Passed,
    Failed,
    Error,
    Skipped,
}

impl Case {
    fn of(subject: &Subject<'_>) -> Self {
        match subject.outcome {
            _ if subject.accepted.is_some() => Self::Skipped,
            Outcome::Judged(Verdict::Pass | Verdict::Divergence) => Self::Passed,
            Outcome::Judged(Verdict::Fail) => Self::Failed,
            Outcome::Judged(Verdict::Error) => Self::Error,
            Outcome::Judged(Verdict::Inconclusive)
            | Outcome::NotExercised(_)
            | Outcome::NotRun(_)
            | Outcome::Pending(_)
            | Outcome::NotObserved(_) => Self::Skipped,
        }
    }
}

/// How many cases came out which way.
#[derive(Clone, Copy, Default)]
struct Sum {
    tests: u64,
    failures: u64,
    errors: u64,
    skipped: u64,
}

impl Sum {
    fn of<'r>(subjects: impl Iterator<Item = Subject<'r>>) -> Self {
        subjects.fold(Self::default(), |mut sum, subject| {
            sum.tests += 1;
            match Case::of(&subject) {
                Case::Passed => {}
                Case::Failed => sum.failures += 1,
                Case::Error => sum.errors += 1,
                Case::Skipped => sum.skipped += 1,
            }
            sum
        })
    }
}

/// Writes `report`, which has passed the redactor, to `out`.
///
/// # Errors
/// Those of `out`.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let sum = Sum::of(Subject::all(report));
    let seconds: f64 = report.contracts.iter().map(|contract| contract.seconds).sum();
    xml.create_element("testsuites")
        .with_attribute(("name", "rescind"))
        .with_attribute(("tests", sum.tests.to_string().as_str()))
        .with_attribute(("failures", sum.failures.to_string().as_str()))
        .with_attribute(("errors", sum.errors.to_string().as_str()))
        .with_attribute(("time", time(seconds).as_str()))
        .write_inner_content(|xml| {
            report.contracts.iter().try_for_each(|contract| suite(report, contract, xml))
        })?;
    // XML has no way to write control characters, and nothing else of it is one.
    let text = String::from_utf8(xml.into_inner()).map_err(io::Error::other)?;
    writeln!(out, "{}", visible(&text))
}

fn suite(report: &Report, contract: &ContractReport, xml: &mut Writer<Vec<u8>>) -> io::Result<()> {
    let sum = Sum::of(Subject::of(contract));
    xml.create_element("testsuite")
        .with_attribute(("name", line(&contract.contract).as_str()))
        .with_attribute(("tests", sum.tests.to_string().as_str()))
        .with_attribute(("failures", sum.failures.to_string().as_str()))
        .with_attribute(("errors", sum.errors.to_string().as_str()))
        .with_attribute(("skipped", sum.skipped.to_string().as_str()))
        .with_attribute(("time", time(contract.seconds).as_str()))
        .write_inner_content(|xml| {
            xml.create_element("properties").write_inner_content(|xml| {
                let requests = contract.requests.to_string();
                let revocations = contract.revocations.to_string();
                let seed = report.seed.to_string();
                let properties = [
                    ("verdict", contract.verdict().to_string()),
                    ("title", line(&contract.title)),
                    ("url", line(&contract.url)),
                    ("version", report.version.clone()),
                    ("seed", seed),
                    ("requests", requests),
                    ("revocations", revocations),
                ];
                for (name, value) in properties {
                    let property = xml.create_element("property").with_attribute(("name", name));
                    property.with_attribute(("value", value.as_str())).write_empty()?;
                }
                Ok(())
            })?;
            Subject::of(contract).try_for_each(|subject| case(&subject, xml))?;
            let notes = notes(contract);
            if notes.is_empty() {
                return Ok(());
            }
            xml.create_element("system-out").write_text_content(BytesText::new(&notes))?;
            Ok(())
        })?;
    Ok(())
}

fn case(subject: &Subject<'_>, xml: &mut Writer<Vec<u8>>) -> io::Result<()> {
    let name = format!("{}: {}", subject.id, line(subject.text));
    // Servers take what stands before the last dot for a package.
    let class = format!("rescind.{}", line(&subject.contract.contract));
    let element = xml
        .create_element("testcase")
        .with_attribute(("name", name.as_str()))
        .with_attribute(("classname", class.as_str()));
    let told = match Case::of(subject) {
        Case::Passed if subject.findings.is_empty() => {
            element.write_empty()?;
            return Ok(());
        }
        Case::Passed => "system-out",
        Case::Failed => "failure",
        Case::Error => "error",
        Case::Skipped => "skipped",
    };
    element.write_inner_content(|xml| {
        let element = xml.create_element(told);
        let element = match told {
            "system-out" => element,
            _ => element.with_attribute(("message", message(subject).as_str())),
        };
        let element = match (told, subject.findings.first()) {
            ("failure" | "error", Some(worst)) => {
                element.with_attribute(("type", worst.finding.check.as_str()))
            }
            _ => element,
        };
        let evidence = evidence(subject);
        let written = if evidence.is_empty() {
            element.write_empty()
        } else {
            element.write_text_content(BytesText::new(&evidence))
        };
        written.map(|_| ())
    })?;
    Ok(())
}

/// Why it is no pass, on one line.
fn message(subject: &Subject<'_>) -> String {
    if let Some(acceptance) = subject.acceptance() {
        return line(&acceptance);
    }
    let worst = subject.findings.first().map(|breach| breach.finding.message.as_str());
    let word = subject.outcome.word();
    match subject.why().or(worst) {
        Some(why) if matches!(subject.outcome, Outcome::Judged(Verdict::Fail | Verdict::Error)) => line(why),
        Some(why) => format!("{word}: {}", line(why)),
        None => format!("{word}; no finding says why"),
    }
}

/// Everything that was found, as text.
fn evidence(subject: &Subject<'_>) -> String {
    let mut text = String::new();
    for breach in subject.findings {
        if !text.is_empty() {
            text.push('\n');
        }
        one(subject, breach, &mut text);
    }
    text
}

fn one(subject: &Subject<'_>, breach: &Breach, text: &mut String) {
    let finding = &breach.finding;
    let mut told = |label: &str, what: &str| {
        if !what.is_empty() {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{label:<13}{what}");
        }
    };
    told("Found:", &finding.message);
    told("Check:", &finding.check);
    told("Verdict:", &finding.verdict.to_string());
    told("Operation:", &subject.operation(breach).unwrap_or_default());
    told("Documented:", &finding.documented);
    told("Received:", &finding.received);
    told("Breaks:", &subject.breaks(breach).unwrap_or_default());
    told("Source:", &subject.source().unwrap_or_default());
    told("Contract:", finding.place.as_deref().unwrap_or_default());
    told("Seen:", &Subject::seen(breach).unwrap_or_default());
    told("Seed:", finding.sequence.as_ref().map(|sequence| sequence.seed.as_str()).unwrap_or_default());
    if !breach.steps.is_empty() {
        text.push_str("Shortest sequence:\n");
        for (number, step) in breach.steps.iter().enumerate() {
            let _ = writeln!(text, "  {:>2}. {}", number + 1, step);
        }
    }
    if !breach.reproduction.is_empty() {
        text.push_str("Reproduce with:\n");
        for line in &breach.reproduction {
            let _ = writeln!(text, "  {line}");
        }
    }
}

/// What concerns the whole suite and no case.
fn notes(contract: &ContractReport) -> String {
    let mut text = String::new();
    let all = |list: &[String]| list.iter().map(|id| line(id)).collect::<Vec<_>>().join(", ");
    if !contract.left_behind.is_empty() {
        let ids = all(&contract.left_behind);
        let _ = writeln!(text, "left behind and not revoked, please revoke by hand: {ids}");
    }
    if !contract.perhaps_left_behind.is_empty() {
        let what = all(&contract.perhaps_left_behind);
        let _ = writeln!(text, "perhaps left behind, for nobody answered whether it was issued: {what}");
    }
    for note in contract.acceptances.iter().filter_map(Acceptance::note) {
        let _ = writeln!(text, "{}", line(&note));
    }
    text
}

/// Seconds, in the only spelling that all readers take.
fn time(seconds: f64) -> String {
    // The sum of nothing has a sign, which the schema forbids.
    format!("{:.3}", seconds.abs())
}

//! What is wrong with a document, and where: one diagnostic, and why a document could not be loaded.

use std::{fmt, io, path::PathBuf, sync::Arc};

use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};

use crate::{
    excerpt::Excerpt,
    pointer::Pointer,
    report::report,
    source::{Position, Source},
};

/// How bad a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The document can be used, but probably does not say what its author meant.
    Warning,
    /// The document cannot be used.
    Error,
}

/// One mistake in a document.
///
/// `Display` is one line: `file:line:column: message (at /pointer); help`.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// Name of the document, as its user gave it.
    pub file: Arc<str>,
    /// Where in the text, if the place is known.
    pub position: Option<Position>,
    /// The value meant.
    pub pointer: Pointer,
    /// What is wrong, in lower case.
    pub message: Box<str>,
    /// What to do about it.
    pub help: Option<Box<str>>,
    /// How bad it is.
    pub severity: Severity,
    context: Box<Context>,
}

#[derive(Clone, Debug)]
struct Context {
    source: Source,
    key: Option<(Source, Position)>,
    /// The pointer in the text that is shown, if it is another one than in the document.
    shown: Option<Pointer>,
    /// How the value was read all the same.
    reading: Option<Box<str>>,
    /// The rule that found it.
    rule: Option<&'static str>,
}

impl Diagnostic {
    pub(crate) fn new(
        source: &Source,
        pointer: Pointer,
        value: Option<Position>,
        key: Option<(Source, Position)>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            file: source.shared_name(),
            position: value,
            pointer,
            message: message.into().into(),
            help: None,
            severity: Severity::Error,
            context: Box::new(Context {
                source: source.clone(),
                key,
                shown: None,
                reading: None,
                rule: None,
            }),
        }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into().into());
        self
    }

    /// Points at the key of the value instead of the value.
    #[must_use]
    pub fn at_key(mut self) -> Self {
        if let Some((source, key)) = self.context.key.clone() {
            self.file = source.shared_name();
            self.context.source = source;
            self.position = Some(key);
        }
        self
    }

    /// Shows another pointer than that of the value in the document.
    pub(crate) fn shown_at(mut self, pointer: Option<Pointer>) -> Self {
        self.context.shown = pointer;
        self
    }

    /// Says how the value was read all the same, which makes this a warning.
    pub(crate) fn read_as(mut self, reading: impl Into<String>) -> Self {
        self.context.reading = Some(reading.into().into());
        self.as_warning()
    }

    /// What diagnostics are sorted by: the file, then the place in it.
    pub(crate) fn in_text(&self) -> (&str, usize) {
        (&self.file, self.position.as_ref().map_or(0, |position| position.range.start))
    }

    /// The pointer as it is in the file that the diagnostic shows.
    fn shown(&self) -> &Pointer {
        self.context.shown.as_ref().unwrap_or(&self.pointer)
    }

    /// Names the rule that found it.
    pub(crate) fn found_by(mut self, rule: &'static str) -> Self {
        self.context.rule = Some(rule);
        self
    }

    /// The rule that found it, where it is one that can be explained.
    pub fn rule(&self) -> Option<&'static str> {
        self.context.rule
    }

    /// Lowers the severity.
    #[must_use]
    pub fn as_warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// What makes two diagnostics the same mistake at two places.
    pub(crate) fn mistake(&self) -> (Severity, &str, &str, Option<&str>, Option<&str>) {
        (self.severity, &self.file, &self.message, self.context.reading.as_deref(), self.help.as_deref())
    }

    /// The message with its place in the text, the line and the help, for a person at a terminal.
    pub fn render(&self, color: bool) -> String {
        self.rendered(color, None)
    }

    /// As [`Diagnostic::render`], with a remark about other places.
    pub(crate) fn rendered(&self, color: bool, others: Option<&str>) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let title = level.primary_title(&*self.message);
        let title = if let Some(rule) = self.context.rule { title.id(rule) } else { title };
        let mut shown = 0;
        let mut group = match &self.position {
            Some(position) => {
                let excerpt = Excerpt::of(&self.context.source, position);
                shown = excerpt.column();
                title.element(
                    Snippet::source(excerpt.text)
                        .path(&*self.file)
                        .line_start(excerpt.line)
                        .annotation(AnnotationKind::Primary.span(excerpt.underlined)),
                )
            }
            None => title.element(Origin::path(&*self.file)),
        };
        if !self.shown().as_str().is_empty() {
            group = group.element(Level::NOTE.message(format!("at {}", self.shown())));
        }
        if let Some(reading) = &self.context.reading {
            group = group.element(Level::NOTE.message(&**reading));
        }
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(&**help));
        }
        if let Some(others) = others {
            group = group.element(Level::NOTE.message(others));
        }
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        let text = renderer.render(&[group]);
        let Some(position) = self.position.as_ref().filter(|position| position.column != shown) else {
            return text;
        };
        // Of a long line only a part is shown, and its columns are not those of the line.
        let place = |column| format!("{}:{}:{column}", self.file, position.line);
        text.replacen(&place(shown), &place(position.column), 1)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(position) = &self.position {
            write!(f, ":{}:{}", position.line, position.column)?;
        }
        write!(f, ": {}", self.message)?;
        if let Some(rule) = self.context.rule {
            write!(f, " [{rule}]")?;
        }
        if !self.shown().as_str().is_empty() {
            write!(f, " (at {})", self.shown())?;
        }
        if let Some(reading) = &self.context.reading {
            write!(f, "; {reading}")?;
        }
        if let Some(help) = &self.help {
            write!(f, "; {help}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostic {}

/// Why a document could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The document has mistakes; never empty.
    #[error("{}", lines(.0))]
    Invalid(Vec<Diagnostic>),
}

impl LoadError {
    /// All mistakes with their place in the text, for a person at a terminal.
    pub fn render(&self, color: bool) -> String {
        match self {
            LoadError::Io { .. } => {
                let renderer = if color { Renderer::styled() } else { Renderer::plain() };
                let title = Level::ERROR.primary_title(self.to_string());
                renderer.render(&[annotate_snippets::Group::with_title(title)])
            }
            LoadError::Invalid(diagnostics) => report(diagnostics, color),
        }
    }
}

impl From<Diagnostic> for LoadError {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Invalid(vec![diagnostic])
    }
}

fn lines(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

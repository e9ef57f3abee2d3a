//! Text to a tree of values that remember where they stand: YAML 1.2 core schema, and JSON as a part of it.

mod json;
mod node;
mod scalar;

use std::{borrow::Cow, collections::HashMap, ops::Range, sync::Arc};

use granit_parser::{
    ErrorKind, Event, Marker, Parser, ScalarStyle, ScanError, Span as Scanned, StructureStyle, Tag,
};
use indexmap::IndexMap;
use serde_json::Value;

pub(crate) use self::node::{Content, Member, Node, Span};
use self::scalar::plain;
use crate::{error::Diagnostic, pointer::Pointer, source::Source};

/// Deepest nesting of collections, aliases followed; real descriptions stay below 40.
const MAX_DEPTH: usize = 128;
/// Largest value after aliases are expanded, in bytes of memory, roughly.
const MAX_WEIGHT: usize = 128 << 20;
/// What a value weighs apart from its text.
const VALUE_WEIGHT: usize = 64;

/// Most quoted texts in one document whose lines may stand outside of the indentation around them.
const MAX_LOOSE: usize = 32;

/// Reads one document whose root is a mapping; `file` is the number that its spans get.
///
/// The warnings are about places that YAML does not allow and that can be read all the same.
pub(crate) fn parse(source: &Source, file: u32) -> Result<(Arc<Node>, Vec<Diagnostic>), Vec<Diagnostic>> {
    if let Some(root) = json::read(source.text(), file) {
        return Ok((root, Vec::new()));
    }
    let mut first = match attempt(source, file, source.text()) {
        Ok(root) => return Ok((root, Vec::new())),
        Err(failure) => failure,
    };
    let mut warnings = Vec::new();
    let mut text = Cow::Borrowed(source.text());
    let mut loose = first.loose.take();
    while let Some(lines) = loose.take().filter(|_| warnings.len() < MAX_LOOSE) {
        let breaks = text.get(lines.clone()).unwrap_or_default();
        let line = lines.start + breaks.len() - breaks.trim_start().len();
        let position = source.position(line..line + 1);
        let message = "this line of a quoted text is not indented deeper than its key";
        warnings.push(
            Diagnostic::new(source, Pointer::root(), Some(position), None, message)
                .with_help("close the quote before it if it is no part of the text, else indent it")
                .as_warning(),
        );
        // A single line break is read as a space, so the value stays what it was, and all places too.
        let Some(joined) = text.get(lines.clone()).map(|text| text.replace(['\n', '\r'], " ")) else { break };
        text.to_mut().replace_range(lines, &joined);
        match attempt(source, file, &text) {
            Ok(root) => return Ok((root, warnings)),
            Err(failure) => loose = failure.loose,
        }
    }
    Err(first.errors)
}

/// Why a text was not read.
struct Failure {
    errors: Vec<Diagnostic>,
    /// The line breaks and lines of a quoted text that stand outside of the indentation around it.
    loose: Option<Range<usize>>,
}

/// Reads `text`, which has the same places as that of `source`.
fn attempt(source: &Source, file: u32, text: &str) -> Result<Arc<Node>, Failure> {
    let mut builder =
        Builder { source, file, stack: Vec::new(), anchors: HashMap::new(), root: None, errors: Vec::new() };
    let mut documents = 0_usize;
    let mut read = 0;
    let mut loose = None;
    let mut options = granit_parser::options! {
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    options.set_emit_comments(false);
    for event in Parser::new_from_str_with_options(text, options) {
        match event {
            Ok((Event::DocumentStart(..), span)) => {
                documents += 1;
                if documents > 1 {
                    let message = "a second document starts here; a file holds exactly one";
                    let diagnostic = builder.diagnostic(builder.range(&span), message);
                    builder.errors.push(diagnostic.with_help("put it into a file of its own"));
                    break;
                }
            }
            Ok((event, span)) => {
                read = builder.offset(span.end);
                if builder.event(event, &span).is_err() {
                    break;
                }
            }
            Err(error) => {
                if matches!(error.kind(), ErrorKind::InvalidQuotedScalarIndent) && builder.errors.is_empty() {
                    loose = loose_lines(text, read, builder.offset(*error.marker()));
                }
                builder.scan_error(&error);
                break;
            }
        }
    }
    builder.finish().map_err(|errors| Failure { errors, loose })
}

/// From the line break before `at`, which is within a quoted text that starts behind `read`, to its closing quote.
fn loose_lines(text: &str, read: usize, at: usize) -> Option<Range<usize>> {
    let quote = *text.as_bytes().get(read..at)?.iter().find(|byte| matches!(byte, b'"' | b'\''))?;
    let start = text.get(..at)?.trim_end_matches([' ', '\t']).trim_end_matches(['\n', '\r']).len();
    let mut bytes = text.bytes().enumerate().skip(at).peekable();
    while let Some((index, byte)) = bytes.next() {
        match byte {
            b'\\' if quote == b'"' => {
                bytes.next();
            }
            b'\'' if quote == b'\'' && bytes.peek().is_some_and(|(_, next)| *next == b'\'') => {
                bytes.next();
            }
            found if found == quote => return Some(start..index),
            _ => {}
        }
    }
    None
}

/// The error is already recorded and the rest of the text cannot be understood.
struct Stop;

struct Builder<'s> {
    source: &'s Source,
    file: u32,
    stack: Vec<Open>,
    anchors: HashMap<usize, Arc<Node>>,
    root: Option<Arc<Node>>,
    errors: Vec<Diagnostic>,
}

/// A collection whose end has not been read.
struct Open {
    range: Range<usize>,
    style: StructureStyle,
    anchor: usize,
    content: Collection,
}

enum Collection {
    Sequence(Vec<Arc<Node>>),
    Mapping { members: IndexMap<String, Member>, key: Option<Key>, merged: Vec<Arc<Node>> },
}

struct Key {
    name: KeyName,
    range: Range<usize>,
}

enum KeyName {
    Text(String),
    Merge,
    /// Reported already; its value is read and dropped.
    Invalid,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, span: &Scanned) -> Result<(), Stop> {
        let range = self.range(span);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                if self.wants_key() {
                    self.key(&text, style, range);
                    return Ok(());
                }
                let value = self.scalar(&text, style, tag.as_deref(), &range);
                let range = if range.is_empty() { self.key_range().unwrap_or(range) } else { range };
                let node = Node {
                    span: Span::new(self.file, &range),
                    moved: None,
                    depth: 0,
                    weight: VALUE_WEIGHT + text.len(),
                    content: Content::Scalar(value),
                };
                self.add(Arc::new(node), anchor);
                Ok(())
            }
            Event::SequenceStart(style, anchor, _) => {
                self.open(range, style, anchor, Collection::Sequence(Vec::new()))
            }
            Event::MappingStart(style, anchor, _) => {
                let content = Collection::Mapping { members: IndexMap::new(), key: None, merged: Vec::new() };
                self.open(range, style, anchor, content)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(&range),
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor).cloned() else {
                    self.error(range, "this alias stands within the value it refers to");
                    return Err(Stop);
                };
                if self.wants_key() {
                    let name = match &node.content {
                        Content::Scalar(Value::String(text)) => text.clone(),
                        _ => String::new(),
                    };
                    self.key(&name, ScalarStyle::DoubleQuoted, range);
                    return Ok(());
                }
                self.add(node, 0);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Whether the next value is the key of a mapping.
    fn wants_key(&self) -> bool {
        matches!(self.stack.last(), Some(Open { content: Collection::Mapping { key: None, .. }, .. }))
    }

    fn key_range(&self) -> Option<Range<usize>> {
        match &self.stack.last()?.content {
            Collection::Mapping { key, .. } => key.as_ref().map(|key| key.range.clone()),
            Collection::Sequence(_) => None,
        }
    }

    fn key(&mut self, text: &str, style: ScalarStyle, range: Range<usize>) {
        let plain = style == ScalarStyle::Plain;
        let name = if plain && text == "<<" {
            KeyName::Merge
        } else if plain && range.is_empty() {
            self.error(range.clone(), "a key is missing before this colon");
            KeyName::Invalid
        } else {
            self.duplicate(text, &range);
            KeyName::Text(text.to_owned())
        };
        if let Some(Open { content: Collection::Mapping { key, .. }, .. }) = self.stack.last_mut() {
            *key = Some(Key { name, range });
        }
    }

    fn duplicate(&mut self, text: &str, range: &Range<usize>) {
        let Some(Open { content: Collection::Mapping { members, .. }, .. }) = self.stack.last() else {
            return;
        };
        let Some(first) = members.get(text) else { return };
        let first = self.source.position(first.key.range());
        let pointer = self.place().join(text);
        let position = self.source.position(range.clone());
        let message = format!("duplicate key `{text}`");
        self.errors.push(
            Diagnostic::new(self.source, pointer, Some(position), None, message)
                .with_help(format!("the first is at line {}; keep one of them", first.line)),
        );
    }

    fn open(
        &mut self,
        range: Range<usize>,
        style: StructureStyle,
        anchor: usize,
        content: Collection,
    ) -> Result<(), Stop> {
        if self.stack.len() >= MAX_DEPTH {
            self.error(range, format!("nested deeper than {MAX_DEPTH} levels"));
            return Err(Stop);
        }
        self.stack.push(Open { range, style, anchor, content });
        Ok(())
    }

    fn close(&mut self, end: &Range<usize>) -> Result<(), Stop> {
        let Some(open) = self.stack.pop() else { return Ok(()) };
        let mut last = open.range.end;
        let (mut depth, mut weight) = (0, VALUE_WEIGHT);
        let mut count = |node: &Node, extra: usize| {
            depth = depth.max(node.depth);
            weight = weight.saturating_add(node.weight).saturating_add(extra);
        };
        let content = match open.content {
            Collection::Sequence(items) => {
                for item in &items {
                    count(item, 0);
                    last = last.max(item.span.range().end);
                }
                Content::Sequence(items)
            }
            Collection::Mapping { mut members, merged, .. } => {
                for source in merged {
                    let Content::Mapping(inherited) = &source.content else { continue };
                    for (name, member) in inherited {
                        if !members.contains_key(name) {
                            members.insert(name.clone(), member.clone());
                        }
                    }
                }
                for (name, member) in &members {
                    count(&member.value, name.len());
                    last = last.max(member.value.span.range().end);
                }
                Content::Mapping(members)
            }
        };
        let last = match open.style {
            StructureStyle::Flow => end.end,
            StructureStyle::Block => last.min(end.end),
        };
        let range = open.range.start..last.max(open.range.start);
        if weight > MAX_WEIGHT && !self.anchors.is_empty() {
            self.error(range, "aliases make this value too large");
            return Err(Stop);
        }
        if depth + self.stack.len() >= MAX_DEPTH {
            self.error(range, format!("aliases nest this value deeper than {MAX_DEPTH} levels"));
            return Err(Stop);
        }
        let span = Span::new(self.file, &range);
        self.add(Arc::new(Node { span, moved: None, depth: depth + 1, weight, content }), open.anchor);
        Ok(())
    }

    fn add(&mut self, node: Arc<Node>, anchor: usize) {
        let file = self.file;
        if anchor != 0 {
            self.anchors.insert(anchor, Arc::clone(&node));
        }
        let Some(Open { content, .. }) = self.stack.last_mut() else {
            self.root = Some(node);
            return;
        };
        match content {
            Collection::Sequence(items) => items.push(node),
            Collection::Mapping { members, key, merged } => match key.take() {
                None => {
                    *key = Some(Key { name: KeyName::Invalid, range: node.span.range() });
                    let message = format!("a key must be a single value, found {}", node.kind());
                    self.error(node.span.range(), message);
                }
                Some(Key { name: KeyName::Invalid, .. }) => {}
                Some(Key { name: KeyName::Text(name), range }) => {
                    members.entry(name).or_insert(Member { key: Span::new(file, &range), value: node });
                }
                Some(Key { name: KeyName::Merge, .. }) => match &node.content {
                    Content::Mapping(_) => merged.push(node),
                    Content::Sequence(items) => merged.extend(items.iter().map(Arc::clone)),
                    Content::Scalar(_) => {
                        let message = "only a mapping can be merged with `<<`";
                        self.error(node.span.range(), message);
                    }
                },
            },
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, range: &Range<usize>) -> Value {
        let resolved = match tag.map(|tag| (tag, tag.core_suffix())) {
            None if style == ScalarStyle::Plain => plain(text),
            None | Some((_, Some("str"))) => Some(Value::from(text)),
            Some((_, Some(_))) => plain(text),
            Some((tag, None)) if tag.handle().is_empty() || tag.suffix().is_empty() => {
                Some(Value::from(text))
            }
            Some((tag, None)) => {
                self.error(range.clone(), format!("the tag `{}` is not supported", tag.original()));
                return Value::Null;
            }
        };
        resolved.unwrap_or_else(|| {
            self.errors.push(
                self.diagnostic(range.clone(), format!("`{text}` is no number that JSON can express"))
                    .with_help("quote it if it is meant as text"),
            );
            Value::Null
        })
    }

    /// The pointer to the value being read.
    fn place(&self) -> Pointer {
        self.stack.iter().fold(Pointer::root(), |at, open| match &open.content {
            Collection::Sequence(items) => at.index(items.len()),
            Collection::Mapping { key: Some(Key { name: KeyName::Text(name), .. }), .. } => at.join(name),
            Collection::Mapping { .. } => at,
        })
    }

    fn diagnostic(&self, range: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.source, self.place(), Some(self.source.position(range)), None, message)
    }

    fn error(&mut self, range: Range<usize>, message: impl Into<String>) {
        let diagnostic = self.diagnostic(range, message);
        self.errors.push(diagnostic);
    }

    fn scan_error(&mut self, error: &ScanError) {
        let at = self.offset(*error.marker());
        let text = self.source.text();
        let line_start =
            text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
        let line = text.get(line_start..).unwrap_or_default();
        let indentation = line.len() - line.trim_start_matches([' ', '\t']).len();
        let tab = line.get(..indentation).and_then(|blank| blank.find('\t'));
        let in_flow = self.stack.iter().any(|open| open.style == StructureStyle::Flow);
        let width = text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        let (range, message, help) = match (error.kind(), tab) {
            (ErrorKind::RecursionLimitExceeded, _) => {
                (at..at + width, format!("nested deeper than {MAX_DEPTH} levels"), None)
            }
            (_, Some(tab)) if !in_flow => {
                let tab = line_start + tab;
                (tab..tab + 1, "a tab cannot be used for indentation".to_owned(), Some("indent with spaces"))
            }
            (ErrorKind::InvalidQuotedScalarIndent, _) => (
                at..at + width,
                format!("syntax error: {}", error.info()),
                Some("close the quote, or indent this line deeper than the key of the text"),
            ),
            _ => (at..at + width, format!("syntax error: {}", error.info()), None),
        };
        // A pointer would say where the parser was, not what is wrong; the position is exact.
        let position = Some(self.source.position(range));
        let diagnostic = Diagnostic::new(self.source, Pointer::root(), position, None, message);
        self.errors.push(match help {
            Some(help) => diagnostic.with_help(help),
            None => diagnostic,
        });
    }

    fn range(&self, span: &Scanned) -> Range<usize> {
        let start = self.offset(span.start);
        start..self.offset(span.end).max(start)
    }

    fn offset(&self, marker: Marker) -> usize {
        marker.byte_offset().unwrap_or_else(|| {
            self.source
                .text()
                .char_indices()
                .nth(marker.index())
                .map_or(self.source.text().len(), |(at, _)| at)
        })
    }

    fn finish(mut self) -> Result<Arc<Node>, Vec<Diagnostic>> {
        if !self.errors.is_empty() {
            return Err(self.errors);
        }
        self.stack.clear();
        let help = "start with `openapi: 3.0.3`";
        match self.root.take() {
            Some(root) if matches!(root.content, Content::Mapping(_)) => Ok(root),
            Some(root) if !matches!(root.content, Content::Scalar(Value::Null)) => {
                let message = format!("the document must be a mapping, found {}", root.kind());
                Err(vec![self.diagnostic(root.span.range(), message)])
            }
            _ => Err(vec![self.diagnostic(0..0, "the document is empty").with_help(help)]),
        }
    }
}

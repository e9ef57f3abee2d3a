//! Which operation a method and a path mean.
//!
//! The path is matched here and not by the web framework, whose templates take one parameter a segment and refuse
//! documents in which two paths name their parameters differently. Here every document can be served.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use http::Method;
use rescind_specs::{Contract, Operation, PathPiece};

use super::text;

/// All documented paths, most specific first within a number of segments.
#[derive(Debug)]
pub(crate) struct Routes {
    by_length: Vec<Vec<Template>>,
    /// The places of the templates without parameters, by the path that they are.
    literal: HashMap<String, (usize, usize)>,
}

/// A request that found its operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routed {
    /// The operation, by its place in the contract.
    pub operation: usize,
    /// The path parameters by name, still percent-encoded.
    pub(crate) values: Vec<(Arc<str>, String)>,
}

/// Why a request found no operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unrouted {
    UnknownPath,
    MethodNotAllowed(Vec<Method>),
}

/// One path template with the operations on it.
#[derive(Debug)]
struct Template {
    segments: Vec<Segment>,
    /// Of its parameters, in order.
    names: Vec<Arc<str>>,
    operations: Vec<(Method, usize)>,
}

/// The pieces between two slashes.
#[derive(Debug)]
struct Segment(Vec<PathPiece>);

impl Routes {
    pub(crate) fn new(contract: &Contract) -> Self {
        let mut by_length: Vec<Vec<Template>> = Vec::new();
        for (index, operation) in contract.operations().iter().enumerate() {
            let segments = segments(operation);
            if by_length.len() <= segments.len() {
                by_length.resize_with(segments.len() + 1, Vec::new);
            }
            let Some(templates) = by_length.get_mut(segments.len()) else { continue };
            let method = operation.method.clone();
            match templates.iter_mut().find(|known| same(&known.segments, &segments)) {
                Some(known) => known.operations.push((method, index)),
                None => templates.push(Template::new(segments, (method, index))),
            }
        }
        let mut literal = HashMap::new();
        for (length, templates) in by_length.iter_mut().enumerate() {
            // Stable: among equals the document's order decides.
            templates.sort_by(Template::compare);
            for (place, template) in templates.iter().enumerate() {
                if let Some(path) = template.literal() {
                    literal.entry(path).or_insert((length, place));
                }
            }
        }
        Self { by_length, literal }
    }

    /// The template that is `path` to the letter, none of which is encoded. No other one without parameters matches.
    fn exact(&self, path: &str) -> Option<&Template> {
        let (length, place) = self.literal.get(path)?;
        self.by_length.get(*length)?.get(*place)
    }

    /// The operation of `method` at the most specific template that matches `path`, which starts with a slash.
    pub(crate) fn find(&self, method: &Method, path: &str) -> Result<Routed, Unrouted> {
        if let Some(routed) = self.exact(path).and_then(|exact| exact.routed(method, Vec::new())) {
            return Ok(routed);
        }
        let path = path.strip_prefix('/').unwrap_or(path);
        let length = path.bytes().filter(|byte| *byte == b'/').count() + 1;
        let mut matching = self
            .by_length
            .get(length)
            .into_iter()
            .flatten()
            .filter_map(|template| Some((template, template.captures(path)?)));
        let Some((first, captures)) = matching.next() else { return Err(Unrouted::UnknownPath) };
        if let Some(routed) = first.routed(method, captures) {
            return Ok(routed);
        }
        let mut allowed: Vec<Method> = first.methods().collect();
        // Templates that differ in the names of their parameters only are one path.
        for (template, captures) in matching.filter(|(other, _)| other.compare(first) == Ordering::Equal) {
            if let Some(routed) = template.routed(method, captures) {
                return Ok(routed);
            }
            allowed.extend(template.methods());
        }
        Err(Unrouted::MethodNotAllowed(allowed))
    }
}

impl Template {
    fn new(segments: Vec<Segment>, operation: (Method, usize)) -> Self {
        let names = segments.iter().flat_map(|segment| &segment.0).filter_map(|piece| match piece {
            PathPiece::Parameter(name) => Some(Arc::from(name.as_str())),
            PathPiece::Literal(_) => None,
        });
        Self { names: names.collect(), operations: vec![operation], segments }
    }

    /// The path that this is, if there is just one and nothing of it needs an encoding.
    fn literal(&self) -> Option<String> {
        let mut path = String::new();
        for Segment(pieces) in &self.segments {
            path.push('/');
            for piece in pieces {
                match piece {
                    PathPiece::Literal(text) if !text.contains(['%', '/']) => path.push_str(text),
                    _ => return None,
                }
            }
        }
        Some(path)
    }

    /// What the parameters take of a path that has as many segments.
    fn captures<'p>(&self, path: &'p str) -> Option<Vec<&'p str>> {
        let mut captures = Vec::new();
        for (segment, part) in self.segments.iter().zip(path.split('/')) {
            segment.capture(part, &mut captures)?;
        }
        Some(captures)
    }

    fn routed(&self, method: &Method, captures: Vec<&str>) -> Option<Routed> {
        let (_, operation) = self.operations.iter().find(|(known, _)| known == method)?;
        let values = self.names.iter().cloned().zip(captures.into_iter().map(str::to_owned)).collect();
        Some(Routed { operation: *operation, values })
    }

    fn methods(&self) -> impl Iterator<Item = Method> {
        self.operations.iter().map(|(method, _)| method.clone())
    }

    /// Concrete segments come before templated ones (OpenAPI 3.0.3, Path Templating).
    fn compare(&self, other: &Self) -> Ordering {
        let rank = |template: &Self| template.segments.iter().map(Segment::rank).collect::<Vec<_>>();
        rank(self).cmp(&rank(other))
    }
}

impl Segment {
    /// Lower is more specific: no parameter, then the more literal text the better, then a parameter alone.
    fn rank(&self) -> (u8, usize) {
        let literal: usize = self
            .0
            .iter()
            .map(|piece| match piece {
                PathPiece::Literal(text) => text.len(),
                PathPiece::Parameter(_) => 0,
            })
            .sum();
        match self.0.iter().any(|piece| matches!(piece, PathPiece::Parameter(_))) {
            false => (0, 0),
            true if literal > 0 => (1, usize::MAX - literal),
            true => (2, 0),
        }
    }

    /// Matches one segment of a path. Each parameter takes at least one byte and as few as possible, save the last.
    fn capture<'p>(&self, part: &'p str, captures: &mut Vec<&'p str>) -> Option<()> {
        match self.0.as_slice() {
            [] => return part.is_empty().then_some(()),
            [PathPiece::Literal(literal)] if literal == part => return Some(()),
            [PathPiece::Literal(_)] if !part.contains('%') => return None,
            [PathPiece::Parameter(_)] => {
                return (!part.is_empty()).then(|| captures.push(part));
            }
            _ => {}
        }
        let units = text::units(part).ok()?;
        // Where each decoded byte begins in `part`.
        let mut starts: Vec<usize> = Vec::with_capacity(units.len() + 1);
        let mut at = 0;
        for (_, encoded) in &units {
            starts.push(at);
            at += if *encoded { 3 } else { 1 };
        }
        starts.push(at);

        let mut here = 0;
        let mut open = None;
        for (index, piece) in self.0.iter().enumerate() {
            match piece {
                PathPiece::Parameter(_) => {
                    if let Some(begin) = open.replace(here) {
                        // Two parameters side by side: the first takes one byte.
                        here = begin + 1;
                        captures.push(part.get(*starts.get(begin)?..*starts.get(here)?)?);
                        open = Some(here);
                    }
                }
                PathPiece::Literal(literal) => {
                    let literal = literal.as_bytes();
                    let last = index + 1 == self.0.len();
                    here = match open.take() {
                        None if last && literal.len() != units.len().checked_sub(here)? => return None,
                        None => matches_at(&units, here, literal).then_some(here + literal.len())?,
                        Some(begin) => {
                            let end = if last {
                                let end = units.len().checked_sub(literal.len())?;
                                (end > begin && matches_at(&units, end, literal)).then_some(end)?
                            } else {
                                (begin + 1..units.len()).find(|end| matches_at(&units, *end, literal))?
                            };
                            captures.push(part.get(*starts.get(begin)?..*starts.get(end)?)?);
                            end + literal.len()
                        }
                    };
                }
            }
        }
        match open {
            Some(begin) if begin < units.len() => captures.push(part.get(*starts.get(begin)?..)?),
            Some(_) => return None,
            None if here != units.len() => return None,
            None => {}
        }
        Some(())
    }
}

/// RFC 3986 §2.2.
const RESERVED: &[u8] = b":/?#[]@!$&'()*+,;=";

/// Whether `literal` stands at `at`. A reserved character does not equal its percent-encoding (RFC 3986 §2.2).
fn matches_at(units: &[(u8, bool)], at: usize, literal: &[u8]) -> bool {
    units.get(at..at + literal.len()).is_some_and(|found| {
        found
            .iter()
            .zip(literal)
            .all(|((byte, encoded), wanted)| byte == wanted && (!encoded || !RESERVED.contains(byte)))
    })
}

fn segments(operation: &Operation) -> Vec<Segment> {
    let mut segments = vec![Segment(Vec::new())];
    for (index, piece) in operation.path.pieces().iter().enumerate() {
        let mut push = |piece| {
            if let Some(Segment(pieces)) = segments.last_mut() {
                pieces.push(piece);
            }
        };
        match piece {
            PathPiece::Parameter(_) => push(piece.clone()),
            PathPiece::Literal(text) => {
                let text = if index == 0 { text.strip_prefix('/').unwrap_or(text) } else { text };
                for (number, part) in text.split('/').enumerate() {
                    if number > 0 {
                        segments.push(Segment(Vec::new()));
                    }
                    if let (Some(Segment(pieces)), false) = (segments.last_mut(), part.is_empty()) {
                        // Templates may be written percent-encoded; what is compared is the decoded text.
                        pieces
                            .push(PathPiece::Literal(text::decode(part).unwrap_or_else(|_| part.to_owned())));
                    }
                }
            }
        }
    }
    segments
}

fn same(left: &[Segment], right: &[Segment]) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(left, right)| left.0 == right.0)
}

#[cfg(test)]
mod tests {
    use rescind_specs::Document;
    use serde_json::json;

    use super::*;

    fn routes(paths: &[(&str, &str)]) -> Routes {
        let mut items = serde_json::Map::new();
        for (path, method) in paths {
            let names = path.split('{').skip(1).filter_map(|rest| rest.split('}').next());
            let parameters: Vec<_> = names
                .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
                .collect();
            let operation =
                json!({ "parameters": parameters, "responses": { "204": { "description": "done" } } });
            let item = items.entry(*path).or_insert_with(|| json!({}));
            item[*method] = operation;
        }
        let info = json!({ "title": "t", "version": "1" });
        let document = json!({ "openapi": "3.0.3", "info": info, "paths": items }).to_string();
        Routes::new(&Contract::new("t", Document::parse("t.json", document).unwrap(), None).unwrap())
    }

    fn found(known: &Routes, method: &Method, path: &str) -> String {
        match known.find(method, path) {
            Ok(Routed { operation, values }) => {
                let values = values.iter().map(|(name, value)| format!("{name}={value}"));
                [operation.to_string()].into_iter().chain(values).collect::<Vec<_>>().join(" ")
            }
            Err(Unrouted::UnknownPath) => "unknown".to_owned(),
            Err(Unrouted::MethodNotAllowed(allowed)) => format!("allowed {allowed:?}"),
        }
    }

    #[test]
    fn awkward_paths() {
        let routes = routes(&[
            ("/a/{id}", "get"),
            ("/a/{id}", "delete"),
            ("/a/me", "get"),
            ("/a/{id}:revoke", "post"),
            ("/f/{a}.{b}", "get"),
            ("/f/v{a}", "get"),
            ("/x y/z", "get"),
            ("/", "get"),
            ("/dir/", "get"),
            ("/p/{a}{b}", "get"),
        ]);
        for (method, path, wanted) in [
            ("GET", "/a/1", "0 id=1"),
            ("GET", "/a/me", "2"),
            ("DELETE", "/a/1", "1 id=1"),
            ("DELETE", "/a/me", "allowed [GET]"),
            ("PUT", "/a/1", "allowed [GET, DELETE]"),
            ("HEAD", "/a/1", "allowed [GET, DELETE]"),
            ("POST", "/a/x:revoke", "3 id=x"),
            ("POST", "/a/x:y:revoke", "3 id=x:y"),
            ("GET", "/a/x%3Arevoke", "0 id=x%3Arevoke"),
            ("GET", "/a/m%65", "2"),
            ("GET", "/a/a%2Fb", "0 id=a%2Fb"),
            ("GET", "/a/%ff", "0 id=%ff"),
            ("GET", "/a/", "unknown"),
            ("GET", "/a/1/", "unknown"),
            ("GET", "/f/x.y.z", "4 a=x b=y.z"),
            ("GET", "/f/.y", "unknown"),
            ("GET", "/f/v2", "5 a=2"),
            ("GET", "/f/v", "unknown"),
            ("GET", "/x%20y/z", "6"),
            ("GET", "/", "7"),
            ("GET", "/dir/", "8"),
            ("GET", "/dir", "unknown"),
            ("GET", "/p/xyz", "9 a=x b=yz"),
            ("GET", "/p/x", "unknown"),
            ("GET", "//", "unknown"),
            ("GET", "*", "unknown"),
            ("GET", "", "7"),
        ] {
            let method: Method = method.parse().unwrap();
            assert_eq!(found(&routes, &method, path), wanted, "{method} {path}");
        }
    }
}

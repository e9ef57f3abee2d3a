//! A deserializer that follows a program: each value is held against its node on its way into a Rust type.
//!
//! Checking while reading needs no tree of the value and no second pass over the text, so an accepted body costs
//! little more than reading it. A whole value is only built where a schema cannot be decided member by member.

use std::cell::Cell;
use std::fmt;

use serde::Deserialize as _;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer as _, MapAccess, SeqAccess,
    Visitor,
};
use serde_json::Value;

use super::program::{ArrayRule, Node, NodeId, Num, ObjectRule, Program};

/// A deserializer with the node that its value has to satisfy.
pub(super) struct Checked<'p, D> {
    pub(super) at: At<'p>,
    pub(super) inner: D,
}

/// A place in a program, and where to leave the mark of a scalar that has to be unique.
#[derive(Clone, Copy)]
pub(super) struct At<'p> {
    program: &'p Program,
    node: &'p Node,
    mark: Option<&'p Cell<Option<u64>>>,
}

/// The text of all refusals; nobody reads it, because the schema is asked again.
const REFUSED: &str = "the schema does not allow this";

impl<'p> At<'p> {
    pub(super) fn start(program: &'p Program) -> Option<Self> {
        Some(Self { program, node: program.nodes.first()?, mark: None })
    }

    fn to(self, node: NodeId) -> Option<Self> {
        Some(Self { program: self.program, node: self.program.nodes.get(node)?, mark: None })
    }

    fn mark(self, value: impl std::hash::Hash) {
        if let Some(mark) = self.mark {
            mark.set(Some(self.program.hash(value)));
        }
    }

    fn verdict<E: serde::de::Error>(accepted: bool) -> Result<(), E> {
        if accepted { Ok(()) } else { Err(E::custom(REFUSED)) }
    }

    fn null<E: serde::de::Error>(self) -> Result<(), E> {
        self.mark(());
        Self::verdict(self.node.null)
    }

    fn boolean<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        self.mark(value);
        Self::verdict(self.node.boolean[usize::from(value)])
    }

    fn integer<E: serde::de::Error>(self, value: i128) -> Result<(), E> {
        self.mark(value);
        Self::verdict(self.node.number.as_ref().is_some_and(|rule| rule.accepts(Num::Int(value))))
    }

    /// Doubles get no mark: one may equal an integer.
    fn float<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        Self::verdict(self.node.number.as_ref().is_some_and(|rule| rule.accepts(Num::Float(value))))
    }

    fn string<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        self.mark(text);
        Self::verdict(self.node.string.as_ref().is_some_and(|rule| rule.accepts(text)))
    }
}

/// Methods that only pass the visitor on, wrapped.
macro_rules! guarded {
    ($($method:ident)*) => { $(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            if let Some(whole) = &self.at.node.whole {
                let value = Value::deserialize(self.inner)?;
                At::verdict(whole.accepts(&value))?;
                return value.$method(visitor).map_err(D::Error::custom);
            }
            self.inner.$method(Guard { at: self.at, visitor })
        }
    )* };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Checked<'_, D> {
    type Error = D::Error;

    guarded! {
        deserialize_any deserialize_bool
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64
        deserialize_char deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf
        deserialize_option deserialize_unit deserialize_seq deserialize_map deserialize_identifier
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, D::Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        if let Some(whole) = &self.at.node.whole {
            let value = Value::deserialize(self.inner)?;
            At::verdict(whole.accepts(&value))?;
            return value.deserialize_struct(name, fields, visitor).map_err(D::Error::custom);
        }
        self.inner.deserialize_struct(name, fields, Guard { at: self.at, visitor })
    }

    /// A variant is a string, or an object of one member; read as such, so that either is checked.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        if let Some(whole) = &self.at.node.whole {
            let value = Value::deserialize(self.inner)?;
            At::verdict(whole.accepts(&value))?;
            return value.deserialize_enum(name, variants, visitor).map_err(D::Error::custom);
        }
        self.inner.deserialize_any(Guard { at: self.at, visitor: Variant(visitor) })
    }

    /// What the type does not ask for is checked all the same.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.deserialize_any(visitor)
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

/// A visitor that first holds what it is given against a node.
struct Guard<'p, V> {
    at: At<'p>,
    visitor: V,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Guard<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<V::Value, E> {
        self.at.boolean(value)?;
        self.visitor.visit_bool(value)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<V::Value, E> {
        self.at.integer(value.into())?;
        self.visitor.visit_i64(value)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<V::Value, E> {
        self.at.integer(value.into())?;
        self.visitor.visit_u64(value)
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<V::Value, E> {
        self.at.float(value)?;
        self.visitor.visit_f64(value)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<V::Value, E> {
        self.at.string(text)?;
        self.visitor.visit_str(text)
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<V::Value, E> {
        self.at.string(text)?;
        self.visitor.visit_borrowed_str(text)
    }

    fn visit_string<E: serde::de::Error>(self, text: String) -> Result<V::Value, E> {
        self.at.string(&text)?;
        self.visitor.visit_string(text)
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<V::Value, E> {
        self.at.null()?;
        self.visitor.visit_none()
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<V::Value, E> {
        self.at.null()?;
        self.visitor.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_some(Checked { at: self.at, inner })
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_newtype_struct(Checked { at: self.at, inner })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        let Some(rule) = &self.at.node.array else { return Err(A::Error::custom(REFUSED)) };
        let mut items = Items { at: self.at, rule, inner, count: 0, seen: Vec::new() };
        let value = self.visitor.visit_seq(&mut items)?;
        // A type of fixed length does not ask for the end.
        At::verdict(items.count >= rule.least)?;
        Ok(value)
    }

    fn visit_map<A: MapAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        let Some(rule) = &self.at.node.object else { return Err(A::Error::custom(REFUSED)) };
        let mut members = Members { at: self.at, rule, inner, found: Found::default() };
        let value = self.visitor.visit_map(&mut members)?;
        At::verdict(members.found.bits == rule.required && members.found.count >= rule.least)?;
        Ok(value)
    }
}

/// Reads an enum from a string or an object.
struct Variant<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for Variant<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<V::Value, E> {
        self.0.visit_enum(Unit(text.into_deserializer()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.0.visit_enum(serde::de::value::MapAccessDeserializer::new(map))
    }
}

/// A variant that is a string.
struct Unit<'t, E>(serde::de::value::StrDeserializer<'t, E>);

impl<'de, E: serde::de::Error> EnumAccess<'de> for Unit<'_, E> {
    type Error = E;
    type Variant = <serde::de::value::StrDeserializer<'static, E> as EnumAccess<'de>>::Variant;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant), E> {
        self.0.variant_seed(seed)
    }
}

/// The items of an array on their way.
struct Items<'p, A> {
    at: At<'p>,
    rule: &'p ArrayRule,
    inner: A,
    count: usize,
    seen: Vec<u64>,
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Items<'_, A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        let mark = Cell::new(None);
        let Some(at) = self.at.to(self.rule.items) else { return Err(A::Error::custom(REFUSED)) };
        let at = At { mark: self.rule.unique.then_some(&mark), ..at };
        let value = self.inner.next_element_seed(Seed { at, seed })?;
        if value.is_none() {
            return Ok(None);
        }
        self.count += 1;
        At::verdict::<A::Error>(self.count <= self.rule.most)?;
        if self.rule.unique {
            let Some(mark) = mark.get() else { return Err(A::Error::custom(REFUSED)) };
            // Longer lists are for the schema to judge, so that comparing stays cheap.
            At::verdict::<A::Error>(self.seen.len() < 64 && !self.seen.contains(&mark))?;
            self.seen.push(mark);
        }
        Ok(value)
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

/// The members of an object on their way.
struct Members<'p, A> {
    at: At<'p>,
    rule: &'p ObjectRule,
    inner: A,
    found: Found,
}

/// What is known of the members so far.
#[derive(Default)]
struct Found {
    count: usize,
    /// The required ones among them.
    bits: u64,
    /// Where the next one is likely to stand.
    hint: usize,
    /// The node of the value that comes next.
    next: NodeId,
    /// Hashes of the names, where the least number of members counts.
    names: Vec<u64>,
}

impl Found {
    /// Notes a name; whether there may be such a member.
    fn note(&mut self, at: At<'_>, rule: &ObjectRule, name: &str) -> bool {
        self.count += 1;
        if self.count > rule.most {
            return false;
        }
        if rule.least > 1 {
            // A name that is there twice is one member.
            let hash = at.program.hash(name);
            if self.names.len() >= 64 || self.names.contains(&hash) {
                return false;
            }
            self.names.push(hash);
        }
        match (rule.member(name, self.hint), rule.rest) {
            (Some((place, member)), _) => {
                self.bits |= member.bit;
                self.hint = place + 1;
                self.next = member.node;
                true
            }
            (None, Some(rest)) => {
                self.next = rest;
                true
            }
            (None, None) => false,
        }
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Members<'_, A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        let key = Key { at: self.at, rule: self.rule, found: &mut self.found, inner: seed };
        self.inner.next_key_seed(key)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        let Some(at) = self.at.to(self.found.next) else { return Err(A::Error::custom(REFUSED)) };
        self.inner.next_value_seed(Seed { at, seed })
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

/// A seed whose value has to satisfy a node.
struct Seed<'p, S> {
    at: At<'p>,
    seed: S,
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Seed<'_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<S::Value, D::Error> {
        self.seed.deserialize(Checked { at: self.at, inner })
    }
}

/// The name of a member on its way: a seed, then a deserializer, then a visitor.
struct Key<'f, 'p, I> {
    at: At<'p>,
    rule: &'p ObjectRule,
    found: &'f mut Found,
    inner: I,
}

impl<I> Key<'_, '_, I> {
    fn note<E: serde::de::Error>(&mut self, name: &str) -> Result<(), E> {
        At::verdict(self.found.note(self.at, self.rule, name))
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Key<'_, '_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<S::Value, D::Error> {
        let Key { at, rule, found, inner: seed } = self;
        seed.deserialize(Key { at, rule, found, inner })
    }
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Key<'_, '_, D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let Key { at, rule, found, inner } = self;
        inner.deserialize_str(Key { at, rule, found, inner: visitor })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.deserialize_any(Variant(visitor))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Key<'_, '_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    fn visit_str<E: serde::de::Error>(mut self, name: &str) -> Result<V::Value, E> {
        self.note(name)?;
        self.inner.visit_str(name)
    }

    fn visit_borrowed_str<E: serde::de::Error>(mut self, name: &'de str) -> Result<V::Value, E> {
        self.note(name)?;
        self.inner.visit_borrowed_str(name)
    }

    fn visit_string<E: serde::de::Error>(mut self, name: String) -> Result<V::Value, E> {
        self.note(&name)?;
        self.inner.visit_string(name)
    }
}

//! A member of a request that may be missing, null or a value, each of which says something else.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An optional member that may also be null. In a partial change, absence keeps what is there and null clears it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Nullable<T> {
    /// The member is not there.
    #[default]
    Absent,
    /// The member is there and null.
    Null,
    /// The member has this value.
    Value(T),
}

impl<T> Nullable<T> {
    /// Whether the member is not there.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// The value, if there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// The value, for those to whom absence and null are the same.
    pub fn into_value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }
}

/// Generated types leave out an absent member; anywhere else it is null, as there is nothing else to write.
impl<T: Serialize> Serialize for Nullable<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}

/// A member that is read is there; generated types fill in the absent ones by `Default`.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Nullable<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(|value| value.map_or(Self::Null, Self::Value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Change {
        #[serde(default, skip_serializing_if = "Nullable::is_absent")]
        reference: Nullable<String>,
    }

    #[test]
    fn absence_null_and_value_arrive_as_such() {
        for (text, documented) in [
            ("{}", Nullable::Absent),
            (r#"{"reference":null}"#, Nullable::Null),
            (r#"{"reference":"crd_1"}"#, Nullable::Value("crd_1".to_owned())),
        ] {
            let change: Change = serde_json::from_str(text).unwrap();
            assert_eq!(change.reference, documented);
            assert_eq!(serde_json::to_string(&change).unwrap(), text);
        }
    }
}

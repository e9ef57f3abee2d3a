//! The names of the arguments of one call, told apart where they would be one.

use crate::emit::names::{Names, snake};
use crate::lower::{Call, Empty};

/// Fields of each builder.
const FIELDS: [&str; 1] = ["client"];

/// Functions of each builder.
const FUNCTIONS: [&str; 7] = ["new", "send", "body", "body_map", "clone", "fmt", "into"];

/// The names of one call.
pub(super) struct CallNames {
    /// Those of its parameters, in order.
    pub(super) parameters: Vec<ParameterNames>,
    /// Those of its bodies, in order: the field, which is the function that sets it as well.
    pub(super) bodies: Vec<String>,
}

/// The names of one parameter.
pub(super) struct ParameterNames {
    /// The field of the builder.
    pub(super) field: String,
    /// The function that sets it.
    pub(super) setter: String,
    /// The field and function for sending it without a value, if that is documented.
    pub(super) empty: Option<String>,
}

impl CallNames {
    pub(super) fn new(call: &Call<'_>) -> Self {
        let mut reserved: Vec<String> = Vec::new();
        for body in &call.bodies {
            reserved.extend([body.setter.clone(), format!("{}_map", body.setter)]);
        }
        let reserved = || reserved.iter().map(String::as_str);
        let mut fields = Names::reserving(FIELDS.into_iter().chain(reserved()));
        let mut setters = Names::reserving(FUNCTIONS.into_iter().chain(reserved()));
        let mut parameters: Vec<ParameterNames> = call
            .parameters
            .iter()
            .map(|place| ParameterNames {
                field: fields.unique(snake(&place.name), &place.name),
                setter: setters.unique(snake(&place.name), &place.name),
                empty: None,
            })
            .collect();
        // After all others: what a document calls a parameter comes before what we add.
        for (names, place) in parameters.iter_mut().zip(&call.parameters) {
            if place.empty == Empty::Allowed {
                let wanted = format!("{}_empty", names.setter.trim_start_matches("r#"));
                let setter = setters.unique(wanted.clone(), &wanted);
                names.empty = Some(fields.unique(setter.clone(), &setter));
            }
        }
        Self { parameters, bodies: call.bodies.iter().map(|body| body.setter.clone()).collect() }
    }
}

//! Parameters: which there are, which are required, and how they are written.

use rescind_specs::{Direction, Operation, Parameter, ParameterLocation};
use serde_json::Value;

use super::{Class, Comparison};

impl<'e> Comparison<'e> {
    pub(super) fn parameters(&mut self, old: &'e Operation, new: &'e Operation) {
        // What stands in a path is known by its place, and its name is nobody's business.
        let positions: Vec<(&str, &str)> = old.path.parameters().zip(new.path.parameters()).collect();
        let name_after = |parameter: &'e Parameter| match parameter.location {
            ParameterLocation::Path => {
                let renamed = positions.iter().find(|(before, _)| *before == parameter.name);
                renamed.map_or(parameter.name.as_str(), |(_, after)| after)
            }
            _ => parameter.name.as_str(),
        };
        let mut matched = Vec::new();
        for parameter in &old.parameters {
            match new.parameter(parameter.location, name_after(parameter)) {
                Some(after) => {
                    matched.push(&after.pointer);
                    self.parameter(parameter, after);
                }
                None => self.tell(
                    Class::Breaking,
                    "parameter-removed",
                    format!("{} parameter `{}` is gone", parameter.location, parameter.name),
                    "a request that has it is refused, or means something else",
                    (&parameter.pointer, Some(described(parameter))),
                    (&new.pointer.join("parameters"), None),
                ),
            }
        }
        for parameter in &new.parameters {
            if matched.contains(&&parameter.pointer) {
                continue;
            }
            let (class, why) = if parameter.required {
                (Class::Breaking, "requests of today do not have it")
            } else {
                (Class::Compatible, "requests of today do well without it")
            };
            let kind = if parameter.required { "required " } else { "" };
            self.tell(
                class,
                if parameter.required { "required-parameter-added" } else { "parameter-added" },
                format!("{kind}{} parameter `{}` is new", parameter.location, parameter.name),
                why,
                (&old.pointer.join("parameters"), None),
                (&parameter.pointer, Some(described(parameter))),
            );
        }
    }

    fn parameter(&mut self, old: &'e Parameter, new: &'e Parameter) {
        let name = format!("{} parameter `{}`", old.location, old.name);
        self.deprecation("", name.as_str(), &old.pointer, &new.pointer);
        let places = (old.pointer.join("required"), new.pointer.join("required"));
        match (old.required, new.required) {
            (false, true) => self.tell(
                Class::Breaking,
                "parameter-required",
                format!("{name} is required"),
                "requests without it were accepted",
                (&places.0, Some("optional".to_owned())),
                (&places.1, Some("required".to_owned())),
            ),
            (true, false) => self.tell(
                Class::Compatible,
                "parameter-optional",
                format!("{name} is optional"),
                "requests that have it stay right",
                (&places.0, Some("required".to_owned())),
                (&places.1, Some("optional".to_owned())),
            ),
            _ => {}
        }
        let written =
            |parameter: &Parameter| format!("{:?}, explode: {}", parameter.style, parameter.explode);
        if (old.style, old.explode) != (new.style, new.explode) {
            self.tell(
                Class::Breaking,
                "parameter-style",
                format!("{name} is written in another way"),
                "requests of today are read as something else",
                (&old.pointer, Some(written(old))),
                (&new.pointer, Some(written(new))),
            );
        }
        let (before, after) = self.documents();
        let media_type = |document: &rescind_specs::Document, parameter: &Parameter| {
            let content = document.get(&parameter.pointer.join("content")).and_then(Value::as_object);
            content.and_then(|content| content.keys().next().cloned())
        };
        let (from, to) = (media_type(before, old), media_type(after, new));
        if from != to {
            self.tell(
                Class::Breaking,
                "parameter-media-type",
                format!("{name} is of another media type"),
                "requests of today are read as something else",
                (&old.pointer.join("content"), from),
                (&new.pointer.join("content"), to),
            );
        }
        let flag = |document: &rescind_specs::Document, parameter: &Parameter, keyword: &str| {
            document.get(&parameter.pointer.join(keyword)).and_then(Value::as_bool).unwrap_or_default()
        };
        for keyword in ["allowReserved", "allowEmptyValue"] {
            let places = (old.pointer.join(keyword), new.pointer.join(keyword));
            match (flag(before, old, keyword), flag(after, new, keyword)) {
                (true, false) => self.tell(
                    Class::Breaking,
                    "parameter-writing",
                    format!("{name} does not take `{keyword}` any more"),
                    "requests that were accepted may be refused now",
                    (&places.0, Some("true".to_owned())),
                    (&places.1, Some("false".to_owned())),
                ),
                (false, true) => self.tell(
                    Class::Compatible,
                    "parameter-writing",
                    format!("{name} takes `{keyword}`"),
                    "more is accepted than before",
                    (&places.0, Some("false".to_owned())),
                    (&places.1, Some("true".to_owned())),
                ),
                _ => {}
            }
        }
        self.optional_schemas(
            old.schema.as_ref(),
            new.schema.as_ref(),
            (&old.pointer, &new.pointer),
            Direction::Request,
            &name,
        );
    }
}

fn described(parameter: &Parameter) -> String {
    format!("{} parameter `{}`", parameter.location, parameter.name)
}

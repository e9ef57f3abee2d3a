//! Each operation gets a function name and a type name that nothing else has.

use super::Draft;
use crate::emit::names::{Names, pascal, snake};

/// Functions that every generated client has of its own.
const CLIENT_FUNCTIONS: [&str; 6] =
    ["new", "new_with_client", "with_credentials", "with_settings", "clone", "fmt"];

/// Types that every generated module has of its own.
const MODULE_TYPES: [&str; 10] = [
    "Client",
    "Error",
    "ResponseValue",
    "ByteStream",
    "Credentials",
    "Self",
    "Option",
    "Result",
    "String",
    "Vec",
];

pub(super) fn run(draft: &mut Draft<'_>) {
    let mut functions = Names::reserving(CLIENT_FUNCTIONS);
    let mut types = Names::reserving(MODULE_TYPES);
    for call in &mut draft.calls {
        let id = &call.operation.id.0;
        // The same number on both names keeps them recognisable as one operation.
        functions.unique(snake(id), id).trim_start_matches("r#").clone_into(&mut call.function);
        call.type_name = types.unique(pascal(id), id);
    }
}

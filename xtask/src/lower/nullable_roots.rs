//! A whole body that may be null: elsewhere an `Option` says so, here a type of its own has to.

use super::draft::SchemaSlot;
use super::{Draft, Payload, compose};

pub(super) fn run(draft: &mut Draft<'_>) {
    for index in 0..draft.calls.len() {
        let mut bodies = std::mem::take(&mut draft.calls[index].bodies);
        for body in &mut bodies {
            if let Some(name) = compose::target(&body.slot.schema).and_then(|name| or_null(draft, name)) {
                body.slot.schema = Draft::reference(&name);
            }
        }
        draft.calls[index].bodies = bodies;
        let mut replies = std::mem::take(&mut draft.calls[index].replies);
        for reply in &mut replies {
            for form in &mut reply.forms {
                if let Payload::Json(name) = &mut form.payload
                    && let Some(wrapper) = or_null(draft, name)
                {
                    *name = wrapper;
                }
            }
        }
        draft.calls[index].replies = replies;
    }
}

/// The type of `name` or null, if null is a value of it.
fn or_null(draft: &mut Draft<'_>, name: &str) -> Option<String> {
    let slot = draft.schemas.get(name).filter(|slot| compose::is_nullable(&slot.schema))?;
    let pointer = slot.pointer.clone();
    let schema = Draft::reference(name);
    let known = draft.derived.iter().find(|known| {
        draft.schemas.get(*known).is_some_and(|slot| slot.pointer == pointer && slot.schema == schema)
    });
    if let Some(known) = known {
        return Some(known.clone());
    }
    let wrapper = draft.add(&format!("{name} OrNull"), SchemaSlot { schema, pointer });
    draft.derived.insert(wrapper.clone());
    Some(wrapper)
}

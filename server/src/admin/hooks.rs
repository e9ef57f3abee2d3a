//! The hooks of the contracts over the admin listener.

use super::Admin;
use super::answer::error;
use crate::generated::admin::request::RunHookRequest;
use crate::generated::admin::response::RunHookResponse as Response;
use crate::hook::HookError;

pub(super) async fn run(admin: &Admin, request: RunHookRequest) -> Response {
    let credential = request.body.and_then(|subject| subject.credential).map(|named| named.id);
    let done = match admin.contracts.get(&request.contract) {
        Some(served) => served.hooks().run(&request.hook, credential.as_deref()).await,
        None => Err(HookError::NotServed(request.contract)),
    };
    match done {
        Ok(()) => Response::NoContent,
        Err(why @ HookError::CredentialMissing(_)) => Response::BadRequest(error(why)),
        Err(why @ HookError::Store(_)) => Response::ServiceUnavailable(error(why)),
        Err(why) => Response::NotFound(error(why)),
    }
}

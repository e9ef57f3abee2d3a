//! What connects the trait to the gate: the embedded document, and one arm an operation.

use proc_macro2::TokenStream;
use quote::quote;

use super::plan::{Caller, Plan};
use super::{COPY, DocumentPlace, Options};

pub(super) fn emit(plan: &Plan<'_>, options: &Options) -> TokenStream {
    let runtime = &plan.runtime;
    let name = plan.draft.contract.name();
    let source = &options.source;
    let place = match &options.document {
        DocumentPlace::At(path) => path.as_str(),
        DocumentPlace::Beside => COPY,
    };
    let arms = plan.operations.iter().map(|operation| {
        let (variant, function, request) = (&operation.variant, &operation.function, &operation.request);
        let (bind, argument) = match operation.caller {
            Caller::Never => (quote!(), quote!()),
            Caller::Optional => (quote!(), quote!(caller,)),
            Caller::Always => (quote!(let caller = caller.ok_or_else(Rejection::nobody)?;), quote!(caller,)),
        };
        quote! {
            Some(Operation::#variant) => {
                #bind
                let request = #request::admit(admitted)?;
                Ok(self.0.#function(#argument request).await?.into())
            }
        }
    });
    quote! {
        use std::sync::{Arc, LazyLock};

        use super::api::{Api, Operation};
        use super::request::*;
        use #runtime::{
            Admitted, Answer, Context, Gate, GateError, Handler, Limits, Mode, Presented, Refused, Rejection, serve,
        };
        use ::rescind_specs::{Contract, Document, LoadError};

        /// The OpenAPI document that these stubs were made from.
        pub const DOCUMENT: &str = include_str!(#place);

        /// The contract that these stubs were made from, read once.
        pub fn contract() -> Result<&'static Contract, &'static LoadError> {
            static CONTRACT: LazyLock<Result<Contract, LoadError>> =
                LazyLock::new(|| Contract::new(#name, Document::parse(#source, DOCUMENT)?, None));
            CONTRACT.as_ref()
        }

        /// Serves `api`. Nest the router under any prefix.
        pub fn router<A: Api>(api: Arc<A>, limits: Limits, mode: Mode) -> Result<::axum::Router, GateError> {
            let gate = Gate::new(contract()?.clone(), limits)?;
            Ok(serve(gate, mode, Stub(api)))
        }

        struct Stub<A>(Arc<A>);

        fn known(operation: usize) -> Option<Operation> {
            Operation::ALL.get(operation).copied()
        }

        impl<A: Api> Handler for Stub<A> {
            type Caller = A::Caller;

            async fn authenticate(
                &self,
                operation: usize,
                presented: &Presented,
                context: &Context,
            ) -> Result<A::Caller, Refused> {
                match known(operation) {
                    Some(operation) => self.0.authenticate(operation, presented, context).await,
                    None => Err(Refused::Internal("there is no such operation".into())),
                }
            }

            fn reject(&self, operation: Option<usize>, context: &Context, rejection: Rejection) -> Answer {
                self.0.reject(operation.and_then(known), context, rejection)
            }

            async fn call(
                &self,
                operation: usize,
                caller: Option<A::Caller>,
                admitted: Admitted,
            ) -> Result<Answer, Rejection> {
                match known(operation) {
                    #(#arms)*
                    None => Err(Rejection::internal("there is no such operation")),
                }
            }
        }
    }
}

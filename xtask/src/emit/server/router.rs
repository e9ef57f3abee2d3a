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
    // One future an operation: a single one over all would be as large as the largest, and slow to compile.
    let arms = plan.operations.iter().map(|operation| {
        let (variant, function) = (&operation.variant, &operation.function);
        quote! { Some(Operation::#variant) => Box::pin(calls::#function(&*self.0, caller, admitted)) }
    });
    let caller = if plan.credentials.is_empty() { quote!(Infallible) } else { quote!(A::Caller) };
    let calls = calls(plan, &caller);
    let (import, authenticate) = if plan.credentials.is_empty() {
        let text = "no operation asks for credentials";
        (quote!(), quote!(Err(Refused::Internal(#text.into()))))
    } else {
        let body = quote! {
            match (known(operation), presented.try_map(Credentials::read)) {
                (Some(operation), Some(presented)) => {
                    self.0.authenticate(operation, &presented, context).await
                }
                _ => Err(Refused::Internal("there is no such operation".into())),
            }
        };
        (
            quote!(
                use super::credentials::Credentials;
            ),
            body,
        )
    };
    quote! {
        use std::convert::Infallible;
        use std::pin::Pin;
        use std::sync::{Arc, LazyLock};

        use super::api::{Api, Operation};
        #import
        use #runtime::{
            Admitted, Answer, Context, CredentialSet, Gate, GateError, Handler, Limits, Mode, Presented, Refused, Rejection, serve,
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
            type Caller = #caller;

            async fn authenticate(
                &self,
                operation: usize,
                presented: Presented<CredentialSet>,
                context: &Context,
            ) -> Result<#caller, Refused> {
                #authenticate
            }

            fn reject(&self, operation: Option<usize>, context: &Context, rejection: Rejection) -> Answer {
                self.0.reject(operation.and_then(known), context, rejection)
            }

            fn call(
                &self,
                operation: usize,
                caller: Option<#caller>,
                admitted: Admitted,
            ) -> impl Future<Output = Result<Answer, Rejection>> + Send {
                let future: Pin<Box<dyn Future<Output = Result<Answer, Rejection>> + Send + '_>> =
                    match known(operation) {
                        #(#arms,)*
                        None => Box::pin(::std::future::ready(Err(Rejection::internal("there is no such operation")))),
                    };
                future
            }
        }

        #calls
    }
}

/// One function an operation.
fn calls(plan: &Plan<'_>, caller: &TokenStream) -> TokenStream {
    let runtime = &plan.runtime;
    let calls = plan.operations.iter().map(|operation| {
        let (function, request) = (&operation.function, &operation.request);
        let (bind, argument) = match operation.caller {
            Caller::Never => (quote!(), quote!()),
            Caller::Optional => (quote!(), quote!(caller,)),
            Caller::Always => (quote!(let caller = caller.ok_or_else(Rejection::nobody)?;), quote!(caller,)),
        };
        quote! {
            pub(super) async fn #function<A: Api>(
                api: &A,
                caller: Option<#caller>,
                admitted: Admitted,
            ) -> Result<Answer, Rejection> {
                #bind
                let request = #request::admit(admitted)?;
                Ok(api.#function(#argument request).await?.into())
            }
        }
    });
    quote! {
        /// Each operation as one step from an admitted request to an answer.
        mod calls {
            use std::convert::Infallible;

            use super::super::api::Api;
            use super::super::request::*;
            use #runtime::{Admitted, Answer, Rejection};

            #(#calls)*
        }
    }
}

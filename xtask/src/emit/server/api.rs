//! The trait: one method an operation, and the two hooks around them.

use proc_macro2::TokenStream;
use quote::quote;

use super::doc;
use super::plan::{Caller, Plan, PlannedOperation};

pub(super) fn emit(plan: &Plan<'_>) -> TokenStream {
    let runtime = &plan.runtime;
    let methods = plan.operations.iter().map(method);
    let operations = operations(plan);
    let title = doc::lines(&format!("What implements \"{}\".", plan.draft.contract.title()));
    let authentication = (!plan.credentials.is_empty()).then(|| {
        quote! {
            /// Who presents the credentials of a request.
            type Caller: Send;

            /// Whom the presented credentials belong to. Called where credentials are documented and complete.
            fn authenticate(
                &self,
                operation: Operation,
                presented: &Presented<Credentials>,
                context: &Context,
            ) -> impl Future<Output = Result<Self::Caller, Refused>> + Send;
        }
    });
    let import = authentication.is_some().then(|| {
        quote!(
            use super::credentials::Credentials;
        )
    });
    quote! {
        #import
        use super::request::*;
        use super::response::*;
        use #runtime::{Answer, Context, Failure, Presented, Refused, Rejection, refuse};

        #operations

        #title
        ///
        /// A method that is not written answers as not implemented. Requests that break the contract reach no method.
        pub trait Api: Send + Sync + 'static {
            #authentication

            /// The answer to a request that gets none of an operation's documented responses. There is no operation
            /// where path or method are unknown.
            ///
            /// By default it has the form of the nearest documented error, or else that of problem details (RFC 9457).
            fn reject(&self, operation: Option<Operation>, context: &Context, rejection: Rejection) -> Answer {
                let _ = context;
                let contract = super::router::contract().ok();
                let documented = contract.zip(operation).and_then(|(contract, operation)| {
                    contract.operation(&operation.id().into())
                });
                refuse(contract, documented, &rejection)
            }

            #(#methods)*
        }
    }
}

fn method(operation: &PlannedOperation<'_>) -> TokenStream {
    let documented = operation.operation;
    let signature = format!("`{}`", documented.signature());
    let docs = doc::paragraphs([
        documented.summary.as_deref(),
        documented.description.as_deref(),
        Some(signature.as_str()),
    ]);
    let (function, request, response) = (&operation.function, &operation.request, &operation.response);
    let caller = match operation.caller {
        Caller::Never => quote!(),
        Caller::Optional => quote!(caller: Option<Self::Caller>,),
        Caller::Always => quote!(caller: Self::Caller,),
    };
    let unused = match operation.caller {
        Caller::Never => quote!(let _ = request;),
        Caller::Optional | Caller::Always => quote!(let _ = (caller, request);),
    };
    quote! {
        #docs
        fn #function(
            &self,
            #caller
            request: #request,
        ) -> impl Future<Output = Result<#response, Failure>> + Send {
            #unused
            ::std::future::ready(Err(Failure::NotImplemented))
        }
    }
}

fn operations(plan: &Plan<'_>) -> TokenStream {
    let variants = plan.operations.iter().map(|operation| {
        let variant = &operation.variant;
        let docs = doc::lines(&format!("`{}`.", operation.operation.signature()));
        quote! { #docs #variant }
    });
    let names: Vec<_> = plan.operations.iter().map(|operation| &operation.variant).collect();
    let ids: Vec<&str> = plan.operations.iter().map(|operation| operation.operation.id.0.as_str()).collect();
    let id = if names.is_empty() {
        quote!(match self {})
    } else {
        quote!(match self { #(Self::#names => #ids,)* })
    };
    quote! {
        /// The documented operations.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Operation { #(#variants,)* }

        impl Operation {
            /// All operations, in document order.
            pub const ALL: &'static [Self] = &[#(Self::#names),*];

            /// The identifier in the document.
            pub fn id(self) -> &'static str { #id }
        }
    }
}

//! The first page of the stubs: how to serve them.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};

use super::doc;
use super::plan::{Caller, Plan};

/// Inner doc comments of the module.
pub(super) fn emit(plan: &Plan<'_>) -> TokenStream {
    let runtime = plan.runtime.to_token_stream().to_string().replace(' ', "");
    let mut lines = vec![
        String::new(),
        doc::escape(&format!("Server stubs of \"{}\".", plan.draft.contract.title())),
        String::new(),
        "Implement [`Api`] and serve what [`router()`] returns. A method that is not written answers 501, or, with".to_owned(),
        "`Mode::Examples`, with the documented example or one made from the schema. A request that breaks the contract".to_owned(),
        "reaches no method.".to_owned(),
    ];
    if let Some(example) = example(plan, &runtime) {
        lines.push(String::new());
        lines.push("```ignore".to_owned());
        lines.extend(example.lines().map(str::to_owned));
        lines.push("```".to_owned());
    }
    let lines = lines.into_iter().map(|line| if line.is_empty() { line } else { format!(" {line}") });
    quote! { #(#![doc = #lines])* }
}

/// An implementation of one operation, served.
fn example(plan: &Plan<'_>, runtime: &str) -> Option<String> {
    let operation = plan.operations.first()?;
    let (authentication, names) = match plan.credentials.first() {
        None => (String::new(), ""),
        Some(set) => {
            let variant = set.variant();
            let rest = if plan.credentials.len() > 1 {
                "\n            other => Err(Refused::because(format!(\"{} is not accepted\", other.schemes().join(\" with \")))),"
            } else {
                ""
            };
            let text = format!(
                "    type Caller = ();\n\n    async fn authenticate(\n        &self,\n        operation: Operation,\n        \
                 presented: &Presented<Credentials>,\n        context: &Context,\n    ) -> Result<(), Refused> {{\n        \
                 match presented.first() {{\n            Credentials::{variant} {{ .. }} => Ok(()),{rest}\n        }}\n    }}\n\n"
            );
            (text, "Context, Presented, Refused, ")
        }
    };
    let caller = match operation.caller {
        Caller::Never => "",
        Caller::Optional => "\n        caller: Option<()>,",
        Caller::Always => "\n        caller: (),",
    };
    let (function, request, response) = (&operation.function, &operation.request, &operation.response);
    Some(format!(
        "use {runtime}::{{{names}Failure, Limits, Mode}};\n\nstruct Service;\n\nimpl Api for Service {{\n{authentication}    \
         async fn {function}(\n        &self,{caller}\n        request: request::{request},\n    ) -> \
         Result<response::{response}, Failure> {{\n        Err(Failure::NotImplemented)\n    }}\n}}\n\n\
         let routes = router(std::sync::Arc::new(Service), Limits::default(), Mode::Examples)?;\n\
         let listener = tokio::net::TcpListener::bind(\"127.0.0.1:8080\").await?;\naxum::serve(listener, routes).await?;"
    ))
}

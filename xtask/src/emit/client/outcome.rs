//! What an operation can answer: an enum of documented failures, the type of success, and the arms that decode them.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use rescind_specs::StatusPattern;
use syn::{Item, parse_quote};

use super::headers::HeaderNames;
use super::paragraph;
use super::reply::{Side, TypedReply};
use crate::emit::names::{Names, ident, snake};
use crate::lower::{Call, Draft, Payload, Reply};

/// Types that every generated module has beside those of its answers.
const MODULE_TYPES: [&str; 5] = ["Client", "Credentials", "Error", "HeaderError", "ResponseValue"];

/// The typed layer of one operation.
pub(super) struct Outcome {
    /// The enums of the operation.
    pub(super) items: Vec<Item>,
    /// Type of a success, and of its documented headers where there are some: the arguments of `ResponseValue`.
    pub(super) success: TokenStream,
    /// Type of a documented failure.
    pub(super) failure: TokenStream,
    /// Arms of the match on the status, one a documented response and one for the rest.
    pub(super) arms: Vec<TokenStream>,
    /// What `Accept` says.
    pub(super) accept: String,
    /// The function of the core that sends it.
    pub(super) send: &'static str,
}

/// The typed layers of all operations, and the structs of their headers.
pub(super) fn outcomes(draft: &Draft<'_>) -> (Vec<Outcome>, Vec<Item>) {
    let mut scope = Names::reserving(MODULE_TYPES);
    // The enums of the operations come first: they are what users write most.
    let named: Vec<CallNames> = draft.calls.iter().map(|call| CallNames::new(call, &mut scope)).collect();
    let headers = HeaderNames::new(draft, &mut scope);
    let outcomes = draft
        .calls
        .iter()
        .zip(&named)
        .map(|(call, names)| outcome(call, names, &headers, &mut scope))
        .collect();
    (outcomes, headers.items(draft))
}

/// The names of the enums of one operation.
struct CallNames {
    success: String,
    failure: String,
}

impl CallNames {
    fn new(call: &Call<'_>, scope: &mut Names) -> Self {
        let mut name = |suffix: &str| {
            let wanted = format!("{}{suffix}", call.type_name.trim_start_matches("r#"));
            scope.unique(wanted.clone(), &wanted)
        };
        Self { failure: name("Error"), success: name("Success") }
    }
}

/// The responses of a call: those that are successes, and those that are not.
///
/// Redirects are what a call is for where no 2xx is documented; beside one they are not what was asked for. `default`
/// documents success and failure alike where no success is documented otherwise.
fn sides<'r>(call: &'r Call<'_>) -> (Vec<&'r Reply>, Vec<&'r Reply>) {
    let class = |reply: &Reply, class: u16| match reply.status {
        StatusPattern::Exact(code) => code / 100 == class,
        StatusPattern::Range(range) => u16::from(range) == class,
        StatusPattern::Default => false,
    };
    let any = |wanted| call.replies.iter().any(|reply| class(reply, wanted));
    let success = match (any(2), any(3)) {
        (true, _) => 2,
        (false, true) => 3,
        (false, false) => 0,
    };
    let is_default = |reply: &Reply| reply.status == StatusPattern::Default;
    let successes =
        call.replies.iter().filter(|reply| class(reply, success) || (success == 0 && is_default(reply)));
    let failures = call.replies.iter().filter(|reply| !class(reply, success));
    (successes.collect(), failures.collect())
}

fn typed<'r>(
    call: &Call<'_>,
    replies: &[&'r Reply],
    side: Side,
    headers: &HeaderNames,
    scope: &mut Names,
) -> Vec<TypedReply<'r>> {
    replies.iter().map(|reply| TypedReply::new(call, reply, side, headers, scope)).collect()
}

fn outcome(call: &Call<'_>, names: &CallNames, headers: &HeaderNames, scope: &mut Names) -> Outcome {
    let (successes, failures) = sides(call);
    let mut items = Vec::new();
    let good = typed(call, &successes, Side::Success, headers, scope);
    let bad = typed(call, &failures, Side::Failure, headers, scope);
    items.extend(good.iter().filter_map(|reply| reply.choice(Side::Success)));
    items.extend(bad.iter().filter_map(|reply| reply.choice(Side::Failure)));

    let mut arms = Vec::new();
    let success = match good.as_slice() {
        [] => quote!(()),
        [only] => {
            arms.push((order(only.reply.status, true), {
                let pattern = success_pattern(only.reply.status);
                let decode = only.decode(Side::Success, None);
                quote!(#pattern => #decode)
            }));
            let body = only.body.clone().unwrap_or_else(|| quote!(()));
            match &only.headers {
                Some(headers) => quote!(#body, #headers),
                None => body,
            }
        }
        several => {
            let name = ident(&names.success);
            let path = quote!(super::#name);
            let doc = doc(call, "The successes");
            items.extend(choice(&names.success, &doc, several, Side::Success));
            for reply in several {
                let pattern = success_pattern(reply.reply.status);
                let decode = reply.decode(Side::Success, Some(&path));
                arms.push((order(reply.reply.status, true), quote!(#pattern => #decode)));
            }
            path
        }
    };
    let failure_name = ident(&names.failure);
    let failure = quote!(super::#failure_name);
    let doc = doc(call, "The answers besides success");
    items.extend(choice(&names.failure, &doc, &bad, Side::Failure));
    for reply in &bad {
        let pattern = failure_pattern(reply.reply.status);
        let decode = reply.decode(Side::Failure, Some(&failure));
        arms.push((order(reply.reply.status, false), quote!(#pattern => #decode)));
    }
    if !call.replies.iter().any(|reply| reply.status == StatusPattern::Default) {
        arms.push((u16::MAX, quote!(_ => Err(received.unexpected().await))));
    }
    arms.sort_by_key(|(order, _)| *order);
    let streams = successes.iter().flat_map(|reply| &reply.forms).any(|form| form.payload == Payload::Stream);
    Outcome {
        items,
        success,
        failure,
        arms: arms.into_iter().map(|(_, arm)| arm).collect(),
        accept: accept(call),
        send: if streams { "send_streaming" } else { "send" },
    }
}

/// Exact statuses come before ranges, ranges before the rest.
fn order(status: StatusPattern, success: bool) -> u16 {
    match status {
        StatusPattern::Exact(code) => code,
        StatusPattern::Range(class) => 1000 + u16::from(class),
        // A default that also documents the success takes 2xx, and the failure arm takes what is left.
        StatusPattern::Default => 2000 + u16::from(!success),
    }
}

fn success_pattern(status: StatusPattern) -> TokenStream {
    match status {
        StatusPattern::Default => range(2),
        _ => failure_pattern(status),
    }
}

fn failure_pattern(status: StatusPattern) -> TokenStream {
    match status {
        StatusPattern::Exact(code) => quote!(#code),
        StatusPattern::Range(class) => range(class),
        StatusPattern::Default => quote!(_),
    }
}

fn range(class: u8) -> TokenStream {
    let low = u16::from(class) * 100;
    let high = low + 99;
    quote!(#low..=#high)
}

/// An enum with one variant a reply.
///
/// It is exhaustive on purpose: a status that a later contract documents should be noticed where it is matched.
fn choice(name: &str, doc: &str, replies: &[TypedReply<'_>], side: Side) -> Vec<Item> {
    let name = ident(name);
    let variants = replies.iter().map(TypedReply::declaration);
    // A stream is there once.
    let clone = replies.iter().all(|reply| reply.is_clone(side)).then(|| quote!(Clone,));
    let tells_variant = side == Side::Failure && !replies.is_empty();
    let debug = (!tells_variant).then(|| quote!(Debug));
    let declared = parse_quote! {
        #[doc = #doc]
        #[derive(#clone #debug)]
        pub enum #name {
            #(#variants,)*
        }
    };
    let mut items = vec![declared];
    if tells_variant {
        items.push(debug_of_variant(&name, replies));
    }
    items
}

/// `Debug` of failures, which people log: without the body, as what a deployment says of a request may quote it.
fn debug_of_variant(name: &Ident, replies: &[TypedReply<'_>]) -> Item {
    let variants = replies.iter().map(|reply| &reply.variant);
    let words = replies.iter().map(|reply| reply.variant.to_string());
    parse_quote! {
        /// Tells the variant. What it holds may quote the request.
        impl ::std::fmt::Debug for #name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                let variant = match self {
                    #(Self::#variants { .. } => #words,)*
                };
                f.debug_struct(variant).finish_non_exhaustive()
            }
        }
    }
}

fn doc(call: &Call<'_>, what: &str) -> String {
    let function = snake(&call.function);
    paragraph(&format!("{what} that are documented for [`Client::{function}`], one variant each."))
}

/// The media types of all documented responses, JSON first.
fn accept(call: &Call<'_>) -> String {
    let mut seen: Vec<(bool, &str)> = Vec::new();
    for form in call.replies.iter().flat_map(|reply| &reply.forms) {
        let json = matches!(form.payload, Payload::Json(_) | Payload::Any);
        for media_type in &form.media_types {
            if !seen.iter().any(|(_, known)| known == media_type) {
                seen.push((!json, media_type));
            }
        }
    }
    seen.sort_by_key(|(other, _)| *other);
    if seen.is_empty() {
        return "*/*".to_owned();
    }
    seen.into_iter().map(|(_, media_type)| media_type).collect::<Vec<_>>().join(", ")
}

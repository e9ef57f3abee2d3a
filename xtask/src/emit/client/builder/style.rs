//! How a value is written, as code.

use proc_macro2::TokenStream;
use quote::quote;
use rescind_specs::ParameterStyle;

use crate::lower::Writing;

/// `support::Style::…`
pub(super) fn style(writing: Writing) -> TokenStream {
    let Writing::Style { style, explode, reserved } = writing else {
        return quote!(support::Style::json());
    };
    let style = match style {
        ParameterStyle::Simple => quote!(simple),
        ParameterStyle::Form => quote!(form),
        ParameterStyle::SpaceDelimited => quote!(space_delimited),
        ParameterStyle::PipeDelimited => quote!(pipe_delimited),
        ParameterStyle::DeepObject => quote!(deep_object),
        ParameterStyle::Label => quote!(label),
        ParameterStyle::Matrix => quote!(matrix),
    };
    let explode = explode.then(|| quote!(.exploded()));
    let reserved = reserved.then(|| quote!(.reserved()));
    quote!(support::Style::#style() #explode #reserved)
}

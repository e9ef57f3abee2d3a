//! What an operation asks for, as code.

use proc_macro2::TokenStream;
use quote::quote;
use rescind_specs::{KeyLocation, SchemeKind};

use crate::lower::{Call, Draft};

/// The schemes that the operation asks for: any one list, all of it.
pub(super) fn security(call: &Call<'_>, draft: &Draft<'_>) -> TokenStream {
    let alternatives = call.operation.security.0.iter().map(|alternative| {
        let schemes = alternative.iter().map(|name| {
            let kind = draft.contract.scheme(name).map(|scheme| &scheme.kind);
            let name = &name.0;
            match kind {
                Some(SchemeKind::Basic) => quote!(support::Scheme::Basic { name: #name }),
                Some(SchemeKind::Bearer) => quote!(support::Scheme::Bearer { name: #name }),
                Some(SchemeKind::ApiKey { location, name: key }) => {
                    let variant = match location {
                        KeyLocation::Header => quote!(Header),
                        KeyLocation::Query => quote!(Query),
                        KeyLocation::Cookie => quote!(Cookie),
                    };
                    quote!(support::Scheme::#variant { name: #name, key: #key })
                }
                Some(SchemeKind::OtherHttp(_)) | None => quote!(support::Scheme::Other { name: #name }),
            }
        });
        quote!(&[#(#schemes),*])
    });
    quote!(&[#(#alternatives),*])
}

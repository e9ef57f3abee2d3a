//! What callers prove themselves with: one variant a documented set of security schemes.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use rescind_specs::{Contract, KeyLocation, SchemeKind, SchemeName};

use super::doc;
use super::plan::{Plan, plain};
use crate::emit::names::{Names, ident, pascal, snake};

/// A set of schemes that are needed together.
pub(super) struct CredentialSet {
    variant: Ident,
    schemes: Vec<Scheme>,
}

impl CredentialSet {
    /// The name of the variant.
    pub(super) fn variant(&self) -> &Ident {
        &self.variant
    }
}

struct Scheme {
    name: String,
    field: Ident,
    kind: Kind,
    /// Where the credential travels.
    place: String,
    description: Option<String>,
}

/// What the credential of a scheme consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    UserAndPassword,
    Secret,
    /// A token, of which operations ask for scopes.
    Scoped,
}

/// The sets of a contract, in the order in which the runtime counts them.
pub(super) fn plan(contract: &Contract) -> Vec<CredentialSet> {
    let mut variants = Names::default();
    let plan = |set: &[SchemeName]| {
        let mut fields = Names::default();
        let words: Vec<String> = set.iter().map(|name| plain(&pascal(&name.0)).to_owned()).collect();
        let wanted = words.join("And");
        let label = set.iter().map(|name| name.0.as_str()).collect::<Vec<_>>().join("+");
        CredentialSet {
            variant: ident(&variants.unique(pascal(&wanted), &label)),
            schemes: set.iter().map(|name| scheme(contract, name, &mut fields)).collect(),
        }
    };
    contract.credential_sets().into_iter().map(plan).collect()
}

fn scheme(contract: &Contract, name: &SchemeName, fields: &mut Names) -> Scheme {
    let documented = contract.scheme(name);
    let word = |keyword: &str| {
        let value = documented.and_then(|scheme| contract.document().get(&scheme.pointer.join(keyword)));
        value.and_then(serde_json::Value::as_str)
    };
    let scoped = matches!(word("type"), Some("oauth2" | "openIdConnect"));
    let (kind, place) = match documented.map(|scheme| &scheme.kind) {
        None => (Kind::Secret, "not declared, so no request has it".to_owned()),
        Some(SchemeKind::Basic) => (Kind::UserAndPassword, "`Authorization: Basic`".to_owned()),
        Some(SchemeKind::Bearer) if scoped => (Kind::Scoped, "`Authorization: Bearer`".to_owned()),
        Some(SchemeKind::Bearer) => (Kind::Secret, "`Authorization: Bearer`".to_owned()),
        Some(SchemeKind::OtherHttp(scheme)) => (Kind::Secret, format!("`Authorization: {scheme}`")),
        Some(SchemeKind::ApiKey { location, name }) => {
            let location = match location {
                KeyLocation::Header => "header",
                KeyLocation::Query => "query parameter",
                KeyLocation::Cookie => "cookie",
            };
            (Kind::Secret, format!("the {location} `{name}`"))
        }
    };
    Scheme {
        field: ident(&fields.unique(snake(&name.0), &name.0)),
        name: name.0.clone(),
        kind,
        place,
        description: word("description").map(str::to_owned),
    }
}

pub(super) fn emit(plan: &Plan<'_>) -> TokenStream {
    let runtime = &plan.runtime;
    let variants = plan.credentials.iter().map(declaration);
    let names = plan.credentials.iter().map(|set| {
        let (variant, names) = (&set.variant, set.schemes.iter().map(|scheme| &scheme.name));
        quote! { Self::#variant { .. } => &[#(#names),*] }
    });
    let arms = plan.credentials.iter().enumerate().map(|(place, set)| {
        let variant = &set.variant;
        let reads = set.schemes.iter().map(|scheme| match scheme.kind {
            Kind::UserAndPassword => quote!(set.basic()?),
            Kind::Secret => quote!(set.secret()?),
            Kind::Scoped => quote!(set.scoped()?),
        });
        if set.schemes.len() == 1 {
            quote! { #place => Some(Self::#variant(#(#reads),*)) }
        } else {
            let fields = set.schemes.iter().map(|scheme| &scheme.field);
            quote! { #place => Some(Self::#variant { #(#fields: #reads),* }) }
        }
    });
    quote! {
        use #runtime::{BasicCredential, CredentialSet, ScopedToken, Secret};

        /// What callers prove themselves with: one variant for each set of security schemes that some operation
        /// accepts.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Credentials { #(#variants,)* }

        impl Credentials {
            /// The security schemes of the set, as the document names them.
            pub fn schemes(&self) -> &'static [&'static str] {
                match self { #(#names,)* }
            }

            /// The typed form of what the gate found.
            pub(super) fn read(mut set: CredentialSet) -> Option<Self> {
                match set.place() {
                    #(#arms,)*
                    _ => None,
                }
            }
        }
    }
}

fn declaration(set: &CredentialSet) -> TokenStream {
    let variant = &set.variant;
    let docs = |scheme: &Scheme| {
        let place = format!("`{}`: {}.", scheme.name, scheme.place);
        doc::paragraphs([Some(place.as_str()), scheme.description.as_deref()])
    };
    let types = set.schemes.iter().map(|scheme| match scheme.kind {
        Kind::UserAndPassword => quote!(BasicCredential),
        Kind::Secret => quote!(Secret),
        Kind::Scoped => quote!(ScopedToken),
    });
    if let [only] = set.schemes.as_slice() {
        let docs = docs(only);
        return quote! { #docs #variant(#(#types)*) };
    }
    let fields = set.schemes.iter().zip(types).map(|(scheme, rust_type)| {
        let (docs, field) = (docs(scheme), &scheme.field);
        quote! { #docs #field: #rust_type }
    });
    let names: Vec<String> = set.schemes.iter().map(|scheme| format!("`{}`", scheme.name)).collect();
    let heading = doc::lines(&format!("{}, all of them.", names.join(" and ")));
    quote! { #heading #variant { #(#fields,)* } }
}

//! Strings and numbers that keep to rules, and enumerations.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::Emitter;
use crate::emit::names::ident;
use crate::lower::{Rules, TypeRef, Word};

impl Emitter<'_, '_> {
    pub(super) fn text(name: &str, doc: &str, rules: &Rules) -> TokenStream {
        let type_name = ident(name);
        let longest = rules.max_length.map(|most| {
            let told = format!("longer than {most} characters");
            let most = Literal::u64_unsuffixed(most);
            quote! {
                if value.chars().count() > #most {
                    return Err(#told.into());
                }
            }
        });
        let shortest = rules.min_length.map(|least| {
            let told = format!("shorter than {least} characters");
            let least = Literal::u64_unsuffixed(least);
            quote! {
                if value.chars().count() < #least {
                    return Err(#told.into());
                }
            }
        });
        let pattern = rules.pattern.as_ref().map(|pattern| {
            let told = format!("doesn't match pattern \"{pattern}\"");
            quote! {
                static PATTERN: ::std::sync::LazyLock<::regress::Regex> =
                    ::std::sync::LazyLock::new(|| ::regress::Regex::new(#pattern).unwrap());
                if PATTERN.find(value).is_none() {
                    return Err(#told.into());
                }
            }
        });
        let conversions = conversions(name);
        quote! {
            #[doc = #doc]
            #[derive(::serde::Serialize, Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
            #[serde(transparent)]
            pub struct #type_name(::std::string::String);
            impl ::std::ops::Deref for #type_name {
                type Target = ::std::string::String;
                fn deref(&self) -> &::std::string::String {
                    &self.0
                }
            }
            impl ::std::convert::From<#type_name> for ::std::string::String {
                fn from(value: #type_name) -> Self {
                    value.0
                }
            }
            impl ::std::fmt::Display for #type_name {
                fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                    ::std::fmt::Display::fmt(&self.0, f)
                }
            }
            impl ::std::str::FromStr for #type_name {
                type Err = self::error::ConversionError;
                fn from_str(value: &str) -> ::std::result::Result<Self, self::error::ConversionError> {
                    #longest
                    #shortest
                    #pattern
                    Ok(Self(value.to_owned()))
                }
            }
            #conversions
            impl<'de> ::serde::Deserialize<'de> for #type_name {
                fn deserialize<D>(deserializer: D) -> ::std::result::Result<Self, D::Error>
                where
                    D: ::serde::Deserializer<'de>,
                {
                    <::std::string::String as ::serde::Deserialize>::deserialize(deserializer)?
                        .parse()
                        .map_err(<D::Error as ::serde::de::Error>::custom::<self::error::ConversionError>)
                }
            }
        }
    }

    pub(super) fn words(name: &str, doc: &str, words: &[Word]) -> TokenStream {
        let type_name = ident(name);
        let names: Vec<_> = words.iter().map(|word| ident(&word.name)).collect();
        let texts: Vec<&str> = words.iter().map(|word| word.wire.as_str()).collect();
        let variants = words.iter().map(|word| {
            let (name, text) = (ident(&word.name), &word.wire);
            let rename = (word.name != *text).then(|| quote!(#[serde(rename = #text)]));
            quote!(#rename #name)
        });
        let conversions = conversions(name);
        quote! {
            #[doc = #doc]
            #[derive(
                ::serde::Deserialize, ::serde::Serialize, Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd
            )]
            pub enum #type_name { #(#variants,)* }
            impl ::std::fmt::Display for #type_name {
                fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                    match *self { #(Self::#names => f.write_str(#texts),)* }
                }
            }
            impl ::std::str::FromStr for #type_name {
                type Err = self::error::ConversionError;
                fn from_str(value: &str) -> ::std::result::Result<Self, self::error::ConversionError> {
                    match value {
                        #(#texts => Ok(Self::#names),)*
                        _ => Err("invalid value".into()),
                    }
                }
            }
            #conversions
        }
    }

    pub(super) fn numbers(&self, name: &str, doc: &str, number: &TypeRef, values: &[String]) -> TokenStream {
        let type_name = ident(name);
        let ty = self.ty(number, &TokenStream::new());
        let values: Vec<TokenStream> = values.iter().filter_map(|value| value.parse().ok()).collect();
        let derives = if let TypeRef::Integer(_) = number {
            quote!(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)
        } else {
            quote!(Clone, Copy, Debug, PartialEq, PartialOrd)
        };
        quote! {
            #[doc = #doc]
            #[derive(::serde::Serialize, #derives)]
            #[serde(transparent)]
            pub struct #type_name(#ty);
            impl ::std::ops::Deref for #type_name {
                type Target = #ty;
                fn deref(&self) -> &#ty {
                    &self.0
                }
            }
            impl ::std::convert::From<#type_name> for #ty {
                fn from(value: #type_name) -> Self {
                    value.0
                }
            }
            impl ::std::convert::TryFrom<#ty> for #type_name {
                type Error = self::error::ConversionError;
                fn try_from(value: #ty) -> ::std::result::Result<Self, self::error::ConversionError> {
                    if [#(#values),*].contains(&value) {
                        Ok(Self(value))
                    } else {
                        Err("invalid value".into())
                    }
                }
            }
            impl ::std::fmt::Display for #type_name {
                fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                    ::std::fmt::Display::fmt(&self.0, f)
                }
            }
            impl ::std::str::FromStr for #type_name {
                type Err = self::error::ConversionError;
                fn from_str(value: &str) -> ::std::result::Result<Self, self::error::ConversionError> {
                    let value: #ty = value.parse().map_err(|_| "invalid value")?;
                    Self::try_from(value)
                }
            }
            impl<'de> ::serde::Deserialize<'de> for #type_name {
                fn deserialize<D>(deserializer: D) -> ::std::result::Result<Self, D::Error>
                where
                    D: ::serde::Deserializer<'de>,
                {
                    Self::try_from(<#ty as ::serde::Deserialize>::deserialize(deserializer)?)
                        .map_err(<D::Error as ::serde::de::Error>::custom::<self::error::ConversionError>)
                }
            }
        }
    }

    pub(super) fn constants(&self, name: &str, doc: &str, words: &[Word]) -> TokenStream {
        let type_name = ident(name);
        let runtime = &self.runtime;
        let names: Vec<_> = words.iter().map(|word| ident(&word.name)).collect();
        let texts: Vec<&str> = words.iter().map(|word| word.wire.as_str()).collect();
        quote! {
            #[doc = #doc]
            #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
            pub enum #type_name { #(#names,)* }
            impl #type_name {
                /// The value as JSON text.
                pub fn json(&self) -> &'static str {
                    match *self { #(Self::#names => #texts,)* }
                }
            }
            impl ::serde::Serialize for #type_name {
                fn serialize<S: ::serde::Serializer>(
                    &self,
                    serializer: S,
                ) -> ::std::result::Result<S::Ok, S::Error> {
                    #runtime::typing::write_constant(self.json(), serializer)
                }
            }
            impl<'de> ::serde::Deserialize<'de> for #type_name {
                fn deserialize<D: ::serde::Deserializer<'de>>(
                    deserializer: D,
                ) -> ::std::result::Result<Self, D::Error> {
                    let value = <::serde_json::Value as ::serde::Deserialize>::deserialize(deserializer)?;
                    #(
                        if #runtime::typing::is_constant(&value, #texts) {
                            return Ok(Self::#names);
                        }
                    )*
                    Err(<D::Error as ::serde::de::Error>::custom("invalid value"))
                }
            }
        }
    }
}

/// From text that is parsed.
fn conversions(name: &str) -> TokenStream {
    let type_name = ident(name);
    quote! {
        impl ::std::convert::TryFrom<&str> for #type_name {
            type Error = self::error::ConversionError;
            fn try_from(value: &str) -> ::std::result::Result<Self, self::error::ConversionError> {
                value.parse()
            }
        }
        impl ::std::convert::TryFrom<::std::string::String> for #type_name {
            type Error = self::error::ConversionError;
            fn try_from(
                value: ::std::string::String,
            ) -> ::std::result::Result<Self, self::error::ConversionError> {
                value.parse()
            }
        }
    }
}

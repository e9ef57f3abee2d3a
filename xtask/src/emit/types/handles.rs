//! What identifiers and secrets can do besides: be handed over by reference, be compared with text.

use proc_macro2::TokenStream;
use quote::quote;

use super::Emitter;
use crate::emit::names::ident;
use crate::lower::{Handle, Shape};

impl Emitter<'_, '_> {
    /// The further implementations of such a type.
    pub(super) fn handle(&self, name: &str, handle: Handle) -> TokenStream {
        let type_name = ident(name);
        let itself = quote! {
            impl ::std::convert::From<&#type_name> for #type_name {
                fn from(value: &#type_name) -> Self {
                    value.clone()
                }
            }
        };
        match handle {
            Handle::Secret => {
                let runtime = &self.runtime;
                quote! {
                    #itself
                    impl ::std::convert::From<&#type_name> for #runtime::Secret {
                        fn from(value: &#type_name) -> Self {
                            value.0.clone()
                        }
                    }
                    impl ::std::convert::From<&str> for #type_name {
                        fn from(value: &str) -> Self {
                            Self(value.into())
                        }
                    }
                    impl ::std::convert::From<::std::string::String> for #type_name {
                        fn from(value: ::std::string::String) -> Self {
                            Self(value.into())
                        }
                    }
                }
            }
            Handle::Identifier => {
                // An alias knows equality already, a checked text all of it.
                let plain =
                    self.draft.types.get(name).is_some_and(|found| matches!(found.shape, Shape::Alias(_)));
                let borrowed = if plain {
                    quote! {
                        impl ::std::convert::From<&::std::string::String> for #type_name {
                            fn from(value: &::std::string::String) -> Self {
                                Self(value.clone())
                            }
                        }
                    }
                } else {
                    quote! {
                        impl ::std::convert::TryFrom<&::std::string::String> for #type_name {
                            type Error = self::error::ConversionError;
                            fn try_from(
                                value: &::std::string::String,
                            ) -> ::std::result::Result<Self, self::error::ConversionError> {
                                value.parse()
                            }
                        }
                    }
                };
                quote! {
                    #itself
                    #borrowed
                    impl ::std::convert::From<&#type_name> for ::std::string::String {
                        fn from(value: &#type_name) -> Self {
                            value.0.clone()
                        }
                    }
                    impl ::std::convert::AsRef<str> for #type_name {
                        fn as_ref(&self) -> &str {
                            &self.0
                        }
                    }
                    impl ::std::cmp::PartialEq<str> for #type_name {
                        fn eq(&self, other: &str) -> bool {
                            self.0 == other
                        }
                    }
                    impl ::std::cmp::PartialEq<&str> for #type_name {
                        fn eq(&self, other: &&str) -> bool {
                            self.0 == *other
                        }
                    }
                }
            }
        }
    }
}

//! What the objects of an OpenAPI document are called.

/// What an object of the document is: the name of its definition in the official schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Kind(pub(crate) &'static str);

impl Kind {
    pub(crate) const DISCRIMINATOR: Kind = Kind("Discriminator");
    pub(crate) const ENCODING: Kind = Kind("Encoding");
    pub(crate) const HEADER: Kind = Kind("Header");
    pub(crate) const LINK: Kind = Kind("Link");
    pub(crate) const MEDIA_TYPE: Kind = Kind("MediaType");
    pub(crate) const OPERATION: Kind = Kind("Operation");
    pub(crate) const PARAMETER: Kind = Kind("Parameter");
    pub(crate) const PATH_ITEM: Kind = Kind("PathItem");
    pub(crate) const SCHEMA: Kind = Kind("Schema");
    pub(crate) const REQUEST_BODY: Kind = Kind("RequestBody");
    pub(crate) const RESPONSE: Kind = Kind("Response");
    pub(crate) const SECURITY_REQUIREMENT: Kind = Kind("SecurityRequirement");

    /// The section of `components` that holds objects of this kind.
    pub(crate) fn section(self) -> Option<&'static str> {
        Some(match self.0 {
            "Schema" => "schemas",
            "Response" => "responses",
            "Parameter" => "parameters",
            "Example" => "examples",
            "RequestBody" => "requestBodies",
            "Header" => "headers",
            "Link" => "links",
            "Callback" => "callbacks",
            name if name.ends_with("SecurityScheme") => "securitySchemes",
            _ => return None,
        })
    }

    /// The name in prose: `path item`.
    pub(crate) fn words(self) -> String {
        match self.0 {
            "APIKeySecurityScheme" => return "API key scheme".to_owned(),
            "HTTPSecurityScheme" => return "HTTP scheme".to_owned(),
            "OAuth2SecurityScheme" => return "OAuth 2 scheme".to_owned(),
            "OpenIdConnectSecurityScheme" => return "OpenID Connect scheme".to_owned(),
            "OAuthFlows" => return "list of OAuth flows".to_owned(),
            name if name.ends_with("OAuthFlow") || name == "ClientCredentialsFlow" => {
                return "OAuth flow".to_owned();
            }
            _ => {}
        }
        let mut words = String::new();
        for character in self.0.chars() {
            if character.is_uppercase() && !words.is_empty() {
                words.push(' ');
            }
            words.extend(character.to_lowercase());
        }
        words
    }

    /// The name with its article: `a path item`.
    pub(crate) fn with_article(self) -> String {
        let words = self.words();
        let article = if words.starts_with(['a', 'e', 'i', 'o', 'A', 'O']) { "an" } else { "a" };
        format!("{article} {words}")
    }
}

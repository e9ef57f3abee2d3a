//! What the objects of an OpenAPI document are called.

/// What an object of the document is: the name of its definition in the official schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Kind(pub(super) &'static str);

impl Kind {
    pub(super) const DISCRIMINATOR: Kind = Kind("Discriminator");
    pub(super) const HEADER: Kind = Kind("Header");
    pub(super) const LINK: Kind = Kind("Link");
    pub(super) const MEDIA_TYPE: Kind = Kind("MediaType");
    pub(super) const OPERATION: Kind = Kind("Operation");
    pub(super) const PARAMETER: Kind = Kind("Parameter");
    pub(super) const PATH_ITEM: Kind = Kind("PathItem");
    pub(super) const SCHEMA: Kind = Kind("Schema");
    pub(super) const SECURITY_REQUIREMENT: Kind = Kind("SecurityRequirement");

    /// The name in prose: `path item`.
    pub(super) fn words(self) -> String {
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
    pub(super) fn with_article(self) -> String {
        let words = self.words();
        let article = if words.starts_with(['a', 'e', 'i', 'o', 'A', 'O']) { "an" } else { "a" };
        format!("{article} {words}")
    }
}

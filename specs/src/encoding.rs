//! How one property of a form or multipart body is written.

use crate::{MediaType, ParameterStyle, Pointer, ResponseHeader};

/// The Encoding Object of one property (OpenAPI 3.0.3, Encoding Object).
///
/// It speaks of a body of `multipart/form-data` or `application/x-www-form-urlencoded`; in any other it means
/// nothing.
#[derive(Clone, Debug)]
pub struct Encoding {
    /// Name of the property.
    pub property: String,
    /// The media types or ranges that its part may have, in document order; empty where the default of the
    /// property's type holds.
    pub content_types: Vec<MediaType>,
    /// The headers of its part, in document order.
    pub headers: Vec<ResponseHeader>,
    /// How a structured value is written in an urlencoded form; `None` where the document does not say.
    pub style: Option<ParameterStyle>,
    /// Whether the items of an array repeat the name; `None` where the document does not say.
    pub explode: Option<bool>,
    /// Whether reserved characters stand as they are.
    pub allow_reserved: bool,
    /// Where the encoding object stands.
    pub pointer: Pointer,
}

impl Encoding {
    /// Whether items repeat the name: what the document says, else the default of the style.
    pub fn explodes(&self) -> bool {
        self.explode.unwrap_or(self.style.is_none_or(|style| style == ParameterStyle::Form))
    }

    /// The media type that a part is written with where the caller chooses none: the first that is no range.
    pub fn content_type(&self) -> Option<&MediaType> {
        self.content_types.iter().find(|media_type| !media_type.is_range())
    }
}

#[cfg(test)]
mod tests {
    use crate::{Contract, Document, OperationId, ParameterStyle};

    #[test]
    fn says_how_a_property_is_written() {
        let text = r"
openapi: 3.0.3
info: { title: Upload, version: '1' }
paths:
  /pictures:
    post:
      operationId: upload
      parameters:
        - name: filter
          in: query
          content: { application/json: { schema: { type: object } } }
      requestBody:
        content:
          multipart/form-data:
            schema: { type: object, properties: { file: { type: string, format: binary }, tags: { type: array, items: {} } } }
            encoding:
              file: { contentType: 'image/*, image/png', headers: { X-Id: { schema: { type: string } } } }
              tags: { style: pipeDelimited }
      responses: { '204': { description: Taken. } }
";
        let contract = Contract::new("upload", Document::parse("openapi.yaml", text).unwrap(), None).unwrap();
        let operation = contract.operation(&OperationId::from("upload")).unwrap();
        let content = &operation.request_body.as_ref().unwrap().content[0];
        let file = content.encoding("file").unwrap();
        assert_eq!(file.content_type().unwrap().to_string(), "image/png");
        assert_eq!((file.content_types.len(), file.headers[0].name.as_str()), (2, "X-Id"));
        assert!(file.explodes());
        let tags = content.encoding("tags").unwrap();
        assert_eq!((tags.style, tags.explodes()), (Some(ParameterStyle::PipeDelimited), false));
        assert!(content.encoding("other").is_none());
        let filter = &operation.parameters[0];
        assert!(!filter.allow_reserved && filter.schema.is_some());
        assert_eq!(filter.media_type.as_ref().unwrap().to_string(), "application/json");
    }
}

//! Strings by the `format` keyword: good ones, and ones that are plainly not of that format.

/// Formats that a validator of JSON Schema checks. Only these are ever broken on purpose.
pub(super) fn is_checked(format: &str) -> bool {
    broken(format).is_some()
}

/// Good values of `format`; `None` where the format is not known, an empty list never.
pub(super) fn good(format: &str) -> Option<&'static [&'static str]> {
    Some(match format {
        "date-time" => &["2031-04-05T06:07:08Z", "2032-02-29T23:59:59.123Z", "2031-04-05T06:07:08+02:00"],
        "date" => &["2031-04-05", "2032-02-29"],
        "time" => &["06:07:08Z"],
        "duration" => &["PT1H", "P1D"],
        "email" => &["robin@example.com", "r.o+tag@mail.example.org"],
        "uri" | "url" => &["https://example.com/path?q=1", "https://example.org"],
        "uri-reference" => &["/path?q=1", "https://example.com/"],
        "uuid" => &["0f8fad5b-d9cb-469f-a165-70867728950e", "7c9e6679-7425-40de-944b-e07fc1f90ae7"],
        "ipv4" => &["192.0.2.1", "198.51.100.254"],
        "ipv6" => &["2001:db8::1"],
        "hostname" => &["host.example.com", "example"],
        "byte" => &["aGVsbG8=", "AAEC"],
        _ => return None,
    })
}

/// Values that are plainly not of `format`; `None` where a validator of JSON Schema does not check it.
pub(super) fn broken(format: &str) -> Option<&'static [&'static str]> {
    Some(match format {
        "date-time" => &["yesterday", "2031-13-45T99:00:00Z"],
        "date" => &["yesterday", "2031-13-45"],
        "email" => &["no-at-sign"],
        "uri" => &["not a uri", "::"],
        "uri-reference" => &["not a uri"],
        "uuid" => &["not-a-uuid", "0f8fad5b-d9cb-469f-a165-70867728950"],
        "ipv4" => &["999.0.2.1"],
        "ipv6" => &["2001:db8:::1"],
        "hostname" => &["-not a host-"],
        "byte" => &["not base64!"],
        _ => return None,
    })
}

/// A text of exactly so many characters, some of them of more than one byte.
pub(super) fn of_length(length: usize) -> String {
    // JSON Schema counts characters, so a deployment that counts bytes shows itself at the limit.
    const LETTERS: &[char] = &['r', 'e', 's', 'c', 'i', 'n', 'd', 'é', 'ß', '語', 'o', 'k', '😀', 'a'];
    LETTERS.iter().copied().cycle().take(length).collect()
}

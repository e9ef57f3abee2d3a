//! The table of OpenAPI's Style Values, and what it leaves open.

use serde_json::json;

use super::*;

/// What a request would carry: path, query, header and cookie.
fn path(style: Style, value: &Value) -> String {
    style.path("color", value).unwrap_or_else(|Unwritable(why)| format!("<{why}>"))
}

fn query(style: Style, value: &Value) -> String {
    let mut out = String::new();
    style.query("color", value, &mut out);
    out
}

fn header(style: Style, value: &Value) -> String {
    style.header(value).unwrap_or_else(|Unwritable(why)| Some(format!("<{why}>"))).unwrap_or_default()
}

fn cookie(style: Style, value: &Value) -> String {
    let mut out = String::new();
    style.cookie("color", value, &mut out);
    out
}

#[test]
fn style_values() {
    let blue = json!("blue");
    let list = json!(["blue", "black", "brown"]);
    let object = json!({ "R": 100, "G": 200, "B": 150 });
    for (style, texts) in [
        (Style::matrix(), [";color=blue", ";color=blue,black,brown", ";color=R,100,G,200,B,150"]),
        (
            Style::matrix().exploded(),
            [";color=blue", ";color=blue;color=black;color=brown", ";R=100;G=200;B=150"],
        ),
        (Style::label(), [".blue", ".blue,black,brown", ".R,100,G,200,B,150"]),
        (Style::label().exploded(), [".blue", ".blue.black.brown", ".R=100.G=200.B=150"]),
        (Style::simple(), ["blue", "blue,black,brown", "R,100,G,200,B,150"]),
        (Style::simple().exploded(), ["blue", "blue,black,brown", "R=100,G=200,B=150"]),
    ] {
        for (value, text) in [&blue, &list, &object].into_iter().zip(texts) {
            assert_eq!(path(style, value), text, "{style:?}");
        }
    }
    for (style, texts) in [
        (Style::form(), ["color=blue", "color=blue,black,brown", "color=R,100,G,200,B,150"]),
        (Style::form().exploded(), ["color=blue", "color=blue&color=black&color=brown", "R=100&G=200&B=150"]),
        (
            Style::space_delimited(),
            ["color=blue", "color=blue%20black%20brown", "color=R%20100%20G%20200%20B%20150"],
        ),
        (
            Style::pipe_delimited(),
            ["color=blue", "color=blue%7Cblack%7Cbrown", "color=R%7C100%7CG%7C200%7CB%7C150"],
        ),
        (
            Style::deep_object().exploded(),
            [
                "color=blue",
                "color%5B0%5D=blue&color%5B1%5D=black&color%5B2%5D=brown",
                "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150",
            ],
        ),
    ] {
        for (value, text) in [&blue, &list, &object].into_iter().zip(texts) {
            assert_eq!(query(style, value), text, "{style:?}");
        }
    }
    for (style, texts) in [
        (Style::simple(), ["blue", "blue,black,brown", "R,100,G,200,B,150"]),
        (Style::simple().exploded(), ["blue", "blue,black,brown", "R=100,G=200,B=150"]),
    ] {
        for (value, text) in [&blue, &list, &object].into_iter().zip(texts) {
            assert_eq!(header(style, value), text, "{style:?}");
        }
    }
    for (style, texts) in [
        (Style::form(), ["color=blue", "color=blue,black,brown", "color=R,100,G,200,B,150"]),
        (
            Style::form().exploded(),
            ["color=blue", "color=blue; color=black; color=brown", "R=100; G=200; B=150"],
        ),
    ] {
        for (value, text) in [&blue, &list, &object].into_iter().zip(texts) {
            assert_eq!(cookie(style, value), text, "{style:?}");
        }
    }
}

#[test]
fn signs_that_part_values_are_encoded_within_them() {
    let list = json!(["a,b", "c d|e", "ü&="]);
    assert_eq!(path(Style::simple(), &list), "a%2Cb,c%20d%7Ce,%C3%BC%26%3D");
    assert_eq!(path(Style::label().exploded(), &json!(["a.b"])), ".a%2Eb");
    assert_eq!(query(Style::form(), &list), "color=a%2Cb,c%20d%7Ce,%C3%BC%26%3D");
    assert_eq!(
        query(Style::form().reserved(), &json!(["a,b", "http://c/?d=e&f+#[]"])),
        "color=a%2Cb,http://c/?d=e%26f%2B%23%5B%5D"
    );
    assert_eq!(query(Style::form().reserved(), &json!("a,b/c")), "color=a,b/c");
    assert_eq!(header(Style::simple(), &list), "<holds a sign that parts values in a header>");
    assert_eq!(
        header(Style::simple().exploded(), &json!({ "a=b": 1 })),
        "<holds a sign that parts values in a header>"
    );
    assert_eq!(cookie(Style::form(), &json!(["a;b", "c,d e%"])), "color=a%3Bb,c%2Cd%20e%25");
}

#[test]
fn json_is_one_text_everywhere() {
    let value = json!({ "a": [1, "ü"] });
    assert_eq!(query(Style::json(), &value), "color=%7B%22a%22%3A%5B1%2C%22%C3%BC%22%5D%7D");
    assert_eq!(path(Style::json(), &value), "%7B%22a%22%3A%5B1%2C%22%C3%BC%22%5D%7D");
    assert_eq!(header(Style::json(), &value), r#"{"a":[1,"ü"]}"#);
    assert_eq!(cookie(Style::json(), &value), "color={%22a%22:[1%2C%22%C3%BC%22]}");
    assert_eq!(query(Style::json(), &json!("a")), "color=%22a%22");
}

#[test]
fn nothing_within_a_value_is_no_value() {
    assert_eq!(query(Style::form(), &json!([])), "");
    assert_eq!(query(Style::form().exploded(), &json!({ "a": null })), "");
    assert_eq!(query(Style::form(), &json!("")), "color=");
    assert_eq!(header(Style::simple(), &json!([])), "");
    for empty in [json!(""), json!([]), json!({}), json!("."), json!("..")] {
        assert!(path(Style::simple(), &empty).starts_with('<'), "{empty}");
    }
    assert!(path(Style::label(), &json!(".")).starts_with('<'));
    assert_eq!(path(Style::simple(), &json!("...")), "...");
}

#[test]
fn depth_has_a_name_at_each_step() {
    let value = json!({ "a": { "b": [1, { "c": true }] }, "d": null });
    assert_eq!(
        query(Style::deep_object(), &value),
        "color%5Ba%5D%5Bb%5D%5B0%5D=1&color%5Ba%5D%5Bb%5D%5B1%5D%5Bc%5D=true"
    );
    // Where no style says how, what is within an item is a JSON text.
    assert_eq!(query(Style::form().exploded(), &json!([{ "a": 1 }])), "color=%7B%22a%22%3A1%7D");
}

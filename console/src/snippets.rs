//! A delivery as a command or a program, with the key as a variable.

use local::SeenDelivery;

/// A way to send a delivery.
pub(crate) struct Snippet {
    pub(crate) name: &'static str,
    pub(crate) text: String,
}

/// The headers that a snippet sends, in lower case.
const SENT: [&str; 6] =
    ["authorization", "x-api-key", SECRET_HEADER, "x-tenant", "idempotency-key", "content-type"];
const SECRET_HEADER: &str = "x-api-secret";

/// What stands for the value of a header with a credential, and the variable that has the
/// credential.
fn credential(name: &str) -> Option<(&'static str, &'static str)> {
    match name {
        "authorization" => Some(("Bearer ", "LEADHOOK_KEY")),
        "x-api-key" => Some(("", "LEADHOOK_KEY")),
        SECRET_HEADER => Some(("", "LEADHOOK_SECRET")),
        _ => None,
    }
}

/// Headers without credentials.
pub(crate) fn masked_headers(headers: &[(String, String)]) -> Vec<(String, String)> {
    let is_secret = |name: &str| name == "cookie" || name == "proxy-authorization";
    let masked = headers.iter().map(|(name, value)| {
        let value = match credential(name) {
            Some((scheme, _)) => format!("{scheme}•••"),
            None if is_secret(name) => "•••".to_owned(),
            None => value.clone(),
        };
        (name.clone(), value)
    });
    masked.collect()
}

/// Whether the snippets of a delivery with these headers have the variable of a secret.
pub(crate) fn needs_secret(headers: &[(String, String)]) -> bool {
    headers.iter().any(|(name, _)| name == SECRET_HEADER)
}

/// The snippets of a delivery.
pub(crate) fn snippets(base: &str, seen: &SeenDelivery) -> Vec<Snippet> {
    let url = format!("{base}{}", seen.path);
    let headers: Vec<_> = seen
        .headers
        .iter()
        .filter(|(name, _)| SENT.contains(&name.as_str()))
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let body = seen.body.text.as_str();
    vec![
        Snippet { name: "curl", text: curl(&url, &headers, body) },
        Snippet { name: "fetch", text: fetch(&url, &headers, body) },
        Snippet { name: "Python", text: python(&url, &headers, body) },
    ]
}

fn curl(url: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut text = format!("curl -i -X POST {}", quoted(url));
    for (name, value) in headers {
        text += " \\\n  -H ";
        text += &match credential(name) {
            Some((scheme, variable)) => format!("\"{name}: {scheme}${variable}\""),
            None => quoted(&format!("{name}: {value}")),
        };
    }
    if !body.is_empty() {
        text += &format!(" \\\n  --data-binary {}", quoted(body));
    }
    text
}

/// A text for a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn fetch(url: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut text = format!("const answer = await fetch({}, {{\n", literal(url));
    text += "  method: \"POST\",\n  headers: {\n";
    for (name, value) in headers {
        let value = match credential(name) {
            Some((scheme, variable)) => format!("`{scheme}${{process.env.{variable}}}`"),
            None => literal(value),
        };
        text += &format!("    {}: {value},\n", literal(name));
    }
    text += "  },\n";
    if !body.is_empty() {
        text += &format!("  body: {},\n", literal(body));
    }
    text + "});\nconsole.log(answer.status, await answer.text());"
}

fn python(url: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut text = "import os, urllib.error, urllib.request\n\n".to_owned();
    text += &format!("request = urllib.request.Request(\n    {},\n", literal(url));
    text += &format!("    data={}.encode(),\n    headers={{\n", literal(body));
    for (name, value) in headers {
        let value = match credential(name) {
            Some(("", variable)) => format!("os.environ[\"{variable}\"]"),
            Some((scheme, variable)) => format!("\"{scheme}\" + os.environ[\"{variable}\"]"),
            None => literal(value),
        };
        text += &format!("        {}: {value},\n", literal(name));
    }
    text += "    },\n)\ntry:\n    answer = urllib.request.urlopen(request)\n";
    text += "except urllib.error.HTTPError as refusal:\n    answer = refusal\n";
    text + "print(answer.status, answer.read().decode())"
}

/// A text as a literal, which JSON, JavaScript and Python read alike.
fn literal(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADERS: [(&str, &str); 3] =
        [("authorization", "Bearer sk_1"), ("x-tenant", "1"), ("x-api-secret", "hush")];

    #[test]
    fn a_snippet_has_the_keys_variable_in_place_of_the_key() {
        let body = r#"{"name": "D'Ávila \"x\" $(id)"}"#;
        let texts = [
            curl("http://127.0.0.1:3000/a", &HEADERS, body),
            fetch("http://127.0.0.1:3000/a", &HEADERS, body),
            python("http://127.0.0.1:3000/a", &HEADERS, body),
        ];
        for text in &texts {
            assert!(!text.contains("sk_1") && !text.contains("hush"), "{text}");
            assert!(text.contains("LEADHOOK_KEY") && text.contains("LEADHOOK_SECRET"), "{text}");
        }
        assert_eq!(
            texts[0],
            "curl -i -X POST 'http://127.0.0.1:3000/a' \\\n  -H \"authorization: Bearer \
             $LEADHOOK_KEY\" \\\n  -H 'x-tenant: 1' \\\n  -H \"x-api-secret: $LEADHOOK_SECRET\" \
             \\\n  --data-binary '{\"name\": \"D'\\''Ávila \\\"x\\\" $(id)\"}'"
        );
    }

    #[test]
    fn shown_headers_have_no_credentials() {
        let headers = HEADERS.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert!(needs_secret(&headers) && !needs_secret(&headers[..2]));
        let shown = masked_headers(&headers);
        let values: Vec<_> = shown.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, ["Bearer •••", "1", "•••"]);
    }
}

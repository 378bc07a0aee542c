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
    // Without -g, curl sends one request for each number of `[1-9]` in the address.
    let mut text = format!("curl -g -i -X POST {}", quoted(url));
    for (name, value) in headers {
        text += " \\\n  -H ";
        text += &match credential(name) {
            Some((scheme, variable)) => format!("\"{name}: {scheme}${variable}\""),
            None => quoted(&format!("{name}: {value}")),
        };
    }
    match body {
        "" => text,
        // No argument of a command can have a NUL.
        body if body.contains('\0') => {
            let format = escaped(&body.replace('%', "%%"));
            format!("printf '{format}' | {text} \\\n  --data-binary @-")
        }
        // Of the options with a body, only this one never reads a file for a body with an `@`.
        body => format!("{text} \\\n  --data-raw {}", quoted(body)),
    }
}

/// A text as one word of a command line. In bash, zsh and PowerShell alike it ends no quotation and
/// runs nothing.
fn quoted(text: &str) -> String {
    if text.chars().all(is_literal) { format!("'{text}'") } else { format!("$'{}'", escaped(text)) }
}

/// A text with its bytes as octal escapes, where they are not a literal.
fn escaped(text: &str) -> String {
    let escape = |c: char| match c {
        '\\' => r"\\".to_owned(),
        c if is_literal(c) => c.to_string(),
        c => c.encode_utf8(&mut [0; 4]).bytes().map(|byte| format!("\\{byte:03o}")).collect(),
    };
    text.chars().map(escape).collect()
}

/// Whether a character stands for itself between single quotation marks, and can be seen. For
/// PowerShell, four more characters are such marks.
fn is_literal(c: char) -> bool {
    let is_mark = matches!(c, '\'' | '\u{2018}'..='\u{201b}');
    matches!(c, '"' | '\\') || (is_visible(c) && !is_mark)
}

/// Whether a character can be printed and is not a part of the character before it.
fn is_visible(c: char) -> bool {
    matches!(c, '"' | '\'' | '\\') || c.escape_debug().len() == 1
}

fn fetch(url: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut text = format!("const answer = await fetch({}, {{\n", javascript(url));
    text += "  method: \"POST\",\n  headers: {\n";
    for (name, value) in headers {
        let value = match credential(name) {
            Some((scheme, variable)) => format!("`{scheme}${{process.env.{variable}}}`"),
            None => javascript(value),
        };
        text += &format!("    {}: {value},\n", javascript(name));
    }
    text += "  },\n";
    if !body.is_empty() {
        text += &format!("  body: {},\n", javascript(body));
    }
    text + "});\nconsole.log(answer.status, await answer.text());"
}

fn python(url: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut text = "import os, urllib.error, urllib.request\n\n".to_owned();
    text += &format!("request = urllib.request.Request(\n    {},\n", python_literal(url));
    text += &format!("    data={}.encode(),\n    headers={{\n", python_literal(body));
    for (name, value) in headers {
        let value = match credential(name) {
            Some(("", variable)) => format!("os.environ[\"{variable}\"]"),
            Some((scheme, variable)) => format!("\"{scheme}\" + os.environ[\"{variable}\"]"),
            None => python_literal(value),
        };
        text += &format!("        {}: {value},\n", python_literal(name));
    }
    text += "    },\n)\ntry:\n    answer = urllib.request.urlopen(request)\n";
    text += "except urllib.error.HTTPError as refusal:\n    answer = refusal\n";
    text + "print(answer.status, answer.read().decode())"
}

/// A text as a literal of JavaScript.
fn javascript(text: &str) -> String {
    literal(text, |c| {
        c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect()
    })
}

/// A text as a literal of Python.
fn python_literal(text: &str) -> String {
    literal(text, |c| format!("\\U{:08x}", u32::from(c)))
}

/// A text as a literal, with `escape` for what cannot be seen.
fn literal(text: &str, escape: impl Fn(char) -> String) -> String {
    let shown = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        c if is_visible(c) => c.to_string(),
        c => escape(c),
    };
    format!("\"{}\"", text.chars().map(shown).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        io::Write,
        process::{Command, Stdio},
    };

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
            "curl -g -i -X POST 'http://127.0.0.1:3000/a' \\\n  -H \"authorization: Bearer \
             $LEADHOOK_KEY\" \\\n  -H 'x-tenant: 1' \\\n  -H \"x-api-secret: $LEADHOOK_SECRET\" \
             \\\n  --data-raw $'{\"name\": \"D\\047Ávila \\\\\"x\\\\\" $(id)\"}'"
        );
    }

    /// Values that somebody may send, to act where they are pasted.
    const HOSTILE: [(&str, &str); 22] = [
        ("a file", "@/etc/hostname"),
        ("quotation marks", r#"' " '' '\'' \' \" "#),
        ("a command after a quotation mark", "'; touch x; '"),
        ("a command after an escaped one", r"\'; touch x; \'"),
        ("commands inside", "$(touch x) `touch x` ${HOME} $HOME"),
        ("a history", "!! !$ !touch wow!"),
        ("a format", "%s %n %%s %1$s %"),
        ("backslashes", r"\ \\ \n \x41 \101 \u0041 \c \"),
        ("a backslash at the end", r"\"),
        ("a NUL", "a\0b%s\\0'\0"),
        ("digits after a NUL", "\x007\x00\x001"),
        ("control characters", "a\u{1}\u{7}\u{8}\u{b}\u{c}\u{7f}\u{9b}31m"),
        ("the end of a paste", "\u{1b}[201~touch x\n"),
        ("lines", "a\nb\r\nc\rtouch x\r"),
        ("digits after a control character", "\u{1b}7\u{1}0"),
        ("directions", "\u{202e}x\u{2066}y\u{200b}\u{feff}\u{ad}\u{2028}"),
        ("not UTF-8, as it is remembered", "Jo\u{fffd}o"),
        ("invisible beyond the first plane", "\u{e0041}\u{f0000}\u{1f600}"),
        ("marks for PowerShell", "\u{2018}; touch x; \u{2019} \u{201a}\u{201b} \u{201c}\u{201d}"),
        ("an option", "-K /etc/hostname"),
        ("accents", "João e\u{301} 名前 \u{301}"),
        ("a comment", "# ~ * ? [a-z] {a,b} & | < > ( ) ;"),
    ];

    /// What a program prints for a text; `None` if it is not installed.
    fn run(program: &str, arguments: &[&str], input: &str) -> Option<Vec<u8>> {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let Ok(mut process) = command.env("HISTFILE", "").env("LEADHOOK_KEY", "k").spawn() else {
            eprintln!("skipped: there is no {program} on this machine");
            return None;
        };
        process.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = process.wait_with_output().unwrap();
        assert!(output.status.success(), "{program}: {input}: {output:?}");
        Some(output.stdout)
    }

    /// Instead of curl: prints each argument and the input, with a NUL and a mark after each.
    const PRINT: &str = "curl() {\n  for a in \"$@\"; do printf '%s\\0,' \"$a\"; done\n  case \"$*\" \
                         in *@-) cat;; esac\n}\n";

    #[test]
    fn what_is_copied_for_a_shell_sends_what_came_and_does_nothing_else() {
        // Each reads its input as if somebody had pasted it.
        let shells: [(&str, &[&str], &str); 2] = [
            ("bash", &["--norc"], "set -o history -H\n"),
            ("zsh", &["-f"], "setopt bang_hist rc_quotes\n"),
        ];
        for (case, text) in HOSTILE {
            let header = text.replace(|c: char| c.is_control() && c != '\t', "");
            let headers = [("authorization", "Bearer sk_1"), ("x-tenant", header.as_str())];
            let url = format!("http://127.0.0.1:3000/a?b={header}");
            let snippet = curl(&url, &headers, text);
            let own_header = format!("x-tenant: {header}");
            let start = [
                "-g",
                "-i",
                "-X",
                "POST",
                &url,
                "-H",
                "authorization: Bearer k",
                "-H",
                &own_header,
            ];
            let mut expected = start.map(|argument| format!("{argument}\0,")).concat();
            expected += &if text.contains('\0') {
                format!("--data-binary\0,@-\0,{text}")
            } else {
                format!("--data-raw\0,{text}\0,")
            };
            for (shell, arguments, start) in shells {
                let pasted = format!("{start}{PRINT}{snippet}\n");
                let Some(printed) = run(shell, arguments, &pasted) else { continue };
                let printed = String::from_utf8(printed).unwrap();
                assert_eq!(printed, expected, "{case} in {shell}: {snippet}");
            }
        }
    }

    /// The text outside of the strings that PowerShell reads as literals; `None` if a string does
    /// not end, or if two quotation marks in a row stand for one inside of it.
    fn outside_of_powershells_strings(text: &str) -> Option<String> {
        let marks = ['\'', '\u{2018}', '\u{2019}', '\u{201a}', '\u{201b}'];
        let parts: Vec<_> = text.split(marks).collect();
        let is_whole = parts.len() % 2 == 1 && !parts[1..parts.len() - 1].contains(&"");
        is_whole.then(|| parts.iter().step_by(2).copied().collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn what_is_copied_for_a_shell_ends_no_string_in_powershell() {
        let outside = |text: &str| {
            let headers = [("authorization", "Bearer sk_1"), ("x-tenant", text)];
            let snippet = curl(&format!("http://127.0.0.1:3000/{text}"), &headers, text);
            let outside = outside_of_powershells_strings(&snippet);
            outside.unwrap_or_else(|| panic!("{snippet}")).replace('$', "")
        };
        let (plain, with_nul) = (outside("a"), outside("\0"));
        for (case, text) in HOSTILE {
            let expected = if text.contains('\0') { &with_nul } else { &plain };
            assert_eq!(&outside(text), expected, "{case}");
        }
    }

    #[test]
    fn what_is_copied_shows_each_character_and_is_read_as_it_came() {
        for (case, text) in HOSTILE {
            let headers = [("x-tenant", text)];
            for snippet in [
                curl("http://a", &headers, text),
                fetch("http://a", &headers, text),
                python("http://a", &headers, text),
            ] {
                let hidden = snippet.chars().find(|c| *c != '\n' && !is_visible(*c));
                assert_eq!(hidden, None, "{case}: {snippet}");
            }
        }
        let literals = |start: &str, write: &dyn Fn(&str) -> String| {
            let writes = HOSTILE.map(|(_, text)| write(text));
            start.to_owned() + &writes.join("\n")
        };
        let javascript = literals("", &|text| {
            format!("process.stdout.write({} + '\\0,\\0');", javascript(text))
        });
        let python = literals("import sys\n", &|text| {
            format!("sys.stdout.buffer.write(({} + '\\0,\\0').encode())", python_literal(text))
        });
        for (program, option, code) in [("node", "-e", javascript), ("python3", "-c", python)] {
            let Some(printed) = run(program, &[option, &code], "") else { continue };
            let printed = String::from_utf8(printed).unwrap();
            let mut printed = printed.split("\0,\0");
            for (case, text) in HOSTILE {
                assert_eq!(printed.next(), Some(text), "{case} in {program}");
            }
        }
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

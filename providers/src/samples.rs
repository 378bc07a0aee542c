use crate::all::about;
use shared::{
    model::Provider,
    provider::{About, Token},
};

/// A function and a command that calls it.
pub struct Example {
    /// The function's name.
    pub function: &'static str,
    /// The command line.
    pub curl_line: String,
}

/// An example for each function of a server that listens on `base`.
pub fn examples(base: &str) -> Vec<Example> {
    Provider::ALL.into_iter().flat_map(|provider| examples_of(about(provider), base)).collect()
}

fn examples_of(about: &About, base: &str) -> Vec<Example> {
    let sample = &about.sample;
    let headers = about.demo_credentials();
    let headers = headers.iter().map(|(name, value)| format!(" -H '{name}: {value}'"));
    let headers: String = headers.collect();
    let create = |headers: &str| Example {
        function: sample.function,
        curl_line: format!("curl -i {base}{}{headers} -d '{}'", sample.path, sample.body),
    };
    let Some(Token { function, path, .. }) = &about.token else { return vec![create(&headers)] };
    let token = |options| format!("curl {options} -X POST {base}{path}{headers}");
    let read_token = format!("$({} | cut -d '\"' -f 6)", token("-s"));
    vec![
        Example { function, curl_line: token("-i") },
        create(&format!(" -H \"Authorization: Bearer {read_token}\"")),
    ]
}

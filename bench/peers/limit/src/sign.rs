//! AWS's signature, version 4:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::{
    env,
    time::{SystemTime, UNIX_EPOCH},
};

pub(crate) struct Credentials {
    access_key: String,
    secret: String,
    region: String,
}

impl Credentials {
    pub(crate) fn from_env() -> Self {
        let read = |name| env::var(name).unwrap();
        Self {
            access_key: read("AWS_ACCESS_KEY_ID"),
            secret: read("AWS_SECRET_ACCESS_KEY"),
            region: read("AWS_REGION"),
        }
    }

    /// The request line and the headers of a DynamoDB request, signed.
    pub(crate) fn sign(&self, host: &str, operation: &str, body: &str) -> String {
        let (date, time) = utc_now();
        let target = format!("DynamoDB_20120810.{operation}");
        let signed = "content-type;host;x-amz-date;x-amz-target";
        let request = format!(
            "POST\n/\n\ncontent-type:application/x-amz-json-1.0\nhost:{host}\nx-amz-date:{time}\n\
             x-amz-target:{target}\n\n{signed}\n{}",
            hex(&sha256(body.as_bytes()))
        );
        let scope = format!("{date}/{}/dynamodb/aws4_request", self.region);
        let text =
            format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(&sha256(request.as_bytes())));
        let key = format!("AWS4{}", self.secret).into_bytes();
        let parts = [date.as_str(), &self.region, "dynamodb", "aws4_request", &text];
        let signature = parts.iter().fold(key, |key, part| hmac(&key, part));
        format!(
            "POST / HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/x-amz-json-1.0\r\n\
             x-amz-date: {time}\r\nx-amz-target: {target}\r\nauthorization: AWS4-HMAC-SHA256 \
             Credential={}/{scope}, SignedHeaders={signed}, Signature={}\r\n",
            self.access_key,
            hex(&signature)
        )
    }
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// The day and the time, as signatures have them.
fn utc_now() -> (String, String) {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let (year, month, day) = civil((seconds / 86_400).cast_signed());
    let date = format!("{year:04}{month:02}{day:02}");
    let second = seconds % 86_400;
    let time = format!("{date}T{:02}{:02}{:02}Z", second / 3_600, second / 60 % 60, second % 60);
    (date, time)
}

/// A day after 1970 in the Gregorian calendar:
/// <https://howardhinnant.github.io/date_algorithms.html#civil_from_days>.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days / 146_097;
    let of_era = days % 146_097;
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

//! Who may use the page: whoever has the one-time token that the server printed.

use shared::model::{ClockAndRandom, TokenHash};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Where the token is exchanged for a cookie.
pub const START_PATH: &str = "/console/start";
/// How many letters and digits a token and a cookie have: more than 190 bits.
const LENGTH: usize = 32;

/// The open sessions, and the token that opens the next one.
pub struct Sessions {
    system: ClockAndRandom,
    /// Cookies are sent to every port of a host, so each port has its own name.
    cookie: String,
    state: Mutex<State>,
    /// Called with each new token after the first.
    announce: Box<dyn Fn(&str) + Send + Sync>,
}

#[derive(Default)]
struct State {
    /// The hash of the unused token.
    token: Option<TokenHash>,
    open: HashMap<TokenHash, SessionState>,
}

/// The state of one session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SessionState {
    /// Whether the operator asked to see names and contacts.
    pub(crate) unmasked: bool,
}

impl Sessions {
    /// No session. `announce` is called with the token that replaces a used one.
    pub fn new(
        system: ClockAndRandom,
        port: u16,
        announce: impl Fn(&str) + Send + Sync + 'static,
    ) -> Self {
        let cookie = format!("leadhook_console_{port}");
        Self { system, cookie, state: Mutex::default(), announce: Box::new(announce) }
    }

    /// Makes the token that opens a session, once.
    pub fn random_token(&self) -> String {
        let token = self.system.random_text(LENGTH);
        self.lock().token = Some(TokenHash::of(&token));
        token
    }

    /// Opens a session for a token that was not used before. Returns the cookie to set.
    pub(crate) fn exchange(&self, token: &str) -> Option<String> {
        let value = self.system.random_text(LENGTH);
        let mut state = self.lock();
        // Hashes are compared, so the time of a comparison reveals nothing.
        state.token.take_if(|unused| *unused == TokenHash::of(token))?;
        state.open.insert(TokenHash::of(&value), SessionState::default());
        drop(state);
        (self.announce)(&self.random_token());
        Some(format!("{}={value}; Path=/console; HttpOnly; SameSite=Strict", self.cookie))
    }

    /// The session of a `Cookie` header.
    pub(crate) fn find(&self, cookies: &str) -> Option<SessionState> {
        self.lock().open.get(&self.read(cookies)?).copied()
    }

    /// Shows or masks names and contacts in a session.
    pub(crate) fn unmask(&self, cookies: &str, unmasked: bool) {
        let Some(value) = self.read(cookies) else { return };
        if let Some(session) = self.lock().open.get_mut(&value) {
            session.unmasked = unmasked;
        }
    }

    fn read(&self, cookies: &str) -> Option<TokenHash> {
        let mut named = cookies.split(';').filter_map(|cookie| cookie.trim().split_once('='));
        named.find(|(name, _)| *name == self.cookie).map(|(_, value)| TokenHash::of(value))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_one_session_and_the_next_token_is_announced() {
        let announced = std::sync::Arc::new(Mutex::new(Vec::new()));
        let noted = std::sync::Arc::clone(&announced);
        let announce = move |token: &str| noted.lock().unwrap().push(token.to_owned());
        let sessions = Sessions::new(ClockAndRandom::system(), 3000, announce);
        assert_eq!(sessions.exchange(""), None, "before a token was made");
        let token = sessions.random_token();
        assert_eq!(sessions.exchange("wrong"), None);
        let cookie = sessions.exchange(&token).unwrap();
        assert_eq!(sessions.exchange(&token), None, "the token was used");
        let next = announced.lock().unwrap().clone();
        assert_eq!(next.len(), 1);
        assert!(sessions.exchange(&next[0]).is_some());

        let (pair, attributes) = cookie.split_once("; ").unwrap();
        assert_eq!(attributes, "Path=/console; HttpOnly; SameSite=Strict");
        assert!(pair.starts_with("leadhook_console_3000="));
        let header = format!("other=1; {pair}");
        assert_eq!(sessions.find(&header), Some(SessionState { unmasked: false }));
        sessions.unmask(&header, true);
        assert_eq!(sessions.find(&header), Some(SessionState { unmasked: true }));
        for foreign in ["", "leadhook_console_3000=", "leadhook_console_3000=x", &token] {
            assert_eq!(sessions.find(foreign), None, "{foreign}");
        }
    }
}

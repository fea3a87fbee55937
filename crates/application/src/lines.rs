//! Who serves which env.

use vouch_domain::tenant::Env;

/// What serves each env, a rail or a provider with how long its calls may take; nothing where none is configured.
#[derive(Clone)]
pub struct Lines<Line> {
    /// For test data.
    pub test: Option<Line>,
    /// For live data.
    pub live: Option<Line>,
}

impl<Line> Lines<Line> {
    /// That of this env.
    #[must_use]
    pub fn of(&self, env: Env) -> Option<&Line> {
        match env {
            Env::Test => self.test.as_ref(),
            Env::Live => self.live.as_ref(),
        }
    }
}

impl<Line> Default for Lines<Line> {
    fn default() -> Self {
        Self {
            test: None,
            live: None,
        }
    }
}

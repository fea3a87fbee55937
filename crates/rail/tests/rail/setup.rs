//! Settings that cannot work.

use vouch_rail::{Credentials, HttpRail, RailSettings, RailSetupError};

use crate::harness::settings;

#[test]
fn only_an_address_is_a_base_url() {
    for url in [
        "ftp://rail.example",
        "data:text/plain,rail",
        "https://user@rail.example",
        "https://:secret@rail.example",
        "https://rail.example?key=secret",
        "https://rail.example#key",
    ] {
        let made = HttpRail::new(settings(url));
        assert!(matches!(made, Err(RailSetupError::BaseUrl)), "{url}");
    }
    assert!(HttpRail::new(settings("https://rail.example/")).is_ok());
}

#[test]
fn an_api_key_fits_a_header() {
    let made = HttpRail::new(RailSettings {
        credentials: Credentials::ApiKey("line\nbreak".to_owned()),
        ..settings("http://rail.example")
    });
    assert!(matches!(made, Err(RailSetupError::ApiKey)));
}

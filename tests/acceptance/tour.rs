//! The README's tour, from a customer to a payout, as its reader would paste it.

use std::process::Command;

use crate::harness::Service;

const README: &str = include_str!("../../README.md");
const TITLE: &str = "## From a customer to a payout";

/// The tour's commands, without the two lines that say where the service is and what the key is.
fn commands() -> String {
    let (_, tour) = README.split_once(TITLE).expect("a tour");
    let (_, block) = tour.split_once("```sh\n").expect("commands");
    let (block, _) = block.split_once("```").expect("an end");
    block
        .lines()
        .filter(|line| !line.starts_with("API=") && !line.starts_with("KEY="))
        .map(|line| format!("{line}\n"))
        .collect()
}

#[tokio::test]
async fn the_tour_ends_with_a_paid_payout() {
    let service = Service::shared().await;
    let caller = service.caller();
    let mut shell = Command::new("bash");
    shell
        .args(["-c", &commands()])
        .env("API", format!("{}/v1", service.url))
        .env("KEY", &caller.key);
    let run = tokio::task::spawn_blocking(move || shell.output());
    let output = run.await.unwrap().expect("bash");
    let said = String::from_utf8(output.stdout).unwrap();
    let last = said.lines().last().unwrap_or_default();
    assert!(last.contains(r#""status":"paid""#), "{said}");
    for word in [r#""status":"verified""#, r#""status":"active""#] {
        assert!(said.contains(word), "{said}");
    }
}

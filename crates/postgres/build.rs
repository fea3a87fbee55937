//! Embeds the migrations anew when one is added, which the macro that reads them does not notice by itself.

fn main() {
    // Cargo reads this from standard output.
    println!("cargo:rerun-if-changed=../../migrations");
}

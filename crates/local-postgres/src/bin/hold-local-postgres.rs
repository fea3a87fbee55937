//! Keeps the private PostgreSQL of a data folder running until standard input closes:
//! `hold-local-postgres <data dir>`. Prints its URL once it is ready.

use std::env;
use std::error::Error;
use std::io::{self, Read, Write};

use vouch_local_postgres::{Options, start};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let data_dir = env::args_os()
        .nth(1)
        .ok_or("usage: hold-local-postgres <data dir>")?;
    let postgres = start(Options::new(data_dir)).await?;
    writeln!(io::stdout(), "{}", postgres.admin_url())?;
    io::stdin().read_to_end(&mut Vec::new())?;
    postgres.release().await;
    Ok(())
}

//! What has to be there before anything is measured.

use std::path::PathBuf;

use vouch_domain::{
    id::OrganisationId,
    tenant::{Env, Tenant},
};

use crate::{
    Failure, data,
    home::{Home, connect},
    pgbench::Pgbench,
    rail::Rail,
    scenario::Caller,
    service::{Api, Program},
    statements::Statements,
    treasury,
};

/// A filled database, and what is known of it.
pub struct Stage {
    /// The service's program.
    pub program: Program,
    /// Who asks the Remittance API.
    pub remittance: Caller,
    /// Who asks the Treasury API.
    pub treasury: Caller,
    /// The service's statements.
    pub statements: Statements,
    /// A customer's data key and personal data, in hexadecimal.
    sealed: [String; 2],
}

impl Stage {
    /// Fills the database of this home, which this program is to serve with these settings.
    ///
    /// # Errors
    /// When anything fails.
    pub async fn set(
        program: PathBuf,
        home: &Home,
        rail: &Rail,
        settings: &[String],
        rows: u64,
    ) -> Result<Self, Failure> {
        let data_dir = home.join("vouch").display().to_string();
        let mut program = Program::new(program, &home.url, &rail.url, &data_dir);
        for setting in settings {
            let (name, value) = setting.split_once('=').ok_or("--set takes NAME=value")?;
            program = program.set(name, value);
        }
        let caller = |api| {
            let tenant = tenant(program.organisation()?);
            let key = program.key(tenant, api)?;
            Ok::<_, Failure>(Caller { tenant, key })
        };
        let (remittance, treasury) = (caller(Api::Remittance)?, caller(Api::Treasury)?);
        data::load(&home.url, remittance.tenant, rows).await?;
        treasury::load(&home.url, treasury.tenant).await?;
        let client = connect(&home.url).await?;
        data::settle(&client).await?;
        let sealed =
            "SELECT encode(data_key, 'hex'), encode(personal_data, 'hex') FROM bench.real_customer";
        let sealed = client.query_one(sealed, &[]).await?;
        let unmeasured = tenant(program.organisation()?);
        Ok(Self {
            statements: Statements::taken_from(&home.url, unmeasured).await?,
            program,
            remittance,
            treasury,
            sealed: [sealed.get(0), sealed.get(1)],
        })
    }

    /// `pgbench` on the database at this URL, which is this one or a copy.
    ///
    /// # Errors
    /// When it is not installed.
    pub fn pgbench(&self, url: &str, home: &Home) -> Result<Pgbench, Failure> {
        let script = home.join("pgbench.sql");
        Pgbench::new(url, self.sealed.clone(), script)
    }
}

/// An organisation's data that a service works on here.
#[must_use]
pub fn tenant(organisation: OrganisationId) -> Tenant {
    Tenant {
        organisation,
        env: Env::Test,
    }
}

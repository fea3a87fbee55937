//! `vouch customer …`: what operators see and do of one customer.

use std::sync::Arc;

use serde_json::{Value, json};
use vouch_application::{
    close::CloseCustomer,
    customer_file::{CustomerFile, CustomerFiles, WhyRejected},
    ids::IdMint,
    transitions::Transitions,
};
use vouch_domain::{
    customer::{Cause, CustomerSummary, Rejection, StatusChange},
    tenant::Tenant,
};

use crate::{
    CommandError,
    cli::{CustomerArgs, CustomerCommand},
    clock::SystemClock,
    output,
    store::OpenStore,
};

const UNKNOWN: &str = "there is no such customer";

/// Carries a command out.
pub(crate) async fn run(command: CustomerCommand) -> Result<(), CommandError> {
    let (CustomerCommand::Show(args)
    | CustomerCommand::Close(args)
    | CustomerCommand::Reason(args)) = &command;
    let store = OpenStore::open(&args.store).await?;
    let done = match &command {
        CustomerCommand::Show(args) => show(&store, args).await,
        CustomerCommand::Close(args) => close(&store, args).await,
        CustomerCommand::Reason(args) => reason(&store, args).await,
    };
    store.close().await;
    done
}

async fn show(store: &OpenStore, args: &CustomerArgs) -> Result<(), CommandError> {
    let file = files(store).show(tenant(args), &args.customer).await?;
    let file = file.ok_or(UNKNOWN)?;
    if args.json {
        return Ok(output::line(&file_json(&file, args).to_string())?);
    }
    let customer = &file.customer;
    let hold = match (&customer.interac_email, file.holds_interac_email) {
        (None, _) => "has no interac_email",
        (Some(_), true) => "holds its interac_email",
        (Some(_), false) => "does not hold its interac_email",
    };
    let (id, status) = (customer.id, customer.status.as_str());
    output::line(&format!("{id}  {status}  {hold}"))?;
    for change in &file.history {
        output::line(&history_line(change))?;
    }
    Ok(())
}

async fn close(store: &OpenStore, args: &CustomerArgs) -> Result<(), CommandError> {
    let ports = Arc::new(store.background());
    let ids = Arc::new(IdMint::new(Arc::new(SystemClock)));
    let transitions = Transitions::new(Arc::clone(&ports) as _, ids);
    let close = CloseCustomer::new(transitions, ports);
    let closed = close
        .close(tenant(args), &args.customer, Cause::Operator, None)
        .await?;
    let customer = closed.customer;
    if args.json {
        return Ok(output::line(&customer_json(&customer, args).to_string())?);
    }
    Ok(output::line(&format!("{}  closed", customer.id))?)
}

async fn reason(store: &OpenStore, args: &CustomerArgs) -> Result<(), CommandError> {
    let why = files(store)
        .why_rejected(tenant(args), &args.customer)
        .await?;
    let WhyRejected { rejection, reason } = why.ok_or("the customer is not rejected")?;
    let said = reason.as_ref().map(|reason| reason.expose());
    if args.json {
        let json = json!({"rejection": rejection_json(rejection), "rail_reason": said});
        return Ok(output::line(&json.to_string())?);
    }
    output::line(&format!(
        "{} ({}): {}",
        rejection.code(),
        rejection.class().as_str(),
        rejection.message()
    ))?;
    Ok(output::line(said.unwrap_or("The rail gave no reason."))?)
}

fn files(store: &OpenStore) -> CustomerFiles {
    let ports = Arc::new(store.background());
    CustomerFiles::new(Arc::clone(&ports) as _, ports)
}

fn tenant(args: &CustomerArgs) -> Tenant {
    Tenant {
        organisation: args.org,
        env: args.env,
    }
}

fn customer_json(customer: &CustomerSummary, args: &CustomerArgs) -> Value {
    json!({
        "customer_id": customer.id.to_string(),
        "customer_reference": customer.reference.as_str(),
        "env": args.env.as_str(),
        "status": customer.status.as_str(),
        "created_at": customer.id.created_at().to_rfc3339(),
    })
}

fn file_json(file: &CustomerFile, args: &CustomerArgs) -> Value {
    let mut json = customer_json(&file.customer, args);
    json["holds_interac_email"] = file.holds_interac_email.into();
    json["history"] = file.history.iter().map(change_json).collect();
    json
}

fn change_json(change: &StatusChange) -> Value {
    json!({
        "at": change.id.created_at().to_rfc3339(),
        "cause": change.cause.as_str(),
        "from": change.from.as_str(),
        "to": change.to.as_str(),
        "applied": change.applied,
        "interac_email_lost": change.hold_lost,
        "rejection": change.rejection.map(rejection_json),
    })
}

fn rejection_json(rejection: Rejection) -> Value {
    json!({
        "code": rejection.code(),
        "class": rejection.class().as_str(),
        "message": rejection.message(),
    })
}

fn history_line(change: &StatusChange) -> String {
    let at = change.id.created_at().to_rfc3339();
    let (from, to, cause) = (
        change.from.as_str(),
        change.to.as_str(),
        change.cause.as_str(),
    );
    let mut line = format!("  {at}  {from} → {to} by {cause}");
    if !change.applied {
        line.push_str(", refused");
    }
    if let Some(rejection) = change.rejection {
        line.push_str(&format!(": {}", rejection.code()));
    }
    if change.hold_lost {
        line.push_str(", without its interac_email, which another customer has");
    }
    line
}

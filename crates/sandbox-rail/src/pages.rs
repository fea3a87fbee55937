//! Pages as Laravel's paginator makes them.

use serde_json::{Value, json};

/// One page of `rows`, which are oldest first and shown newest first. Page numbers begin with 1; what is no number is 1.
pub(crate) fn page(
    message: &str,
    path: &str,
    query: &str,
    size: usize,
    rows: Vec<Value>,
    number: Option<&str>,
) -> Value {
    let number = number
        .and_then(|number| number.parse().ok())
        .unwrap_or(1)
        .max(1);
    let total = rows.len();
    let last = total.div_ceil(size).max(1);
    let before = size.saturating_mul(number - 1);
    let data: Vec<Value> = rows.into_iter().rev().skip(before).take(size).collect();
    let link = |page: usize| format!("{path}?{query}page={page}");
    json!({
        "message": message,
        "links": {
            "first": link(1),
            "last": link(last),
            "prev": (number > 1).then(|| link(number - 1)),
            "next": (number < last).then(|| link(number + 1)),
        },
        "meta": {
            "current_page": number,
            "from": (!data.is_empty()).then(|| before + 1),
            "to": (!data.is_empty()).then(|| before + data.len()),
            "last_page": last,
            "path": path,
            "per_page": size,
            "total": total,
        },
        "data": data,
    })
}

//! SQL statements written by hand, prepared once per connection.

use std::{borrow::Cow, marker::PhantomData, time::Duration};

use chrono::{DateTime, Utc};
use diesel::{
    QueryResult,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{
        Array, BigInt, Binary, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid,
    },
};
use uuid::Uuid;
use vouch_domain::tenant::Tenant;

/// A statement with placeholders `$1`, `$2`, … that returns rows of the SQL type `Row`.
///
/// Diesel's own `sql_query` is parsed and planned anew at every call; this one is kept prepared, by its text.
pub(crate) struct Statement<Row> {
    sql: Cow<'static, str>,
    binds: Vec<Bind>,
    row: PhantomData<fn() -> Row>,
}

enum Bind {
    Uuid(Option<Uuid>),
    Uuids(Vec<Uuid>),
    Text(Option<String>),
    Texts(Vec<String>),
    Bytes(Option<Vec<u8>>),
    Bool(bool),
    Integer(i32),
    BigInt(Option<i64>),
    BigInts(Vec<i64>),
    Time(Option<DateTime<Utc>>),
    Times(Vec<DateTime<Utc>>),
}

/// A statement with this text. Each method that follows binds the next placeholder.
pub(crate) fn statement<Row>(sql: impl Into<Cow<'static, str>>) -> Statement<Row> {
    Statement {
        sql: sql.into(),
        binds: Vec::with_capacity(24),
        row: PhantomData,
    }
}

/// The same, whose first two placeholders are the tenant.
pub(crate) fn in_tenant<Row>(sql: impl Into<Cow<'static, str>>, tenant: Tenant) -> Statement<Row> {
    statement(sql)
        .uuid(tenant.organisation.uuid())
        .text(tenant.env.as_str())
}

impl<Row> Statement<Row> {
    pub(crate) fn uuid(self, value: impl Into<Option<Uuid>>) -> Self {
        self.bind(Bind::Uuid(value.into()))
    }

    pub(crate) fn uuids(self, values: Vec<Uuid>) -> Self {
        self.bind(Bind::Uuids(values))
    }

    pub(crate) fn text(self, value: impl Into<String>) -> Self {
        self.bind(Bind::Text(Some(value.into())))
    }

    pub(crate) fn maybe_text(self, value: Option<impl Into<String>>) -> Self {
        self.bind(Bind::Text(value.map(Into::into)))
    }

    pub(crate) fn texts(self, values: Vec<String>) -> Self {
        self.bind(Bind::Texts(values))
    }

    pub(crate) fn bytes(self, value: impl Into<Vec<u8>>) -> Self {
        self.bind(Bind::Bytes(Some(value.into())))
    }

    pub(crate) fn maybe_bytes(self, value: Option<impl Into<Vec<u8>>>) -> Self {
        self.bind(Bind::Bytes(value.map(Into::into)))
    }

    pub(crate) fn bool(self, value: bool) -> Self {
        self.bind(Bind::Bool(value))
    }

    pub(crate) fn integer(self, value: i32) -> Self {
        self.bind(Bind::Integer(value))
    }

    pub(crate) fn big_int(self, value: impl Into<Option<i64>>) -> Self {
        self.bind(Bind::BigInt(value.into()))
    }

    pub(crate) fn big_ints(self, values: Vec<i64>) -> Self {
        self.bind(Bind::BigInts(values))
    }

    pub(crate) fn time(self, value: impl Into<Option<DateTime<Utc>>>) -> Self {
        self.bind(Bind::Time(value.into()))
    }

    pub(crate) fn times(self, values: Vec<DateTime<Utc>>) -> Self {
        self.bind(Bind::Times(values))
    }

    fn bind(mut self, bind: Bind) -> Self {
        self.binds.push(bind);
        self
    }
}

impl Bind {
    fn push<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        match self {
            Self::Uuid(value) => out.push_bind_param_value_only::<Nullable<SqlUuid>, _>(value),
            Self::Uuids(values) => out.push_bind_param_value_only::<Array<SqlUuid>, _>(values),
            Self::Text(value) => out.push_bind_param_value_only::<Nullable<Text>, _>(value),
            Self::Texts(values) => out.push_bind_param_value_only::<Array<Text>, _>(values),
            Self::Bytes(value) => out.push_bind_param_value_only::<Nullable<Binary>, _>(value),
            Self::Bool(value) => out.push_bind_param_value_only::<Bool, _>(value),
            Self::Integer(value) => out.push_bind_param_value_only::<Integer, _>(value),
            Self::BigInt(value) => out.push_bind_param_value_only::<Nullable<BigInt>, _>(value),
            Self::BigInts(values) => out.push_bind_param_value_only::<Array<BigInt>, _>(values),
            Self::Times(values) => out.push_bind_param_value_only::<Array<Timestamptz>, _>(values),
            Self::Time(value) => out.push_bind_param_value_only::<Nullable<Timestamptz>, _>(value),
        }
    }
}

impl<Row> QueryFragment<Pg> for Statement<Row> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(&self.sql);
        self.binds.iter().try_for_each(|bind| bind.push(&mut out))
    }
}

impl<Row> QueryId for Statement<Row> {
    type QueryId = ();
    // The statement cache then goes by the text, and never mixes up two statements of one type.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Row> Query for Statement<Row> {
    type SqlType = Row;
}

/// A duration as a placeholder takes it.
pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

//! What travels to and from Honeycomb: the Query Data API of <https://docs.honeycomb.io/api/tag/Query-Data>.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// A query specification, as `POST /1/queries/{dataset}` takes it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Query {
    pub calculations: Vec<Calculation>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub calculated_fields: Vec<CalculatedField>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub breakdowns: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<Filter>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub orders: Vec<Order>,
    /// Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<i64>,
    /// Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_time: Option<i64>,
    /// Seconds back from now, instead of the two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_range: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

/// `{"op":"COUNT"}`
#[derive(Clone, Debug, Serialize)]
pub struct Calculation {
    pub op: &'static str,
}

/// An ad-hoc derived column.
#[derive(Clone, Debug, Serialize)]
pub struct CalculatedField {
    pub name: &'static str,
    pub expression: &'static str,
}

/// One condition.
#[derive(Clone, Debug, Serialize)]
pub struct Filter {
    pub column: String,
    pub op: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Json>,
}

/// A breakdown to order by.
#[derive(Clone, Debug, Serialize)]
pub struct Order {
    pub column: String,
    pub order: &'static str,
}

/// `GET /1/auth`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Auth {
    pub api_key_access: Map<String, Json>,
    pub environment: Slug,
    pub team: Slug,
}

/// The part of a team or environment that stands in links.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Slug {
    pub slug: String,
}

/// One of `GET /1/columns/{dataset}`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Column {
    pub key_name: String,
    /// RFC 3339; sorts as text.
    pub last_written: Option<String>,
}

/// The answer to creating a query or a result.
#[derive(Clone, Debug, Deserialize)]
pub struct Created {
    pub id: String,
}

/// `GET /1/query_results/{dataset}/{id}`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct QueryResult {
    pub complete: bool,
    /// A query that failed still comes with HTTP 200.
    pub error: Option<String>,
    pub data: Option<Data>,
}

/// The rows of a complete result.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Data {
    pub results: Vec<ResultRow>,
}

/// One row: the breakdowns by name, and `COUNT`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ResultRow {
    pub data: Map<String, Json>,
}

impl Filter {
    /// `column op value`
    pub fn new(column: &str, op: &'static str, value: impl Into<Json>) -> Self {
        Self { column: column.to_owned(), op, value: Some(value.into()) }
    }

    /// `exists` or `does-not-exist`
    pub fn presence(column: &str, op: &'static str) -> Self {
        Self { column: column.to_owned(), op, value: None }
    }
}

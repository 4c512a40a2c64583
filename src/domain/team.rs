//! Teams and the five services (spec A1, A2).

use serde::Serialize;

use super::Refusal;
use super::reference::{Reference, shell_word};
use super::text::choices;

choices! {
    /// An after-sales service, in the order of the spec.
    pub enum Service: "service" {
        Refunds = "refunds",
        Coupons = "coupons",
        Returns = "returns",
        Repairs = "repairs",
        FieldService = "field-service",
    }
}

/// A team as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Team {
    #[serde(skip)]
    pub key: i64,
    pub id: String,
    pub name: String,
    pub services: Vec<Service>,
    pub field_service_project: Option<Reference>,
    pub return_location: Option<Reference>,
    pub members: Vec<Reference>,
}

/// The ticket's team does not offer the service (spec A2).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the team {team} does not offer {service}")]
pub struct ServiceNotEnabled {
    pub team: String,
    pub service: Service,
}

impl Refusal for ServiceNotEnabled {
    fn code(&self) -> &'static str {
        "service_not_enabled"
    }
    fn hint(&self) -> Option<String> {
        Some(format!("aftersales team enable-service {} {}", shell_word(&self.team), self.service))
    }
}

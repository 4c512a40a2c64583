//! Teams and the services (spec A1, A2).

use serde::Serialize;

use super::Refusal;
use super::location::{Location, LocationType};
use crate::domain::value::reference::{Reference, shell_word};
use crate::domain::value::text::choices;

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

/// A team cannot be as asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TeamRefused {
    /// The location is no internal one, or not flagged as a return location.
    #[error("{location} is no internal location flagged as a return location")]
    LocationNotAllowed {
        location: String,
        /// Whether it is an internal one, so that the flag is all it lacks.
        is_internal: bool,
    },
}

impl Refusal for TeamRefused {
    fn code(&self) -> &'static str {
        "location_not_allowed"
    }
    fn field(&self) -> Option<&'static str> {
        Some("return_location")
    }
    fn given(&self) -> Option<String> {
        let TeamRefused::LocationNotAllowed { location, .. } = self;
        Some(location.clone())
    }
    fn hint(&self) -> Option<String> {
        Some(match self {
            TeamRefused::LocationNotAllowed { location, is_internal: true } => {
                format!("aftersales location edit {} --return-location", shell_word(location))
            }
            TeamRefused::LocationNotAllowed { .. } => {
                "aftersales location list --type internal --return-location yes".to_owned()
            }
        })
    }
}

/// The location as a team's default for returns (spec A1, D4).
pub fn return_location(location: &Location) -> Result<Reference, TeamRefused> {
    if location.takes_returns() {
        Ok(location.reference())
    } else {
        let is_internal = location.kind == LocationType::Internal;
        Err(TeamRefused::LocationNotAllowed { location: location.id.clone(), is_internal })
    }
}

/// Services, each once, in the order of the spec.
pub fn in_order(services: impl IntoIterator<Item = Service>) -> Vec<Service> {
    let given: Vec<Service> = services.into_iter().collect();
    Service::ALL.iter().copied().filter(|service| given.contains(service)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::location::LocationType;

    #[test]
    fn only_a_flagged_internal_location_takes_a_teams_returns() {
        for (kind, flagged, allowed) in [
            (LocationType::Internal, true, true),
            (LocationType::Internal, false, false),
            (LocationType::Customer, true, false),
            (LocationType::Scrap, true, false),
        ] {
            let location = Location { key: 7, id: "WH/Returns".to_owned(), kind, return_location: flagged };
            let decided = return_location(&location);
            assert_eq!(decided.is_ok(), allowed, "{kind} {flagged}");
            let hint = decided.as_ref().err().and_then(Refusal::hint);
            let is_cured = kind == LocationType::Internal;
            let cure = "aftersales location edit WH/Returns --return-location";
            assert_eq!(hint.is_some_and(|hint| hint == cure), !allowed && is_cured, "{kind} {flagged}");
            assert!(decided.is_ok_and(|reference| reference.key == 7) == allowed);
        }
    }

    #[test]
    fn services_stand_in_the_order_of_the_spec() {
        use Service::{Coupons, FieldService, Refunds};
        assert_eq!(in_order([FieldService, Refunds, Coupons, Refunds]), [Refunds, Coupons, FieldService]);
    }
}

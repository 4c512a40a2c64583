//! Applications: what is installed, what needs what, and why (spec A3).

use serde::Serialize;

use super::team::Service;
use crate::domain::value::reference::Reference;
use crate::domain::value::text::choices;

choices! {
    /// An application, in the order in which lists show them. Helpdesk is the desk itself and always installed.
    pub enum App: "application" {
        Helpdesk = "helpdesk",
        Invoicing = "invoicing",
        Sales = "sales",
        Loyalty = "loyalty",
        Inventory = "inventory",
        Repair = "repair",
        Project = "project",
        Timesheets = "timesheets",
        FieldService = "field-service",
        Ecommerce = "ecommerce",
    }
}

impl App {
    /// The applications that it cannot do without (spec A3).
    fn needs(self) -> &'static [App] {
        match self {
            App::Repair => &[App::Inventory, App::Sales],
            App::FieldService => &[App::Project, App::Timesheets],
            _ => &[],
        }
    }
}

impl Service {
    /// The applications that it needs (spec A3); theirs come with them.
    pub fn apps(self) -> &'static [App] {
        match self {
            Service::Refunds => &[App::Invoicing],
            Service::Coupons => &[App::Sales, App::Loyalty],
            Service::Returns => &[App::Inventory, App::Sales],
            Service::Repairs => &[App::Repair],
            Service::FieldService => &[App::FieldService],
        }
    }
}

/// Which of the `wanted` applications and of those that they need are not `installed`: each once, what is needed before
/// what needs it.
pub fn missing(installed: &[App], wanted: impl IntoIterator<Item = App>) -> Vec<App> {
    let mut missing = Vec::new();
    for app in wanted {
        gather(app, installed, &mut missing);
    }
    missing
}

fn gather(app: App, installed: &[App], missing: &mut Vec<App>) {
    if app == App::Helpdesk || installed.contains(&app) || missing.contains(&app) {
        return;
    }
    for needed in app.needs() {
        gather(*needed, installed, missing);
    }
    missing.push(app);
}

/// A service that a team offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Offer {
    pub team: Reference,
    pub service: Service,
}

/// An application as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AppShown {
    pub id: App,
    pub installed: bool,
    /// What is offered because of it, itself or through another application.
    pub needed_by: Vec<Offer>,
}

/// Every application with what needs it, given what is installed and what the teams offer.
pub fn all(installed: &[App], offers: &[Offer]) -> Vec<AppShown> {
    App::ALL
        .iter()
        .map(|app| AppShown {
            id: *app,
            installed: *app == App::Helpdesk || installed.contains(app),
            needed_by: offers
                .iter()
                .filter(|offer| missing(&[], offer.service.apps().iter().copied()).contains(app))
                .cloned()
                .collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(apps: &[App]) -> String {
        apps.iter().map(|app| app.word()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_service_installs_what_it_needs_and_what_that_needs() {
        for (service, installed, expected) in [
            (Service::Refunds, &[][..], "invoicing"),
            (Service::Coupons, &[], "sales loyalty"),
            (Service::Returns, &[], "inventory sales"),
            (Service::Repairs, &[], "inventory sales repair"),
            (Service::FieldService, &[], "project timesheets field-service"),
            (Service::Refunds, &[App::Invoicing], ""),
            (Service::Repairs, &[App::Sales], "inventory repair"),
            (Service::Coupons, &[App::Inventory, App::Sales], "loyalty"),
        ] {
            assert_eq!(words(&missing(installed, service.apps().iter().copied())), expected, "{service} {installed:?}");
        }
        let all = Service::ALL.iter().flat_map(|service| service.apps()).copied();
        assert_eq!(
            words(&missing(&[], all)),
            "invoicing sales loyalty inventory repair project timesheets field-service",
            "each once"
        );
    }

    #[test]
    fn helpdesk_is_there_and_ecommerce_stands_alone() {
        assert_eq!(missing(&[], [App::Helpdesk]), []);
        assert_eq!(missing(&[], [App::Ecommerce]), [App::Ecommerce]);
    }

    #[test]
    fn an_application_is_needed_by_what_is_offered_through_it() {
        let team = Reference { key: 1, id: "Support".to_owned() };
        let offers = [Service::Refunds, Service::Repairs].map(|service| Offer { team: team.clone(), service });
        let shown = all(&[App::Invoicing], &offers);
        let of = |app: App| shown.iter().find(|shown| shown.id == app).unwrap();
        assert_eq!(of(App::Sales).needed_by, [offers[1].clone()], "through repair");
        assert_eq!(of(App::Invoicing).needed_by, [offers[0].clone()]);
        assert_eq!(of(App::Project).needed_by, []);
        assert!(of(App::Helpdesk).installed && of(App::Invoicing).installed && !of(App::Sales).installed);
    }
}

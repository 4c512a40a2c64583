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

/// Every application with what needs it, given what is installed, what the teams offer, and which applications a service needs.
pub fn all(installed: &[App], offers: &[Offer], apps_of: fn(Service) -> &'static [App]) -> Vec<AppShown> {
    App::ALL
        .iter()
        .map(|app| AppShown {
            id: *app,
            installed: *app == App::Helpdesk || installed.contains(app),
            needed_by: offers
                .iter()
                .filter(|offer| missing(&[], apps_of(offer.service).iter().copied()).contains(app))
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
    fn what_is_needed_comes_before_what_needs_it_each_once() {
        for (wanted, installed, expected) in [
            (&[App::Invoicing][..], &[][..], "invoicing"),
            (&[App::Sales, App::Loyalty], &[], "sales loyalty"),
            (&[App::Repair], &[], "inventory sales repair"),
            (&[App::FieldService], &[], "project timesheets field-service"),
            (&[App::Invoicing], &[App::Invoicing], ""),
            (&[App::Repair], &[App::Sales], "inventory repair"),
            (&[App::Sales, App::Loyalty], &[App::Inventory, App::Sales], "loyalty"),
            (&[App::Sales, App::Repair, App::Sales], &[], "sales inventory repair"),
        ] {
            assert_eq!(words(&missing(installed, wanted.iter().copied())), expected, "{wanted:?} {installed:?}");
        }
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
        let shown = all(&[App::Invoicing], &offers, |service| match service {
            Service::Repairs => &[App::Repair],
            _ => &[App::Invoicing],
        });
        let of = |app: App| shown.iter().find(|shown| shown.id == app).unwrap();
        assert_eq!(of(App::Sales).needed_by, [offers[1].clone()], "through repair");
        assert_eq!(of(App::Invoicing).needed_by, [offers[0].clone()]);
        assert_eq!(of(App::Project).needed_by, []);
        assert!(of(App::Helpdesk).installed && of(App::Invoicing).installed && !of(App::Sales).installed);
    }
}

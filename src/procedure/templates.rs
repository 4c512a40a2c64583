//! Texts by templates, for mails and printed documents: how a site's own that cannot be used is told.

use crate::domain::Refusal;
use crate::output::template::TemplateFault;

impl Refusal for TemplateFault {
    fn code(&self) -> &'static str {
        match self {
            TemplateFault::OfSite { .. } => "config_invalid",
            TemplateFault::BuiltIn { .. } => "internal",
        }
    }

    fn field(&self) -> Option<&'static str> {
        matches!(self, TemplateFault::OfSite { .. }).then_some("templates")
    }
}

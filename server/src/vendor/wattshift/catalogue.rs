//! What a sandbox shows to whoever is accepted: a few utilities and a home, the same for everybody.

use crate::generated::wattshift::types::{
    HomeList, RatePlan, Utility, UtilityList, UtilityRequestDto as Wanted,
};

/// Id, name, first digits of the zip codes, and rate plans (id, rate id, name).
type Served =
    (&'static str, &'static str, &'static str, &'static [(&'static str, &'static str, &'static str)]);

const UTILITIES: [Served; 3] = [
    (
        "14328",
        "Pacific Gas & Electric",
        "94",
        &[("plan_1001", "pge_tou_d", "TOU-D"), ("plan_1002", "pge_ev2_a", "EV2-A")],
    ),
    ("17609", "Southern California Edison", "9", &[("plan_2001", "sce_tou_d_prime", "TOU-D-PRIME")]),
    ("4226", "Consolidated Edison", "10", &[("plan_3001", "coned_sc1", "SC1 Rate I")]),
];

const HOMES: &str = r#"[{
    "id": "ws_home_100000001",
    "createdAt": "2025-01-02T12:00:00.000Z",
    "updatedAt": "2025-01-02T12:00:00.000Z",
    "energyMarketBiddingEnabled": true,
    "carbonSignalIntensity": "MEDIUM",
    "name": "Sandbox home",
    "timezone": "America/Los_Angeles",
    "country": "US",
    "zipcode": "94107",
    "enabled": true
}]"#;

/// The utilities with an id or around a zip code; all of them where neither is given.
pub(super) fn utilities(wanted: &Wanted) -> UtilityList {
    let serves = |(id, _, area, _): &Served| {
        wanted.utility_id.as_deref().is_none_or(|wanted| wanted == *id)
            && wanted.zipcode.as_deref().is_none_or(|zipcode| zipcode.starts_with(area))
    };
    let utility = |(id, name, _, plans): Served| Utility {
        utility_id: Some(id.to_owned()),
        utility_name: Some(name.to_owned()),
        rate_plans: Some(plans.iter().map(rate_plan).collect()),
    };
    UtilityList(UTILITIES.into_iter().filter(serves).map(utility).collect())
}

fn rate_plan((id, rate_id, name): &(&str, &str, &str)) -> RatePlan {
    RatePlan {
        id: Some((*id).to_owned()),
        rate_id: Some((*rate_id).to_owned()),
        rate_plan_name: Some((*name).to_owned()),
    }
}

/// The homes of a caller.
pub(super) fn homes() -> Result<HomeList, serde_json::Error> {
    serde_json::from_str(HOMES)
}

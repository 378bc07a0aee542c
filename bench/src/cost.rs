//! What a million leads cost in AWS, from published prices.

/// Prices in US$.
pub(crate) struct Prices {
    /// A million requests of an HTTP API.
    api: f64,
    /// A million invocations.
    invocations: f64,
    /// A GB of memory for a second, on arm64.
    gigabyte_second: f64,
    /// A GB of logs.
    log_gigabyte: f64,
    /// A million write units.
    write_units: f64,
    /// A million read units.
    read_units: f64,
}

/// How the table's capacity is paid.
#[derive(Clone, Copy)]
pub(crate) enum Capacity {
    /// For each request.
    OnDemand,
    /// For each hour, with so much of it used; 0.7 is what auto scaling aims at.
    Provisioned { used: f64 },
}

impl Prices {
    /// The list prices of us-east-1, looked up in November 2026:
    /// <https://aws.amazon.com/api-gateway/pricing/>, <https://aws.amazon.com/lambda/pricing/>,
    /// <https://aws.amazon.com/cloudwatch/pricing/>,
    /// <https://aws.amazon.com/dynamodb/pricing/on-demand/> and
    /// <https://aws.amazon.com/dynamodb/pricing/provisioned/>.
    pub(crate) fn us_east_1(capacity: Capacity) -> Self {
        let (write_units, read_units) = match capacity {
            Capacity::OnDemand => (0.625, 0.125),
            Capacity::Provisioned { used } => {
                // The price of a unit for an hour, in which it serves 3,600 requests.
                let a_million = |hour: f64| hour / 3_600.0 * 1e6 / used;
                (a_million(0.000_65), a_million(0.000_13))
            }
        };
        Self {
            api: 1.0,
            invocations: 0.2,
            gigabyte_second: 0.000_013_333_4,
            log_gigabyte: 0.5,
            write_units,
            read_units,
        }
    }
}

/// A delivery.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    /// How long the function runs, in milliseconds. AWS bills whole ones.
    pub(crate) milliseconds: f64,
    /// The function's memory in GB.
    pub(crate) gigabytes: f64,
    pub(crate) write_units: f64,
    pub(crate) read_units: f64,
    pub(crate) log_bytes: f64,
}

impl Case {
    /// What a million of them cost, in US$.
    pub(crate) fn cost(&self, prices: &Prices) -> f64 {
        let seconds = self.milliseconds.ceil() / 1_000.0 * 1e6;
        prices.api
            + prices.invocations
            + seconds * self.gigabytes * prices.gigabyte_second
            + self.log_bytes * 1e6 / 1e9 * prices.log_gigabyte
            + self.write_units * prices.write_units
            + self.read_units * prices.read_units
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table in `docs/operations.md`.
    #[test]
    fn the_costs_are_those_of_the_documents() {
        let prices = Prices::us_east_1(Capacity::OnDemand);
        let cases = [(6.0, "5.68"), (8.0, "6.93"), (4.0, "4.43"), (1.0, "2.56")];
        for (write_units, expected) in cases {
            let case = Case {
                milliseconds: 25.0,
                gigabytes: 0.25,
                write_units,
                read_units: 0.0,
                log_bytes: 1_300.0,
            };
            assert_eq!(format!("{:.2}", case.cost(&prices)), expected, "{write_units}");
        }
    }

    #[test]
    fn provisioned_units_that_are_all_used_cost_less_than_a_third() {
        let case = Case {
            milliseconds: 0.0,
            gigabytes: 0.0,
            write_units: 1.0,
            read_units: 1.0,
            log_bytes: 0.0,
        };
        let cost = |used| case.cost(&Prices::us_east_1(Capacity::Provisioned { used })) - 1.2;
        // 0.18056 for the write unit and 0.03611 for the read unit.
        assert_eq!(format!("{:.4}", cost(1.0)), "0.2167");
        assert_eq!(format!("{:.4}", cost(0.5)), "0.4333");
    }
}

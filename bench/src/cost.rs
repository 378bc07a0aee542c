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

impl Prices {
    /// The list prices of us-east-1 for a table on demand, looked up in November 2026:
    /// <https://aws.amazon.com/api-gateway/pricing/>, <https://aws.amazon.com/lambda/pricing/>,
    /// <https://aws.amazon.com/cloudwatch/pricing/> and
    /// <https://aws.amazon.com/dynamodb/pricing/on-demand/>.
    pub(crate) const US_EAST_1: Self = Self {
        api: 1.0,
        invocations: 0.2,
        gigabyte_second: 0.000_013_333_4,
        log_gigabyte: 0.5,
        write_units: 0.625,
        read_units: 0.125,
    };
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
        let cases = [(6.0, "5.68"), (8.0, "6.93"), (4.0, "4.43"), (1.0, "2.56")];
        for (write_units, expected) in cases {
            let case = Case {
                milliseconds: 25.0,
                gigabytes: 0.25,
                write_units,
                read_units: 0.0,
                log_bytes: 1_300.0,
            };
            assert_eq!(format!("{:.2}", case.cost(&Prices::US_EAST_1)), expected, "{write_units}");
        }
    }
}

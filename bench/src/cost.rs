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

/// Leads that arrive in one shard of the table's stream, and are forwarded or not.
pub(crate) struct Forwarding {
    /// How many arrive in a second, evenly.
    pub(crate) leads_per_second: f64,
    /// How many accounts they are spread over. Each has one destination or none.
    pub(crate) accounts: f64,
    /// How long a destination takes to answer, and the pass until its next post. `None`: no account
    /// has a destination.
    pub(crate) seconds_per_post: Option<f64>,
}

/// The memory of `forward-leads` in GB.
const GIGABYTES: f64 = 0.25;
/// How long Lambda collects records after the first, and how old a lead is when it is forwarded, in
/// seconds (`template.yaml`).
const WINDOW: f64 = 5.0;

impl Forwarding {
    /// The rates of the table in `docs/operations.md`: leads that nobody awaits, and the same that
    /// are forwarded to destinations of some accounts.
    pub(crate) fn cases() -> [[Self; 2]; 4] {
        // A destination that answers in 200 ms takes four leads a second.
        [(1.0 / 60.0, 1.0), (1.0, 1.0), (10.0, 5.0), (50.0, 25.0)].map(
            |(leads_per_second, accounts)| {
                [None, Some(0.25)].map(|seconds_per_post| Self {
                    leads_per_second,
                    accounts,
                    seconds_per_post,
                })
            },
        )
    }

    /// What a million leads cost, in US$, without logs, traffic and the schedule.
    ///
    /// An event has the leads of its window and of the pass before it. The pass waits until its
    /// newest lead is five seconds old, unless nobody awaits one.
    pub(crate) fn cost(&self, prices: &Prices) -> f64 {
        let rate = self.leads_per_second;
        let newest = WINDOW / (1.0 + WINDOW * rate);
        let (mut leads, mut seconds) = (1.0, 0.0);
        // Each event depends on the one before: this comes to rest.
        for _ in 0..1_000 {
            seconds = match self.seconds_per_post {
                Some(post) => WINDOW - newest + (leads / self.accounts).max(1.0) * post,
                None => 0.01,
            };
            leads = 1.0 + rate * (WINDOW + seconds);
        }
        // The units are those of `a_pass_consumes_the_units_that_its_costs_count`.
        let accounts = self.accounts.min(leads);
        let (read, written) = match self.seconds_per_post {
            Some(_) => (6.5 * accounts + 1.08 * (leads - accounts), 2.0 * accounts),
            None => (0.5 * accounts, 0.0),
        };
        let event = prices.invocations / 1e6
            + seconds * GIGABYTES * prices.gigabyte_second
            + read * prices.read_units / 1e6
            + written * prices.write_units / 1e6;
        event / leads * 1e6
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The second table in `docs/operations.md`.
    #[test]
    fn the_costs_of_forwarding_are_those_of_the_documents() {
        let costs = Forwarding::cases()
            .map(|of_rate| of_rate.map(|case| format!("{:.2}", case.cost(&Prices::US_EAST_1))));
        assert_eq!(costs, [["0.27", "4.08"], ["0.05", "2.15"], ["0.01", "0.43"], ["0.01", "0.23"]]);
    }

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

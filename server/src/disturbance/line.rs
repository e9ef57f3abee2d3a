//! Rules as a line of text, for the command line and the environment.

use std::fmt;
use std::str::FromStr;

use super::rule::{Disturbance, HeaderMark, Replacement, Rule, Way};
use super::text::{Probability, Time, Unreadable};

/// What a line may say, for its errors.
const KINDS: &str =
    "latency=200ms..2s, drop, reset, truncate=50%, status=503, slow-body=16/100ms or fault=NAME";
const KEYS: &str = "contract, operation, method, path, caller, header, probability, times, on, retry-after";

impl FromStr for Rule {
    type Err = Unreadable;

    /// `latency=200ms..2s,operation=revokeCredential,probability=0.3`: what happens, and the conditions, in any order.
    fn from_str(line: &str) -> Result<Self, Unreadable> {
        let mut what = None;
        let mut conditions = Vec::new();
        for part in line.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once('=').map_or((part, None), |(key, value)| (key, Some(value)));
            match kind(key.trim(), value.map(str::trim))? {
                None => conditions.push((key.trim(), value.map(str::trim))),
                Some(_) if what.is_some() => {
                    return Err(Unreadable(format!(
                        "{part:?} is one thing too many; one rule does one thing"
                    )));
                }
                found => what = found,
            }
        }
        let what = what.ok_or_else(|| Unreadable(format!("say what happens: {KINDS}")))?;
        let mut rule = Self::new(what);
        let mut seen: Vec<&str> = Vec::new();
        for (key, value) in conditions {
            if seen.contains(&key) {
                return Err(Unreadable(format!("{key:?} is there twice")));
            }
            seen.push(key);
            let value = value.filter(|value| !value.is_empty());
            rule.condition(key, value)?;
        }
        Ok(rule)
    }
}

/// What happens, if that is what a key says.
fn kind(key: &str, value: Option<&str>) -> Result<Option<Disturbance>, Unreadable> {
    let needed = || {
        value
            .filter(|value| !value.is_empty())
            .ok_or_else(|| Unreadable(format!("{key} needs a value; write one of {KINDS}")))
    };
    let what = match key {
        "latency" => Disturbance::Latency(needed()?.parse()?),
        "truncate" => Disturbance::Truncate(needed()?.parse()?),
        "slow-body" => Disturbance::SlowBody(needed()?.parse()?),
        "fault" => Disturbance::Fault(
            needed()?.parse().map_err(|error: crate::fault::UnknownFault| Unreadable(error.to_string()))?,
        ),
        "status" => {
            let code: Option<u16> = needed()?.parse().ok();
            let code = code.ok_or_else(|| Unreadable::because("a status is a number, such as 503"))?;
            Disturbance::Status(Replacement { code: code.try_into()?, retry_after: None })
        }
        "drop" | "reset" if value.is_some() => {
            return Err(Unreadable(format!("{key} takes no value")));
        }
        "drop" => Disturbance::Drop,
        "reset" => Disturbance::Reset,
        _ => return Ok(None),
    };
    Ok(Some(what))
}

impl Rule {
    fn condition(&mut self, key: &str, value: Option<&str>) -> Result<(), Unreadable> {
        let needed = || value.ok_or_else(|| Unreadable(format!("{key} needs a value")));
        match key {
            "contract" => self.contract = Some(needed()?.to_owned()),
            "operation" => self.operation = Some(needed()?.to_owned()),
            "method" => self.method = Some(needed()?.parse()?),
            "path" => self.path = Some(needed()?.to_owned()),
            "caller" => self.caller = Some(needed()?.parse()?),
            "header" => {
                let (name, value) = needed()?.split_once(':').ok_or_else(|| {
                    Unreadable::because("a header is written with its value, such as header=x-test:slow")
                })?;
                self.header = Some(HeaderMark { name: name.trim().parse()?, value: value.trim().to_owned() });
            }
            "probability" => {
                let share = needed()?.parse();
                let share =
                    share.map_err(|_| Unreadable::because("a probability is a number such as 0.3"))?;
                self.probability = Probability::new(share)?;
            }
            "times" => {
                let times = needed()?.parse();
                self.times =
                    Some(times.map_err(|_| Unreadable::because("times is a whole number of at least one"))?);
            }
            "on" => {
                self.on = match needed()? {
                    "request" => Way::Request,
                    "answer" => Way::Answer,
                    other => {
                        return Err(Unreadable(format!(
                            "{other:?} is no way of an exchange; write request or answer"
                        )));
                    }
                }
            }
            "retry-after" => {
                let time: Time = needed()?.parse()?;
                let Disturbance::Status(replacement) = &mut self.what else {
                    return Err(Unreadable::because("retry-after goes with status"));
                };
                replacement.retry_after = Some(time);
            }
            _ => {
                return Err(Unreadable(format!(
                    "{key:?} is neither what happens ({KINDS}) nor a condition ({KEYS})"
                )));
            }
        }
        Ok(())
    }
}

impl fmt::Display for Rule {
    /// As on the command line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.what.fmt(f)?;
        let texts = [("contract", &self.contract), ("operation", &self.operation), ("path", &self.path)];
        for (key, value) in texts {
            if let Some(value) = value {
                write!(f, ",{key}={value}")?;
            }
        }
        if let Some(method) = &self.method {
            write!(f, ",method={method}")?;
        }
        if let Some(caller) = &self.caller {
            write!(f, ",caller={caller}")?;
        }
        if let Some(HeaderMark { name, value }) = &self.header {
            write!(f, ",header={name}:{value}")?;
        }
        if self.probability != Probability::ALWAYS {
            write!(f, ",probability={}", self.probability.get())?;
        }
        if let Some(times) = self.times {
            write!(f, ",times={times}")?;
        }
        match self.on {
            Way::Request => Ok(()),
            Way::Answer => f.write_str(",on=answer"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn lines_and_json_say_the_same() {
        let cases: [(&str, Value); 7] = [
            ("drop", json!({"what": "drop", "probability": 1.0, "on": "request"})),
            (
                "latency=200ms..2s,operation=revokeCredential,probability=0.3",
                json!({"what": {"latency": "200ms..2s"}, "operation": "revokeCredential", "probability": 0.3, "on": "request"}),
            ),
            (
                "status=503,retry-after=30s,contract=a,times=2,on=answer",
                json!({"what": {"status": {"code": 503, "retry_after": "30s"}}, "contract": "a", "probability": 1.0, "times": 2, "on": "answer"}),
            ),
            (
                "truncate=50%,path=/credentials/{id},method=DELETE",
                json!({"what": {"truncate": "50%"}, "path": "/credentials/{id}", "method": "DELETE", "probability": 1.0, "on": "request"}),
            ),
            (
                "reset,header=x-test:slow one",
                json!({"what": "reset", "header": {"name": "x-test", "value": "slow one"}, "probability": 1.0, "on": "request"}),
            ),
            (
                "slow-body=16/100ms",
                json!({"what": {"slow_body": "16/100ms"}, "probability": 1.0, "on": "request"}),
            ),
            (
                "fault=sliding-cache",
                json!({"what": {"fault": "sliding-cache"}, "probability": 1.0, "on": "request"}),
            ),
        ];
        for (line, written) in cases {
            let rule: Rule = line.parse().unwrap();
            assert_eq!(rule.to_string(), line);
            assert_eq!(serde_json::to_value(&rule).unwrap(), written, "{line}");
            assert_eq!(serde_json::from_value::<Rule>(written).unwrap(), rule, "{line}");
        }
    }

    #[test]
    fn a_caller_is_kept_and_shown_by_its_hash_alone() {
        let rule: Rule = "drop,caller=the-secret".parse().unwrap();
        assert!(!format!("{rule:?} {rule} {}", serde_json::to_string(&rule).unwrap()).contains("the-secret"));
        assert_eq!(rule.to_string().parse(), Ok(rule));
    }

    #[test]
    fn nonsense_is_refused_with_a_way_out() {
        for (line, wanted) in [
            ("", "say what happens"),
            ("operation=x", "say what happens"),
            ("drop,reset", "one rule does one thing"),
            ("latency", "latency needs a value"),
            ("latency=,times=1", "latency needs a value"),
            ("drop=1", "takes no value"),
            ("drop,operation", "operation needs a value"),
            ("drop,times=0", "at least one"),
            ("drop,times=1,times=2", "twice"),
            ("drop,probability=2", "at most 1"),
            ("drop,probability=x", "such as 0.3"),
            ("drop,on=monday", "request or answer"),
            ("drop,retry-after=1s", "goes with status"),
            ("drop,wen=1", "\"wen\" is neither"),
            ("status=99", "200 to 599"),
            ("status=teapot", "such as 503"),
            ("fault=none-such", "rescind-server faults"),
            ("drop,header=x", "header=x-test:slow"),
            ("drop,method=G T", "no method"),
            ("drop,caller=sha256:12", "64 hexadecimal"),
        ] {
            let reason = line.parse::<Rule>().unwrap_err().to_string();
            assert!(reason.contains(wanted), "{line}: {reason}");
        }
    }

    #[test]
    fn json_with_an_unknown_member_is_refused() {
        for wrong in [
            json!({"what": "drop", "operatoin": "x"}),
            json!({"what": {"latency": "1s", "drop": null}}),
            json!({"what": {"status": {"code": 503, "retry": "1s"}}}),
            json!({"what": {"status": {"code": 1000}}}),
            json!({"what": "nothing"}),
            json!({"what": "drop", "probability": 0}),
            json!({"what": "drop", "times": 0}),
            json!({}),
        ] {
            assert!(serde_json::from_value::<Rule>(wrong.clone()).is_err(), "{wrong}");
        }
    }
}

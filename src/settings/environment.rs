//! `SOUK_*` variables as settings: each text becomes what its key's default is.
//!
//! A secret that consists of digits stays a text; an empty variable counts as not set.

use figment::value::{Dict, Value};

use super::{Settings, SettingsError};

const PREFIX: &str = "SOUK_";
/// Keys that have no default to tell their type by; all of them are texts.
const SECRETS: [&str; 3] = ["jwt_secret", "admin_password", "mysql_url"];
/// Variables with our prefix that are not settings: the path of the file itself, and the tests' own.
const OTHERS: [&str; 2] = ["config", "test_"];

/// Reads those of `variables` that are ours, by the types of `defaults`.
pub(super) fn read(
    defaults: &Settings,
    variables: impl Iterator<Item = (String, String)>,
) -> Result<Dict, SettingsError> {
    let known = Value::serialize(defaults).ok().and_then(Value::into_dict).unwrap_or_default();
    let mut chosen = Dict::new();
    for (variable, text) in variables {
        let Some(key) = variable.strip_prefix(PREFIX).map(str::to_ascii_lowercase) else {
            continue;
        };
        if text.is_empty() || OTHERS.iter().any(|other| key.starts_with(other)) {
            continue;
        }
        let value = match known.get(&key) {
            Some(default) => typed(default, text),
            None if SECRETS.contains(&key.as_str()) => Ok(Value::from(text)),
            None => Err("unknown key"),
        };
        chosen.insert(key, value.map_err(|fault| SettingsError::new(&variable, fault))?);
    }
    Ok(chosen)
}

/// `text` as a value of `default`'s type.
fn typed(default: &Value, text: String) -> Result<Value, &'static str> {
    match default {
        Value::Bool(..) => match text.to_ascii_lowercase().as_str() {
            "1" | "true" | "on" | "yes" => Ok(Value::from(true)),
            "0" | "false" | "off" | "no" => Ok(Value::from(false)),
            _ => Err("must be true or false"),
        },
        Value::Num(..) => text.parse::<u64>().map(Value::from).map_err(|_| "must be a number"),
        Value::Array(_, items) if items.iter().all(|item| item.as_str().is_some()) => {
            let parts: Vec<&str> = text.split(',').map(str::trim).collect();
            Ok(Value::from(parts))
        }
        Value::String(..) => Ok(Value::from(text)),
        _ => Err("can only be set in the file"),
    }
}

//! A policy with some values changed: a merge patch (RFC 7396) for TOML.

use serde_json::Value as Json;
use toml::{Table, Value};

use super::Error;

/// The field that tells the tables of a list apart.
const ID: &str = "id";

/// Returns the text of a policy with the values of a patch in the place of its own.
///
/// An object changes a table, `null` takes a value away, anything else takes the place of what was there. Of a list of
/// tables with ids an object changes those that it names: `{"action": {"call": {"minutes": 5}}}`.
pub(super) fn patched(text: &str, patch: &Json) -> Result<String, Error> {
    let mut policy: Table = toml::from_str(text).map_err(|error| wrong(&error.to_string()))?;
    let Json::Object(changes) = patch else {
        return Err(wrong("a patch is an object"));
    };
    for (name, change) in changes {
        merge(&mut policy, name, change, name)?;
    }
    toml::to_string(&policy).map_err(|error| wrong(&error.to_string()))
}

fn merge(table: &mut Table, name: &str, change: &Json, place: &str) -> Result<(), Error> {
    if change.is_null() {
        table.remove(name);
        return Ok(());
    }
    let Json::Object(changes) = change else {
        table.insert(name.to_owned(), value(change, place)?);
        return Ok(());
    };
    match table.get_mut(name) {
        Some(Value::Table(inner)) => {
            for (name, change) in changes {
                merge(inner, name, change, &format!("{place}.{name}"))?;
            }
            Ok(())
        }
        Some(Value::Array(list)) => {
            for (id, change) in changes {
                merge_in_list(list, id, change, &format!("{place}.{id}"))?;
            }
            Ok(())
        }
        Some(_) | None => {
            table.insert(name.to_owned(), value(change, place)?);
            Ok(())
        }
    }
}

/// Changes the table of a list that has the id.
fn merge_in_list(list: &mut Vec<Value>, id: &str, change: &Json, place: &str) -> Result<(), Error> {
    let has_id = |value: &Value| value.get(ID).and_then(Value::as_str) == Some(id);
    let Some(found) = list.iter().position(has_id) else {
        return Err(wrong(&format!("{place}: no entry of the list has this id")));
    };
    if change.is_null() {
        list.remove(found);
        return Ok(());
    }
    match (change, list.get_mut(found)) {
        (Json::Object(changes), Some(Value::Table(inner))) => {
            for (name, change) in changes {
                merge(inner, name, change, &format!("{place}.{name}"))?;
            }
            Ok(())
        }
        (_, _) => Err(wrong(&format!(
            "{place}: an entry is changed by an object or null"
        ))),
    }
}

fn value(json: &Json, place: &str) -> Result<Value, Error> {
    match json {
        Json::Null => Err(wrong(&format!("{place}: TOML has no null inside of a value"))),
        Json::Bool(flag) => Ok(Value::Boolean(*flag)),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Ok(Value::Integer(whole)),
            (None, Some(number)) => Ok(Value::Float(number)),
            (None, None) => Err(wrong(&format!("{place}: {number} is too large"))),
        },
        Json::String(text) => Ok(Value::String(text.clone())),
        Json::Array(list) => list
            .iter()
            .map(|one| value(one, place))
            .collect::<Result<Vec<Value>, Error>>()
            .map(Value::Array),
        Json::Object(fields) => {
            let mut table = Table::new();
            for (name, field) in fields {
                table.insert(name.clone(), value(field, &format!("{place}.{name}"))?);
            }
            Ok(Value::Table(table))
        }
    }
}

fn wrong(reason: &str) -> Error {
    Error::Patch {
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TEXT: &str = "name = 'a'\n[exclusions]\nminimum = '25.00'\ngrace_days = 0\n\
        [[action]]\nid = 'wait'\n[[action]]\nid = 'call'\nminutes = 8\n";

    fn after(patch: &Json) -> Table {
        toml::from_str(&patched(TEXT, patch).unwrap()).unwrap()
    }

    #[test]
    fn what_is_named_changes_and_the_rest_stays() {
        let changed = after(&json!({ "exclusions": { "minimum": "500.00" } }));
        assert_eq!(changed["exclusions"]["minimum"].as_str(), Some("500.00"));
        assert_eq!(changed["exclusions"]["grace_days"].as_integer(), Some(0));
        assert_eq!(changed["name"].as_str(), Some("a"));
        let taken = after(&json!({ "exclusions": { "grace_days": null } }));
        assert!(taken["exclusions"].get("grace_days").is_none());
        let added = after(&json!({ "value": { "loss_share": 0.5 } }));
        assert_eq!(added["value"]["loss_share"].as_float(), Some(0.5));
    }

    #[test]
    fn an_entry_of_a_list_is_named_by_its_id() {
        let changed = after(&json!({ "action": { "call": { "minutes": 5 } } }));
        assert_eq!(changed["action"][1]["minutes"].as_integer(), Some(5));
        assert_eq!(changed["action"].as_array().map(Vec::len), Some(2));
        let error = patched(TEXT, &json!({ "action": { "fax": { "minutes": 5 } } })).unwrap_err();
        assert!(error.to_string().contains("action.fax"), "{error}");
        assert_eq!(
            after(&json!({ "action": { "call": null } }))["action"]
                .as_array()
                .map(Vec::len),
            Some(1)
        );
    }

    #[test]
    fn what_is_no_object_changes_nothing() {
        assert!(patched(TEXT, &json!(["name"])).is_err());
        assert_eq!(after(&json!({})), toml::from_str::<Table>(TEXT).unwrap());
    }
}

//! Settings from their four sources, each kind of refusal, and the example file.

use super::*;
use crate::domain::money::{Amount, Asset};

const EXAMPLE: &str = include_str!("../../souk.example.toml");

fn load(file: &str, variables: &[(&str, &str)], flags: Flags) -> Result<Settings, SettingsError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("souk.toml");
    std::fs::write(&path, file).unwrap();
    let variables = variables.iter().map(|(key, value)| (key.to_string(), value.to_string()));
    Settings::load_from(Some(&path), variables, flags)
}

#[track_caller]
fn refuses_file(file: &str, expected: &str) {
    assert_eq!(load(file, &[], Flags::default()).unwrap_err().to_string(), expected);
}

#[track_caller]
fn refuses_variable(variable: (&str, &str), expected: &str) {
    assert_eq!(load("", &[variable], Flags::default()).unwrap_err().to_string(), expected);
}

#[test]
fn the_example_is_the_default_and_names_every_key() {
    let example = load(EXAMPLE, &[], Flags::default()).unwrap();
    assert_eq!(example, Settings::default());
    let defaults = figment::value::Value::serialize(Settings::default()).unwrap();
    let keys = defaults.as_dict().unwrap().keys().map(String::as_str);
    for key in keys.chain(["jwt_secret", "admin_password", "mysql_url"]) {
        let lines = [format!("\n{key} = "), format!("\n# {key} = "), format!("[{key}]")];
        assert!(lines.iter().any(|line| EXAMPLE.contains(line)), "{key} is not in the example");
    }
}

#[test]
fn without_any_source_the_defaults_hold() {
    let none = Settings::load_from(None, std::iter::empty(), Flags::default()).unwrap();
    assert_eq!(none, Settings::default());
    assert_eq!(none.instruments.len(), 5);
    assert!(none.instruments.iter().all(|i| i.fault().is_none()));
}

#[test]
fn flags_win_over_variables_and_variables_over_the_file() {
    let file = "listen = '127.0.0.1:1'\ndata_dir = 'file'\nlog = 'warn'";
    let variables = [("SOUK_LISTEN", "127.0.0.1:2"), ("SOUK_DATA_DIR", "variable")];
    let flags = Flags { listen: Some("127.0.0.1:3".into()), ..Flags::default() };
    let settings = load(file, &variables, flags).unwrap();
    assert_eq!(settings.listen.port(), 3);
    assert_eq!(settings.data_dir, PathBuf::from("variable"));
    assert_eq!(settings.log, "warn");
}

#[test]
fn variables_take_the_types_of_their_keys() {
    let secret = "01234567890123456789012345678901";
    let variables = [
        ("SOUK_RATE_LIMITS", "off"),
        ("SOUK_DEVELOPMENT", "1"),
        ("SOUK_CORS_ORIGINS", "https://a.example, http://localhost:4200"),
        ("SOUK_JWT_SECRET", secret),
        ("SOUK_ADMIN_PASSWORD", "12345678"),
        ("SOUK_DURABILITY", "process"),
        ("SOUK_SNAPSHOT_EVERY_FACTS", "7"),
        ("SOUK_SNAPSHOT_EVERY_SECS", "8"),
        ("SOUK_BCRYPT_COST", "4"),
        ("SOUK_LOG", "souk=debug,info"),
        ("SOUK_LOG_FORMAT", ""),
        ("SOUK_CLOCK", "manual"),
        ("SOUK_TEST_SCALE", "10"),
        ("PATH", "/bin"),
    ];
    let settings = load("", &variables, Flags::default()).unwrap();
    let expected = Settings {
        rate_limits: Switch::Off,
        development: true,
        cors_origins: vec!["https://a.example".into(), "http://localhost:4200".into()],
        jwt_secret: settings.jwt_secret.clone(),
        admin_password: settings.admin_password.clone(),
        durability: Durability::Process,
        snapshot_every_facts: 7,
        snapshot_every_secs: 8,
        bcrypt_cost: 4,
        log: "souk=debug,info".into(),
        clock: ClockKind::Manual,
        ..Settings::default()
    };
    assert_eq!(settings, expected);
    assert_eq!(settings.jwt_secret.unwrap().expose(), secret);
    assert_eq!(settings.admin_password.unwrap().expose(), "12345678");
}

#[test]
fn errors_name_the_key() {
    refuses_file("lisen = 'x'", "setting `lisen`: unknown key");
    refuses_file("bcrypt_cost = 3", "setting `bcrypt_cost`: must be 4 to 15");
    refuses_file("bcrypt_cost = 9", "setting `bcrypt_cost`: below 10 needs development = true");
    refuses_file("clock = 'manual'", "setting `clock`: manual needs development = true");
    refuses_file("snapshot_every_secs = 0", "setting `snapshot_every_secs`: must be at least 1");
    refuses_file(
        "permits_max = 10",
        "setting `permits_per_user_max`: must not be above permits_max",
    );
    refuses_file(
        "cors_origins = ['*']",
        "setting `cors_origins`: `*` is no origin, such as https://souk.example",
    );
    refuses_file("durability = 'tape'", "setting `durability`: `tape` is none of disk, process");
    refuses_variable(("SOUK_LISEN", "x"), "setting `SOUK_LISEN`: unknown key");
    refuses_variable(("SOUK_BCRYPT_COST", "x"), "setting `SOUK_BCRYPT_COST`: must be a number");
    refuses_variable(
        ("SOUK_INSTRUMENTS", "x"),
        "setting `SOUK_INSTRUMENTS`: can only be set in the file",
    );
    refuses_variable(("SOUK_LISTEN", "here"), "setting `listen`: invalid socket address syntax");
    refuses_variable(
        ("SOUK_JWT_SECRET", "short"),
        "setting `jwt_secret`: must be at least 32 bytes long",
    );
    let loud = load("", &[("SOUK_LOG", "souk=loud")], Flags::default());
    assert_eq!(loud.unwrap_err().key, "log");
    let missing = Settings::load_from(
        Some(Path::new("/nowhere/souk.toml")),
        std::iter::empty(),
        Flags::default(),
    );
    assert_eq!(missing.unwrap_err().key, "config");
}

#[test]
fn secrets_are_never_printed() {
    let variables = [("SOUK_ADMIN_PASSWORD", "correct horse")];
    let settings = load("", &variables, Flags::default()).unwrap();
    assert!(!format!("{settings:?}").contains("horse"));
    refuses_file("jwt_secret = 1234567", "setting `jwt_secret`: must be a text in quotes");
    let broken = load("jwt_secret = \"correct horse", &[], Flags::default()).unwrap_err();
    assert_eq!(broken.key, "config");
    assert!(broken.fault.contains("line 1") && !broken.fault.contains("horse"), "{broken}");
}

#[test]
fn day_limits_change_one_by_one() {
    let settings = load("[deposit_day_max]\nBTC = '1.5'", &[], Flags::default()).unwrap();
    assert_eq!(settings.deposit_day_max.0[Asset::Btc], Amount::new(150_000_000));
    assert_eq!(settings.deposit_day_max.0[Asset::Usd], Amount::new(100_000_000));
    assert_eq!(settings.withdrawal_day_max, Settings::default().withdrawal_day_max);
    refuses_file("[deposit_day_max]\nXRP = '1'", "setting `deposit_day_max`: `XRP` is no asset");
    refuses_file(
        "[deposit_day_max]\nUSD = '1.234'",
        "setting `deposit_day_max`: USD: has more decimals than its asset",
    );
}

/// A file with one instrument, with `line` in place of the one that sets the same key.
fn one_instrument(line: &str) -> String {
    let key = line.split(' ').next().unwrap();
    let start = EXAMPLE.find("[[instruments]]").unwrap();
    let first = EXAMPLE[start..].split("\n\n").next().unwrap();
    let kept = first.lines().filter(|l| l.split(' ').next() != Some(key));
    kept.chain([line]).collect::<Vec<_>>().join("\n")
}

#[test]
fn an_instrument_is_checked_figure_by_figure() {
    let nickel = load(&one_instrument("tick_size = '0.05'"), &[], Flags::default()).unwrap();
    assert_eq!(nickel.instruments.len(), 1);
    assert_eq!(nickel.instruments[0].tick.print(3), "0.15");
    for (line, fault) in [
        ("tick_size = '0'", "BTC-USD: tick_size is not a step"),
        (
            "tick_size = '-1'",
            "BTC-USD: tick_size: must be a plain decimal in quotes, such as \"0.01\"",
        ),
        ("lot_size = '0.000000001'", "BTC-USD: lot_size is finer than the base asset"),
        ("base = 'USD'", "BTC-USD: base and quote are the same asset"),
        ("base = 'DOGE'", "BTC-USD: base: `DOGE` is no asset"),
        ("min_notional = '0'", "BTC-USD: min_notional is not positive"),
        (
            "taker_fee_percent = '101'",
            "BTC-USD: taker_fee_percent: must be 0 to 100 with at most four decimals",
        ),
        ("name = 'btc/usd'", "btc/usd: name may hold A-Z, 0-9 and - only"),
    ] {
        let refused = load(&one_instrument(line), &[], Flags::default()).unwrap_err();
        assert_eq!(refused, SettingsError::new("instruments", fault), "{line}");
    }
    refuses_file(
        &one_instrument("tick_size = 0.01"),
        "setting `instruments.0.tick_size`: invalid type: found float `0.01`, expected a string",
    );
    refuses_file(&one_instrument("colour = 'red'"), "setting `colour`: unknown key");
    let once = one_instrument("name = 'BTC-USD'");
    refuses_file(&format!("{once}\n{once}"), "setting `instruments`: BTC-USD is listed twice");
    refuses_file("instruments = []", "setting `instruments`: must be 1 to 1024");
}

#[test]
fn what_is_said_of_p2p_trading_is_checked() {
    let file = "p2p_fiats = ['EUR', 'JPY']\np2p_taker_fee_percent = '0.2'";
    let settings = load(file, &[("SOUK_P2P_MAKER_FEE_PERCENT", "0.05")], Flags::default()).unwrap();
    let codes: Vec<&str> = settings.p2p_fiats.0.iter().map(|fiat| fiat.code()).collect();
    assert_eq!(codes, ["EUR", "JPY"]);
    assert_eq!(
        (settings.p2p_maker_fee_percent.0.0, settings.p2p_taker_fee_percent.0.0),
        (500, 2_000)
    );
    let several = load("", &[("SOUK_P2P_FIATS", "USD, EUR")], Flags::default()).unwrap();
    assert_eq!(several.p2p_fiats.0.len(), 2);
    for (line, fault) in [
        ("p2p_fiats = ['usd']", "`p2p_fiats`: `usd` is no currency, or stands twice"),
        ("p2p_fiats = ['USD', 'USD']", "`p2p_fiats`: `USD` is no currency, or stands twice"),
        ("p2p_fiats = []", "`p2p_fiats`: must be 1 to 100 currencies"),
        (
            "p2p_maker_fee_percent = '10.1'",
            "`p2p_maker_fee_percent`: must be 0 to 10 with at most four decimals",
        ),
        ("p2p_release_window_secs = 0", "`p2p_release_window_secs`: must be at least 1"),
    ] {
        refuses_file(line, &format!("setting {fault}"));
    }
    assert_eq!(
        load("p2p_cancel_grace_secs = 0", &[], Flags::default()).unwrap().p2p_cancel_grace_secs,
        0
    );
}

//! A picture of the latencies: how slow the slowest of ten, of a hundred, of a thousand were. Both axes
//! are logarithmic; the picture is an SVG without scripts or fonts of its own.

use std::fmt::Write;

use super::report::Row;

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 420.0;
/// Room for the figures on the left, and for the names below and above.
const LEFT: f64 = 70.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 50.0;
/// From one in one to the slowest in a hundred thousand.
const DECADES: f64 = 5.0;
const STEPS: u32 = 200;
const COLOURS: [&str; 6] = ["#1b6ca8", "#c8553d", "#2e7d32", "#7b4ea3", "#b08900", "#4a4a4a"];

/// The picture of all rows.
pub fn draw(rows: &[Row]) -> String {
    let measured = || rows.iter().filter(|row| !row.tally.latency.is_empty());
    let least = measured().map(|row| row.tally.latency.min()).min().unwrap_or(1);
    let most = measured().map(|row| row.tally.latency.max()).max().unwrap_or(10);
    let (low, high) = ((least.max(1) as f64).log10().floor(), (most.max(2) as f64).log10().ceil());
    let frame = Frame { low, high: high.max(low + 1.0) };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n"
    );
    frame.draw_grid(&mut svg);
    for (row, colour) in measured().zip(COLOURS.iter().cycle()) {
        frame.draw_row(row, colour, &mut svg);
    }
    for (number, (row, colour)) in measured().zip(COLOURS.iter().cycle()).enumerate() {
        let x = LEFT + 10.0 + 130.0 * number as f64;
        // Writing to a text cannot fail, here and below.
        let _ = writeln!(
            svg,
            "<text x=\"{x}\" y=\"22\" fill=\"{colour}\" font-weight=\"bold\">{}</text>",
            row.target.name()
        );
    }
    svg.push_str("</svg>\n");
    svg
}

/// Where what stands in the picture; latencies as powers of ten, in microseconds.
struct Frame {
    low: f64,
    high: f64,
}

impl Frame {
    fn x(&self, decades: f64) -> f64 {
        LEFT + (WIDTH - LEFT - 20.0) * decades / DECADES
    }

    fn y(&self, micros: f64) -> f64 {
        let share = (micros.max(1.0).log10() - self.low) / (self.high - self.low);
        HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share
    }

    fn draw_grid(&self, svg: &mut String) {
        let (left, right) = (self.x(0.0), self.x(DECADES));
        for power in self.low as i32..=self.high as i32 {
            let (micros, y) = (10f64.powi(power), self.y(10f64.powi(power)));
            let label = match micros {
                small if small < 1_000.0 => format!("{small:.0} us"),
                middle if middle < 1_000_000.0 => format!("{:.0} ms", middle / 1_000.0),
                large => format!("{:.0} s", large / 1_000_000.0),
            };
            let _ = writeln!(
                svg,
                "<line x1=\"{left}\" y1=\"{y:.1}\" x2=\"{right}\" y2=\"{y:.1}\" stroke=\"#ddd\"/>\
                 <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
                left - 6.0,
                y + 4.0
            );
        }
        let names = ["fastest", "90 %", "99 %", "99.9 %", "99.99 %", "99.999 %"];
        for (decade, name) in names.iter().enumerate() {
            let (x, bottom) = (self.x(decade as f64), HEIGHT - BOTTOM);
            // The last one would run out of the picture.
            let anchor = if decade + 1 == names.len() { "end" } else { "middle" };
            let _ = writeln!(
                svg,
                "<line x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{bottom}\" stroke=\"#ddd\"/>\
                 <text x=\"{x:.1}\" y=\"{}\" text-anchor=\"{anchor}\">{name}</text>",
                bottom + 18.0
            );
        }
    }

    fn draw_row(&self, row: &Row, colour: &str, svg: &mut String) {
        let latency = &row.tally.latency;
        let mut points = String::new();
        for step in 0..=STEPS {
            let decades = DECADES * f64::from(step) / f64::from(STEPS);
            let slower = 10f64.powf(-decades);
            // Where less than one is left, nothing was measured.
            if slower * (latency.len() as f64) < 1.0 {
                break;
            }
            let micros = latency.value_at_quantile(1.0 - slower) as f64;
            let _ = write!(points, "{:.1},{:.1} ", self.x(decades), self.y(micros));
        }
        let _ = writeln!(
            svg,
            "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" points=\"{}\"/>",
            points.trim_end()
        );
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::sim::load::{
        Target,
        report::{Round, rows},
        tally::Tally,
    };

    #[test]
    fn a_picture_has_a_line_for_each_target_that_was_measured() {
        let mut tally = Tally::new();
        for millis in 0..500 {
            tally.answered(Instant::now() - Duration::from_millis(millis));
        }
        let round = |tally| vec![Round { tally, seconds: 1.0, own_cpu: 0.1, facts: 0 }];
        let svg = draw(&rows(&[
            (Target::Rest, round(tally.clone())),
            (Target::Ws, round(Tally::new())),
            (Target::Batch, round(tally)),
        ]));
        assert_eq!(svg.matches("<polyline").count(), 2);
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        assert!(draw(&[]).contains("</svg>"));
    }
}

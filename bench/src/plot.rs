//! Latency by load, as a picture.

use std::path::Path;

use plotters::{
    chart::ChartBuilder,
    drawing::IntoDrawingArea,
    element::PathElement,
    prelude::{IntoLogRange, SVGBackend},
    series::LineSeries,
    style::{Color, Palette, Palette99, PaletteColor, WHITE},
};

use crate::{Failure, outcome::Outcome};

const SIZE: (u32, u32) = (1120, 700);
/// How far the axis of connections goes on past the last of them.
const ROOM_FOR_NAMES: f64 = 5.0;

/// Draws the 99th percentile of each kind of request over the number of connections.
///
/// # Errors
/// When the file cannot be written.
pub fn draw(outcome: &Outcome, file: &Path) -> Result<(), Failure> {
    let valid: Vec<_> = outcome.rows.iter().filter(|row| row.errors == 0).collect();
    let millis = |micros: f64| micros / 1e3;
    let p99 = |row: &crate::outcome::Row| millis(row.latency[1]).max(0.01);
    let slowest = valid.iter().map(|row| p99(row)).fold(1.0, f64::max);
    let fastest = valid.iter().map(|row| p99(row)).fold(1.0, f64::min);
    let widest = valid
        .iter()
        .map(|row| f64::from(row.connections))
        .fold(2.0, f64::max);

    let area = SVGBackend::new(file, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption("99th percentile by load", ("sans-serif", 22))
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(64)
        .build_cartesian_2d(
            (1.0..widest * ROOM_FOR_NAMES).log_scale(),
            (fastest / 1.5..slowest * 1.5).log_scale(),
        )?;
    chart
        .configure_mesh()
        .x_desc("connections")
        .y_desc("milliseconds")
        .draw()?;

    let mut names: Vec<&str> = valid.iter().map(|row| row.scenario.as_str()).collect();
    names.dedup();
    for (index, name) in names.into_iter().enumerate() {
        let style =
            PaletteColor::<Palette99>::pick(index % Palette99::COLORS.len()).stroke_width(2);
        let points = valid.iter().filter(|row| row.scenario == name);
        let points = points.map(|row| (f64::from(row.connections), p99(row)));
        chart
            .draw_series(LineSeries::new(points, style))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
    }
    chart
        .configure_series_labels()
        .background_style(WHITE.mix(0.8))
        .draw()?;
    area.present()?;
    Ok(())
}

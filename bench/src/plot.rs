//! A bar chart as SVG, with a logarithmic axis. It is readable on light and dark pages.

use crate::figures::write_figure;

const WIDTH: f64 = 720.0;
const BAR: f64 = 24.0;
const GAP: f64 = 10.0;
const LABELS: f64 = 150.0;
const TOP: f64 = 40.0;

/// A chart of figures in milliseconds. Each bar has its name and its figure.
pub(crate) fn draw_bars(title: &str, bars: &[(&str, f64)]) -> String {
    let height = TOP + bars.len() as f64 * (BAR + GAP) + GAP;
    let lowest = bars.iter().map(|(_, figure)| *figure).fold(f64::INFINITY, f64::min) / 2.0;
    let highest = bars.iter().map(|(_, figure)| *figure).fold(0.0, f64::max);
    let scale = (WIDTH - LABELS - 110.0) / (highest / lowest).ln();
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         font-family=\"system-ui, sans-serif\" font-size=\"14\">\n<title>{title}</title>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" rx=\"8\" fill=\"#fff\" stroke=\"#ccc\"/>\n\
         <text x=\"16\" y=\"26\" font-weight=\"600\" fill=\"#222\">{title}</text>\n"
    );
    for (row, (name, figure)) in bars.iter().enumerate() {
        let y = TOP + row as f64 * (BAR + GAP);
        let (middle, length) = (y + BAR * 0.7, (figure / lowest).ln() * scale);
        let color = if *name == "leadhook" { "#0a7a5a" } else { "#9aa5b1" };
        svg += &format!(
            "<text x=\"{:.0}\" y=\"{middle:.0}\" text-anchor=\"end\" fill=\"#222\">{name}</text>\n\
             <rect x=\"{LABELS:.0}\" y=\"{y:.0}\" width=\"{length:.0}\" height=\"{BAR}\" rx=\"3\" \
             fill=\"{color}\"/>\n\
             <text x=\"{:.0}\" y=\"{middle:.0}\" fill=\"#222\">{} ms</text>\n",
            LABELS - 10.0,
            LABELS + length + 8.0,
            write_figure(*figure)
        );
    }
    svg + "</svg>\n"
}
